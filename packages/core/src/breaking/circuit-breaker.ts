import type { Verdict } from '../call/classification.ts'

/** closed admits, open rejects, half-open probes, isolated is held open by hand. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated'

/** What {@link Gate.enter} answers when it refuses. */
export const REFUSED = -1

/** The epoch of what a circuit in shadow admits though it would have refused it. No state has or had it. */
export const UNKNOWN_EPOCH = -2

/** The `sentMs` of an admission that was given back before anything went out. */
export const NEVER_SENT: number = Number.POSITIVE_INFINITY

/**
 * The synchronous face of a circuit breaker, which the call path sees. The admission is an epoch: an outcome that comes
 * back with another epoch than the present one is a straggler from before a transition and moves nothing.
 */
export interface Gate {
  /** Would {@link enter} admit now? Moves nothing. */
  readonly isAdmitting: boolean
  /** Admits (and in half-open gives a probe lease): the epoch, at least 0; or {@link REFUSED}. */
  enter(nowMs: number): number
  /** What was admitted goes out now: from here on its age is evidence. At most once an admission. */
  onSend(epoch: number, nowMs: number): void
  /**
   * Ends an admission, exactly once. `ignored` gives a probe lease back and counts nothing. `sentMs` is the `nowMs` of
   * {@link onSend}, or {@link NEVER_SENT}.
   */
  leave(epoch: number, verdict: Verdict, sentMs: number, nowMs: number): void
  /** Milliseconds until trying again may help; undefined where that is not known (isolated). */
  retryAfterMs(nowMs: number): number | undefined
}
