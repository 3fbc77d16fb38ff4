import type { Verdict } from '../call/classification.ts'
import type { ResolvedTokenBudget } from './budget-options.ts'
import type { RetryBudget } from './retry-policy.ts'
import { TOKEN } from './token-budget.ts'

/**
 * Decides whether a target is well enough for retries: each failed attempt takes a token, each success gives `ratio` of
 * one, and none is tried again while no more than half of them are left (gRPC's retryThrottling, A6). So retries end, not
 * shrink, where more than ratio / (1 + ratio) of the attempts fail for long, and an outage gets at most half a bucket of
 * them. Retries themselves cost nothing: what they do to the target is counted when they end.
 */
export class ThrottleRetryBudget implements RetryBudget {
  #max: number
  #perSuccess: number
  #tokens: number
  #isExhausted = false

  constructor({ ratio, maxTokens }: ResolvedTokenBudget) {
    this.#max = maxTokens * TOKEN
    this.#perSuccess = gainOf(ratio)
    this.#tokens = this.#max
  }

  deposit(): void {}

  onAttempt(verdict: Verdict): void {
    if (verdict === 'success') this.#tokens = Math.min(this.#max, this.#tokens + this.#perSuccess)
    else if (verdict === 'failure') this.#tokens = Math.max(0, this.#tokens - TOKEN)
  }

  withdraw(): boolean {
    this.#isExhausted = this.#tokens * 2 <= this.#max
    return !this.#isExhausted
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** Other numbers; the bucket is as full as it was, since what counts is its half (as gRPC has it). */
  update({ ratio, maxTokens }: ResolvedTokenBudget): void {
    const max = maxTokens * TOKEN
    this.#tokens = Math.round((this.#tokens / this.#max) * max)
    this.#max = max
    this.#perSuccess = gainOf(ratio)
  }
}

/** Above 0, however little: what has emptied fills again. */
function gainOf(ratio: number): number {
  return Math.max(1, Math.round(ratio * TOKEN))
}
