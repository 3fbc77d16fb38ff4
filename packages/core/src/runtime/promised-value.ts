import type { CallOutcome } from '../call/outcome.ts'
import type { RetryStop } from '../errors/seakeep-error.ts'
import type { Guarded, GuardedRequest } from '../pipeline/function-transport.ts'
import { PromisedOutcome } from './promised-outcome.ts'

/**
 * The edge of `execute`. What the function itself threw is thrown again as it is, with `retryStopped` where retrying
 * ended; all else becomes an error of the family. It is the request, too: what is sent is the function.
 */
export class PromisedValue<T> extends PromisedOutcome<T> implements GuardedRequest {
  readonly run: Guarded<T>

  constructor(run: Guarded<T>, service: string, number: number, signal: AbortSignal | undefined) {
    super(service, number, signal)
    this.run = run
  }

  protected end(outcome: CallOutcome): void {
    if (outcome.isAnswered) this.resolve(outcome.value as T)
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
