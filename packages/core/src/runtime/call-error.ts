import type { CallOutcome } from '../call/outcome.ts'
import {
  AttemptError,
  CancelledError,
  DeadlineExceededError,
  type ErrorDetails,
  RejectedError,
} from '../errors/seakeep-error.ts'

/** The one place where an outcome, which is a value inside, becomes an error for the caller. */
export function errorOf(outcome: CallOutcome, service: string, callId: string, cancelReason?: unknown): Error {
  const details: ErrorDetails = {
    callId,
    service,
    endpoint: outcome.endpoint,
    attempt: outcome.attempts === 0 ? undefined : outcome.attempts,
    cause: outcome.error,
  }
  switch (outcome.ending) {
    case 'cancelled':
      return new CancelledError({ ...details, cause: cancelReason ?? outcome.error })
    case 'timeout':
      if (outcome.deadlineExceeded === true) {
        return new DeadlineExceededError({ ...details, cause: outcome.error ?? lastFailure(outcome, service, callId) })
      }
      return attemptError('timeout', outcome, details)
    case 'ok':
    case 'error':
      return attemptError('error', outcome, details)
    case 'refused':
    case 'unreachable':
      return attemptError(outcome.ending, outcome, details)
    default:
      return new RejectedError(outcome.ending, { ...details, retryAfterMs: outcome.retryAfterMs })
  }
}

/** The failure that was being made good when the deadline came; undefined where the first attempt was under way. */
function lastFailure(outcome: CallOutcome, service: string, callId: string): AttemptError | undefined {
  if (outcome.lastFailure === undefined) return undefined
  return attemptError(outcome.lastFailure, outcome, { service, callId })
}

function attemptError(
  failure: 'error' | 'timeout' | 'refused' | 'unreachable',
  outcome: CallOutcome,
  details: ErrorDetails,
): AttemptError {
  const { status, retryAfterMs, retryStopped, value } = outcome
  return new AttemptError(failure, { ...details, status, retryAfterMs, retryStopped, body: bodyOf(value) })
}

function bodyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'body' in value ? value.body : undefined
}
