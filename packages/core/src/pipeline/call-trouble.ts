import type { AttemptFailure, RetryStop } from '../errors/seakeep-error.ts'

/** What is to be said of a call that did not go well at once: most calls have none of it. */
export class CallTrouble {
  /** The server's wish, or that of a limit, when the call ended last. */
  retryAfterMs: number | undefined = undefined
  retryStopped: RetryStop | undefined = undefined
  lastFailure: AttemptFailure | undefined = undefined
  deadlineExceeded: boolean | undefined = undefined
  /** The latest wait before a retry. */
  backoffMs = 0
}
