import { formatTimeout } from '@seakeep/core/spi'

/** What is left until the deadline, at most eight digits and a unit. */
export const TIMEOUT_KEY = 'grpc-timeout'
/** How long the server asks to wait before the next attempt; a negative number asks for none (A6). */
export const PUSHBACK_KEY = 'grpc-retry-pushback-ms'

/** Servers on Node keep a deadline in a timer, which ends at once where it is set for longer. */
const LONGEST_MS = 2 ** 31 - 1
/** gRPC has no word for no time at all. */
const SHORTEST_MS = 0.001

/** Never more than `leftMs`, but above 0. */
export function grpcTimeout(leftMs: number): string {
  return formatTimeout(Math.max(SHORTEST_MS, Math.min(LONGEST_MS, leftMs)))
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
