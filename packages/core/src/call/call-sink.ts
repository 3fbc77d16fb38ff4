import type { CallOutcome } from './outcome.ts'

/**
 * Told how a governed call goes: `commit` where a streamed answer begins, then `settle`, exactly once, after the state
 * of everything involved is final. Both may be called before `start` returns.
 */
export interface CallSink {
  commit(answer: unknown): void
  settle(outcome: CallOutcome): void
}
