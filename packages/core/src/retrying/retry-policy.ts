import type { Verdict } from '../call/classification.ts'
import type { ResolvedRetryBudgetOptions } from './budget-options.ts'

/** Computes the wait before a retry. */
export interface Backoff {
  /**
   * `retry` counts from 1; `previousMs` is the wait before (0 before the first); `u` is uniform in [0, 1).
   * Returns milliseconds, at least 0.
   */
  delayMs(retry: number, previousMs: number, u: number): number
}

/** Bounds the retries of all calls together, so that they cannot multiply an overload. */
export interface RetryBudget {
  /** A call was begun. */
  deposit(nowMs: number): void
  /** Takes one retry out; false where the budget does not hold it. */
  withdraw(nowMs: number): boolean
  /** The latest retry was refused. */
  readonly isExhausted: boolean
  /** An attempt that was sent has ended; a failure is what may be tried again, or was asked not to be. Only where it counts. */
  onAttempt?(verdict: Verdict): void
  /** Other numbers of the same algorithm; what was counted stays. */
  update(options: ResolvedRetryBudgetOptions): void
}
