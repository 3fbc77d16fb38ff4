import type { Cancel, CancelReason } from '../call/call.ts'

/** A call that is ready to start, or under way. */
export interface StartedCall {
  /** An attempt of it has been sent. */
  readonly isSent: boolean
  start(): void
  /** Calls it off. After the end it does nothing. */
  cancel(reason?: CancelReason): void
}

/** In a function of its own, so that calls nobody may call off make no closure. */
export function cancelOf(call: StartedCall): Cancel {
  return (reason) => call.cancel(reason)
}
