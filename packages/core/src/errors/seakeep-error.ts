/**
 * The error family. Everything Seakeep throws is a {@link SeakeepError}; tell its members apart by `code` or by the
 * guards, never by message and never by bare `instanceof` (two copies of the package may be loaded).
 */

export type ErrorCode =
  | 'SEAKEEP_REJECTED'
  | 'SEAKEEP_ATTEMPT_FAILED'
  | 'SEAKEEP_DEADLINE_EXCEEDED'
  | 'SEAKEEP_CANCELLED'
  | 'SEAKEEP_CONFIG'
  | 'SEAKEEP_POLICY_CONFLICT'

/** Why a call was refused here, with nothing sent. */
export type RejectionReason =
  | 'circuit-open'
  | 'rate-limited'
  | 'concurrency'
  | 'no-endpoint'
  | 'shed'
  | 'shutting-down'
  | 'unauthorised'

/** Which limit ended the retrying of a call that failed. */
export type RetryStop = 'retry-budget' | 'deadline' | 'attempts'

/** How an attempt that was sent has failed. */
export type AttemptFailure = 'error' | 'timeout' | 'refused' | 'unreachable'

export interface ErrorDetails {
  readonly callId?: string | undefined
  readonly service?: string | undefined
  readonly endpoint?: string | undefined
  /** Which attempt of the call, from 1. */
  readonly attempt?: number | undefined
  readonly cause?: unknown
}

const BRAND = Symbol.for('@seakeep/core/error')

export class SeakeepError extends Error {
  readonly code: ErrorCode
  readonly callId: string | undefined
  readonly service: string | undefined
  readonly endpoint: string | undefined
  readonly attempt: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.callId = details.callId
    this.service = details.service
    this.endpoint = details.endpoint
    this.attempt = details.attempt
  }
}
Object.defineProperty(SeakeepError.prototype, BRAND, { value: true })

/** Refused by a policy of ours before anything was sent. */
export class RejectedError extends SeakeepError {
  readonly reason: RejectionReason
  /** When trying again may help, in milliseconds from now; absent where nothing is known. */
  readonly retryAfterMs: number | undefined

  constructor(reason: RejectionReason, details: ErrorDetails & { readonly retryAfterMs?: number | undefined } = {}) {
    super('SEAKEEP_REJECTED', `${subject(details)} was refused: ${reason}${inMs(details.retryAfterMs)}`, details)
    this.reason = reason
    this.retryAfterMs = details.retryAfterMs
  }
}

/** An attempt was sent and failed, and no further one followed. */
export class AttemptError extends SeakeepError {
  readonly failure: AttemptFailure
  /** The status the answer carried: HTTP, or 500 to 599 and 429 for their gRPC likes; absent where none came. */
  readonly status: number | undefined
  readonly body: unknown
  readonly retryAfterMs: number | undefined
  /** What ended the retrying; absent where the policy does not retry or the failure is not one that is retried. */
  readonly retryStopped: RetryStop | undefined

  constructor(
    failure: AttemptFailure,
    details: ErrorDetails & {
      readonly status?: number | undefined
      readonly body?: unknown
      readonly retryAfterMs?: number | undefined
      readonly retryStopped?: RetryStop | undefined
    } = {},
  ) {
    super('SEAKEEP_ATTEMPT_FAILED', attemptMessage(failure, details), details)
    this.failure = failure
    this.status = details.status
    this.body = details.body
    this.retryAfterMs = details.retryAfterMs
    this.retryStopped = details.retryStopped
  }
}

/** The call's deadline or total timeout passed. `cause` is the last attempt's error, where one had failed. */
export class DeadlineExceededError extends SeakeepError {
  constructor(details: ErrorDetails = {}) {
    super('SEAKEEP_DEADLINE_EXCEEDED', `${subject(details)} did not end before its deadline`, details)
  }
}

/** The caller gave up. `cause` is the reason of its signal. */
export class CancelledError extends SeakeepError {
  constructor(details: ErrorDetails = {}) {
    super('SEAKEEP_CANCELLED', `${subject(details)} was cancelled by its caller`, details)
  }
}

/** Options or a document that cannot be used: names the path, the value and what is allowed. */
export class ConfigError extends SeakeepError {
  /** Where in the document, as `policies.standard.retry.maxAttempts`; empty for the whole of it. */
  readonly path: string

  constructor(path: string, problem: string, details: ErrorDetails = {}) {
    super('SEAKEEP_CONFIG', path === '' ? problem : `${path}: ${problem}`, details)
    this.path = path
  }
}

export function isSeakeepError(value: unknown): value is SeakeepError {
  return typeof value === 'object' && value !== null && BRAND in value
}
export function isRejectedError(value: unknown): value is RejectedError {
  return isSeakeepError(value) && value.code === 'SEAKEEP_REJECTED'
}
export function isAttemptError(value: unknown): value is AttemptError {
  return isSeakeepError(value) && value.code === 'SEAKEEP_ATTEMPT_FAILED'
}
export function isDeadlineExceededError(value: unknown): value is DeadlineExceededError {
  return isSeakeepError(value) && value.code === 'SEAKEEP_DEADLINE_EXCEEDED'
}
export function isCancelledError(value: unknown): value is CancelledError {
  return isSeakeepError(value) && value.code === 'SEAKEEP_CANCELLED'
}
export function isConfigError(value: unknown): value is ConfigError {
  return isSeakeepError(value) && value.code === 'SEAKEEP_CONFIG'
}

function subject(details: ErrorDetails): string {
  return details.service === undefined ? 'the call' : `the call to ${details.service}`
}
function inMs(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined ? '' : ` (try again in ${Math.ceil(retryAfterMs)} ms)`
}
function attemptMessage(
  failure: AttemptFailure,
  details: ErrorDetails & { readonly status?: number | undefined; readonly retryStopped?: RetryStop | undefined },
): string {
  const at = details.endpoint === undefined ? '' : ` at ${details.endpoint}`
  const nth = details.attempt === undefined ? '' : ` (attempt ${details.attempt})`
  const status = details.status === undefined ? '' : ` with status ${details.status}`
  const stop = details.retryStopped === undefined ? '' : `; no further attempt: ${details.retryStopped}`
  return `${subject(details)} failed${at}${nth}: ${failure}${status}${stop}`
}
