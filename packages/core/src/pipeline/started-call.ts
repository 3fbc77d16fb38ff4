import type { CancelReason } from '../call/call.ts'

/** A call that is ready to start, or under way. */
export interface StartedCall {
  start(): void
  /** Calls it off. After the end it does nothing. */
  cancel(reason?: CancelReason): void
}
