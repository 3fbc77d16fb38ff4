import type { CallRequest, StartOptions } from '../call/call.ts'
import type { Verdict } from '../call/classification.ts'
import type { AttemptResult, Ending } from '../call/outcome.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import type { EndpointRow } from './endpoint-row.ts'
import type { Route } from './route.ts'

/** A call as its attempts see it. */
export interface AttemptOwner {
  readonly route: Route
  readonly request: CallRequest
  readonly options: StartOptions
  /** Names the call to {@link Random}. */
  readonly callKey: number
  /** When the call has to have ended. */
  readonly deadlineMs: number
  /** False for an attempt that is not worth a place in a waiting line. */
  readonly mayWait: boolean
  /** What was to pass before the attempt has passed. */
  onPauseEnd(attempt: OwnedAttempt, nowMs: number): void
  /** The attempt is being sent. */
  onSend(row: EndpointRow | undefined, nowMs: number): void
  /** The head of a streamed answer is there. Answers until when the rest of it is waited for. */
  onCommit(attempt: OwnedAttempt, answer: unknown): number
  /** The call's deadline has passed, and the attempt has been called off. */
  onDeadline(attempt: OwnedAttempt): void
  /** An attempt that was sent has ended, and everyone who counts has been told. `result` is absent for a timeout. */
  onAttemptEnd(ended: OwnedAttempt, ending: Ending, result: AttemptResult | undefined, verdict: Verdict): void
  /** The attempt was refused before it was sent. */
  onRefusal(attempt: OwnedAttempt, reason: RejectionReason, retryAfterMs: number | undefined): void
}

/** An attempt as its call sees it. */
export interface OwnedAttempt {
  readonly key: number
  /** The caller has the head of the answer: nothing is retried any more. */
  readonly isCommitted: boolean
  /** It was sent and has not ended. */
  readonly isUnderWay: boolean
  /** When it was sent. */
  readonly sentMs: number
  /** Enters the pipeline; `avoid` is taken only where there is no other endpoint. */
  admit(nowMs: number, avoid: EndpointRow | undefined): void
  /** The caller has given up. That says nothing about the endpoint. */
  giveUp(): void
  /** Another copy has answered first. */
  lose(nowMs: number): void
  /** The call's deadline has passed. */
  expire(nowMs: number): void
}
