import type { AttemptFailure, RejectionReason } from '../errors/seakeep-error.ts'

/** How a call or an attempt ended, as counted everywhere: in events, in the run document, in metrics. */
export type Ending = 'ok' | AttemptFailure | 'cancelled' | RejectionReason

/** What an answer carries. Bodies of streamed answers are the transport's to define. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/**
 * How one attempt ended: a value made by the transport, never thrown.
 *
 * - `ok`: an answer is there, whatever its status; classification judges it.
 * - `error`: the far side failed without an answer we can hand out (reset, broken message, a function that threw).
 * - `refused`: the far side refused to begin (503 of a full line, a gRPC UNAVAILABLE from the peer).
 * - `unreachable`: nothing was sent for sure (connect refused, no such host).
 */
export interface AttemptResult {
  readonly ending: 'ok' | 'error' | 'refused' | 'unreachable'
  /** Present on `ok`; may be present on the others where an answer came. For `policy()` it is the function's value. */
  readonly value?: unknown
  readonly error?: unknown
  /** HTTP status, or its like of another protocol; read by classification and by the balancer's penalty. */
  readonly status?: number | undefined
  /** The server's wish (Retry-After, grpc-retry-pushback-ms), in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The server asks not to be asked again (a negative grpc-retry-pushback-ms): nothing is retried. */
  readonly isFinal?: boolean | undefined
}

/** How a call ended: what the pipeline hands to the caller's sink, exactly once, after its state is final. */
export interface CallOutcome {
  readonly ending: Ending
  /** The far side answered: `value` is what to hand out, whatever `ending` says of it (a 503 is an answer). */
  readonly isAnswered: boolean
  readonly value?: unknown
  /** What the last attempt or the function threw; the public edge wraps it into an error of the family. */
  readonly error?: unknown
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
  readonly retryStopped?: 'retry-budget' | 'deadline' | 'attempts' | undefined
  /** Attempts that were sent. */
  readonly attempts: number
  /** The endpoint of the last attempt. */
  readonly endpoint?: string | undefined
  /** How the last attempt that ended had failed: the cause, where a deadline ends the call during the next one. */
  readonly lastFailure?: AttemptFailure | undefined
  /** True where the call's own deadline or total timeout ended it; false where an attempt's did. */
  readonly deadlineExceeded?: boolean | undefined
}
