/**
 * Decides how many attempts may begin in a time: the port that the token bucket, GCRA and the sliding window implement,
 * and which a user's own may. No timer refills any of them: what may be taken follows from the present instant.
 */
export interface RateLimiter {
  /** Takes one attempt's worth, if it is there. `key` is whose allowance it is, where they are kept apart. */
  tryTake(nowMs: number, key?: string): boolean
  /** Milliseconds until there is something to take; 0 where there is. */
  retryAfterMs(nowMs: number, key?: string): number
  /** Other numbers; what was taken stays taken. */
  update(options: RateNumbers, nowMs: number): void
}

/** One allowance, not split by key, which can say that forgetting it would lose nothing. */
export interface Allowance extends RateLimiter {
  /** When it is as good as new. */
  readonly fullAtMs: number
}

export interface RateNumbers {
  /** Attempts a second, sustained. */
  readonly rate: number
  /** Attempts at once after idleness. */
  readonly burst: number
}

/**
 * A nanosecond. Arrivals at exactly the rate come at instants such as 0.1 + 0.2, a rounding error before their turn: they
 * are let in, and the next turn stays where it was, so that the errors do not add up to a higher rate.
 */
export const ROUNDING_MS = 1e-6
