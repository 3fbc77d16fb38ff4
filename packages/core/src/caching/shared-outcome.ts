/** The outcome of a call as it is told to those who have not made it, and what of it others may have at all. */
import type { CallOutcome } from '../call/outcome.ts'
import { headerOf, isReadOnce } from '../call/request-traits.ts'

/** The same end of a call that itself sent nothing: what was sent is counted by the call that sent it. */
export function sharedOutcome(outcome: CallOutcome): CallOutcome {
  const { ending, isAnswered, value, error, status, retryAfterMs, retryStopped, endpoint, lastFailure } = outcome
  const { deadlineExceeded } = outcome
  const what = { ending, isAnswered, value, error, status, retryAfterMs, retryStopped, endpoint, lastFailure }
  return Object.freeze({ ...what, deadlineExceeded, attempts: 0 })
}

/** Whether an outcome can be told to several: not where its value is gone once it was read. */
export function isShareable({ value }: CallOutcome): boolean {
  return !isReadOnce(value)
}

/**
 * Whether an answer may be kept: a success (2xx where there is a status), whole (not a 206), that can be read twice and
 * sets no cookie, which would be handed to everybody.
 */
export function isStorable(outcome: CallOutcome): boolean {
  const { ending, isAnswered, status } = outcome
  if (ending !== 'ok' || !isAnswered || !isShareable(outcome)) return false
  if (status !== undefined && (status < 200 || status > 299 || status === 206)) return false
  return answerHeader(outcome.value, 'set-cookie') === undefined
}

/**
 * Whether a stale answer is better than this outcome: the call failed (a 5xx or none), timed out, or was refused, here or
 * there (429, 503). Not where the far side has answered that there is nothing, where the caller may not ask, or has gone.
 */
export function isWorseThanStale({ ending, status }: CallOutcome): boolean {
  if (status === 429) return true
  if (ending === 'ok' || ending === 'cancelled' || ending === 'unauthorised') return false
  return status === undefined || status < 400 || status > 499
}

/** A header of an answer by its name in lower case, be its headers a plain object or `Headers`. */
export function answerHeader(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { headers } = value as { headers?: unknown }
  if (typeof headers !== 'object' || headers === null) return undefined
  const { get } = headers as { get?: unknown }
  const found: unknown =
    typeof get === 'function' ? get.call(headers, name) : headerOf(headers as Readonly<Record<string, string>>, name)
  return typeof found === 'string' ? found : undefined
}
