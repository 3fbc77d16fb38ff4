import type { StateCell } from '../state/state-cell.ts'

/** A limiter as people see it; `limit` is the number an algorithm may move. */
export interface LimiterState {
  readonly limit: number
  readonly inFlight: number
  readonly queued: number
}

/** How a permit was settled: `drop` for what overload broke off (timeouts), `ignore` for what says nothing. */
export type PermitEnd = 'success' | 'drop' | 'ignore'

/**
 * Waits for a permit in a limiter's line. The links belong to the line. The object that waits is the entry, so that
 * waiting allocates nothing and leaving takes O(1).
 */
export interface Waiter {
  /** The permit is there; it is held until the limiter's `release`. */
  onPermit(): void
  /**
   * The line gives this waiter up: its deadline cannot be met, or its discipline sheds it. It holds nothing and is in no
   * line any more. A waiter without this method is never given up, only served.
   */
  onDropped?(): void
  previous: Waiter | undefined
  next: Waiter | undefined
  isWaiting: boolean
  /** The instant after which nobody wants its result; absent where there is none. Read by the line. */
  readonly waitDeadlineMs?: number
  /** Its class, for a line that serves by priority; absent is `default`. It does not change while it waits. */
  readonly priority?: string | undefined
  /** When it joined; written by lines that look at how long one has waited. */
  joinedMs?: number
}

/**
 * Admits attempts to a target, as the pipeline sees it: a permit is a number that goes up and down, not an object. Those
 * outside the pipeline take {@link Permit}s, which cannot be settled twice or forgotten in a `using` block.
 */
export interface Limiter extends StateCell<LimiterState> {
  readonly limit: number
  readonly inFlight: number
  readonly queued: number
  /** Takes a permit, if one is free and nobody waits for it. */
  tryAcquire(): boolean
  /** Puts an attempt that {@link tryAcquire} refused in the line; false where it is refused. */
  join(waiter: Waiter): boolean
  /** Takes a waiter out of the line that gives up. One that is not waiting is left alone. */
  leave(waiter: Waiter): void
  /**
   * Gives a permit back, exactly once. Limits that move learn from `tookMs`, how long it was held, and from the present
   * instant; a caller that knows neither leaves both out and teaches nothing.
   */
  release(end: PermitEnd, tookMs?: number, nowMs?: number): void
}
