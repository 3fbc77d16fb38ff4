/** What Seakeep adds to a request's metadata, and reads from a refusal's trailers. */
export const ATTEMPT_KEY = 'seakeep-attempt'
export const PRIORITY_KEY = 'seakeep-priority'
/** The service that asks: servers that are too busy give each a fair part. Nobody is let in for what it says. */
export const CALLER_KEY = 'seakeep-caller'
/** On a refusal: why the request was not begun. Its presence says that trying again is safe. */
export const REFUSED_KEY = 'seakeep-refused'

/** gRPC's own: what is left until the deadline, at most eight digits and a unit. */
export const TIMEOUT_KEY = 'grpc-timeout'
/** gRPC's own (A6): how long the server asks to wait before the next attempt; a negative number asks for none. */
export const PUSHBACK_KEY = 'grpc-retry-pushback-ms'

/** Servers on Node keep a deadline in a timer, which ends at once where it is set for longer. */
const LONGEST_MS = 2 ** 31 - 1

/** Never more than `leftMs` (but above 0, which gRPC has no word for): rounded down, to finer units where few are left. */
export function formatTimeout(leftMs: number): string {
  if (leftMs < 10) return `${Math.max(1, Math.floor(leftMs * 1000))}u`
  if (leftMs < 1e8) return `${Math.floor(leftMs)}m`
  return `${Math.floor(Math.min(LONGEST_MS, leftMs) / 1000)}S`
}

const PUSHBACK = /^\d{1,15}$/

/** The server asks for no further attempt: by a pushback that is negative, or that cannot be read (A6). */
export function asksForNoMore(text: string | undefined): boolean {
  return text !== undefined && !PUSHBACK.test(text)
}

/**
 * In milliseconds. Undefined where the server asks for nothing, for a wait of 0 (the caller's own backoff counts), or for
 * no further attempt.
 */
export function parsePushback(text: string | undefined): number | undefined {
  if (text === undefined || !PUSHBACK.test(text)) return undefined
  const ms = Number(text)
  return ms > 0 ? ms : undefined
}
