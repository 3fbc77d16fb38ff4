import type { CallOutcome } from '../call/outcome.ts'
import type { RetryStop } from '../errors/seakeep-error.ts'
import type { Guarded, GuardedRequest } from '../pipeline/execute-context.ts'
import type { Clock } from '../time/clock.ts'
import { type FallbackStep, fallBack } from './fallback.ts'
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
      this.fail(withRetryStopped(outcome.error, outcome.retryStopped))
    } else this.fail(this.errorFor(outcome))
  }

  protected fail(error: unknown): void {
    this.reject(error)
  }
}

/** The same where fallbacks answer instead of an error: a call that succeeds does not pay for them. */
export class PromisedValueOrFallback<T> extends PromisedValue<T> {
  readonly #steps: readonly FallbackStep[]
  readonly #clock: Clock

  constructor(
    run: Guarded<T>,
    service: string,
    number: number,
    signal: AbortSignal | undefined,
    steps: readonly FallbackStep[],
    clock: Clock,
  ) {
    super(run, service, number, signal)
    this.#steps = steps
    this.#clock = clock
  }

  protected override fail(error: unknown): void {
    // The caller's own signal and not the error's kind: what the function called may have been cancelled by itself.
    if (this.isAborted) return this.reject(error)
    const { service, callId } = this
    this.resolve(fallBack(error, this.#steps, this.#clock, { service, callId }) as T)
  }
}

/** Says on the function's own error why it was not tried again; an error that cannot take it is thrown as it is. */
function withRetryStopped(error: unknown, retryStopped: RetryStop | undefined): unknown {
  if (retryStopped !== undefined && typeof error === 'object' && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, 'retryStopped', { value: retryStopped, configurable: true, writable: true })
  }
  return error
}
