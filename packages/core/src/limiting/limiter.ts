/** A limiter as people see it; `limit` is the number an algorithm may move. */
export interface LimiterState {
  readonly limit: number
  readonly inFlight: number
  readonly queued: number
}

/** How a permit was settled: `drop` for what overload broke off (timeouts), `ignore` for what says nothing. */
export type PermitEnd = 'success' | 'drop' | 'ignore'

/** Waits for a permit in a limiter's line. The links belong to the line. */
export interface Waiter {
  /** The permit is there; it is held until the limiter's `release`. */
  onPermit(): void
  previousWaiter: Waiter | undefined
  nextWaiter: Waiter | undefined
  isWaiting: boolean
}
