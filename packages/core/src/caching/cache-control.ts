/**
 * How long an answer may be kept: as the options say, or less where the answer's own headers ask for less (RFC 9111,
 * RFC 5861). More is never taken from the far side: who wrote the policy has said how old an answer they bear.
 *
 * Of `cache-control` are read `no-store`, `no-cache` (which we never make good by asking whether it still holds, so it is
 * the same), `must-revalidate`, `max-age` less `age`, `stale-while-revalidate` and `stale-if-error`. `private` is fine:
 * keys tell users apart. What cannot be read counts as 0.
 */

/** How long an answer is fresh, and how long after that it may be given out for another reason. Milliseconds. */
export interface Lifetime {
  readonly ttlMs: number
  readonly staleWhileRevalidateMs: number
  readonly staleIfErrorMs: number
}

/** Gives a header by its name in lower case. */
export type ReadHeader = (name: string) => string | undefined

const SECONDS = /^"?(\d+)"?$/

/** `most`, or what the answer leaves of it; undefined where it is not to be kept. */
export function lifetimeOf(read: ReadHeader, most: Lifetime): Lifetime | undefined {
  const text = read('cache-control')
  if (text === undefined) return most
  let { ttlMs, staleWhileRevalidateMs, staleIfErrorMs } = most
  for (const directive of text.toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.split('=', 2)
    switch (name.trim()) {
      case 'no-store':
      case 'no-cache':
        return undefined
      case 'must-revalidate':
        staleWhileRevalidateMs = 0
        staleIfErrorMs = 0
        break
      case 'max-age':
        ttlMs = Math.min(ttlMs, Math.max(0, msOf(value) - msOf(read('age') ?? '')))
        break
      case 'stale-while-revalidate':
        staleWhileRevalidateMs = Math.min(staleWhileRevalidateMs, msOf(value))
        break
      case 'stale-if-error':
        staleIfErrorMs = Math.min(staleIfErrorMs, msOf(value))
        break
    }
  }
  if (ttlMs === 0 && staleWhileRevalidateMs === 0 && staleIfErrorMs === 0) return undefined
  return { ttlMs, staleWhileRevalidateMs, staleIfErrorMs }
}

/** Whether a request asks to be answered by the far side and no other. */
export function asksForNew(cacheControl: string): boolean {
  return /(^|,)\s*no-(cache|store)\s*(=|,|$)/i.test(cacheControl)
}

function msOf(seconds: string): number {
  return Number(SECONDS.exec(seconds.trim())?.[1] ?? 0) * 1000
}
