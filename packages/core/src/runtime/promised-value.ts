import type { CallOutcome } from '../call/outcome.ts'
import type { RetryStop } from '../errors/seakeep-error.ts'
import { PromisedOutcome } from './promised-outcome.ts'

/**
 * The edge of `execute`. What the function itself threw is thrown again as it is, with `retryStopped` where retrying
 * ended; all else becomes an error of the family.
 */
export class PromisedValue extends PromisedOutcome<unknown> {
  protected end(outcome: CallOutcome): void {
    if (outcome.isAnswered) this.resolve(outcome.value)
    else if (outcome.ending === 'error' && outcome.error !== undefined) {
      this.reject(withRetryStopped(outcome.error, outcome.retryStopped))
    } else this.reject(this.errorFor(outcome))
  }
}

/** Says on the function's own error why it was not tried again; an error that cannot take it is thrown as it is. */
function withRetryStopped(error: unknown, retryStopped: RetryStop | undefined): unknown {
  if (retryStopped !== undefined && typeof error === 'object' && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, 'retryStopped', { value: retryStopped, configurable: true, writable: true })
  }
  return error
}
