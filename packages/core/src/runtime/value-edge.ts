import type { CallOutcome } from '../call/outcome.ts'
import type { RetryStop } from '../errors/seakeep-error.ts'
import type { Clock } from '../time/clock.ts'
import { type FallbackStep, fallBack } from './fallback.ts'
import type { OutcomeEdge, PromisedOutcome } from './promised-outcome.ts'

/** The edge of `execute`, with the fallbacks that answer instead of an error. */
export function valueEdge(fallbacks: readonly FallbackStep[] | undefined, clock: Clock): OutcomeEdge<unknown> {
  if (fallbacks === undefined) return valueOrError
  return (outcome, promised) => {
    if (outcome.isAnswered) return promised.resolve(outcome.value)
    const error = errorOf(outcome, promised)
    // The caller's own signal and not the error's kind: what the function called may have been cancelled by itself.
    if (promised.isAborted) return promised.reject(error)
    const { service, callId } = promised
    promised.resolve(fallBack(error, fallbacks, clock, { service, callId }))
  }
}

const valueOrError: OutcomeEdge<unknown> = (outcome, promised) => {
  if (outcome.isAnswered) promised.resolve(outcome.value)
  else promised.reject(errorOf(outcome, promised))
}

/**
 * What the function itself threw is thrown again as it is, with `retryStopped` where retrying ended; all else becomes an
 * error of the family.
 */
function errorOf(outcome: CallOutcome, promised: PromisedOutcome<unknown>): unknown {
  const { ending, error, retryStopped } = outcome
  return ending === 'error' && error !== undefined ? withRetryStopped(error, retryStopped) : promised.errorFor(outcome)
}

/** Says on the function's own error why it was not tried again; an error that cannot take it is thrown as it is. */
function withRetryStopped(error: unknown, retryStopped: RetryStop | undefined): unknown {
  if (retryStopped !== undefined && typeof error === 'object' && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, 'retryStopped', { value: retryStopped, configurable: true, writable: true })
  }
  return error
}
