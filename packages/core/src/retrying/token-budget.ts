import type { ResolvedTokenBudget } from './budget-options.ts'
import type { RetryBudget } from './retry-policy.ts'

/** Tokens are counted in millionths, so that ten times 0.1 are one. */
export const TOKEN = 1e6

/**
 * Decides whether a target can bear one more retry: a bucket that begins full, gains `ratio` tokens with each call and
 * loses one with each retry. However calls and failures are spread, retries stay within `ratio` of the calls and one full
 * bucket, and no time passes in it: a client that calls once a minute has the same share as a busy one, and what it saved
 * is not forgotten (Brooker, "Fixing retries with token buckets and circuit breakers"; the AWS SDKs).
 */
export class TokenRetryBudget implements RetryBudget {
  #max: number
  #perCall: number
  #tokens: number
  #isExhausted = false

  constructor({ ratio, maxTokens }: ResolvedTokenBudget) {
    this.#max = maxTokens * TOKEN
    this.#perCall = Math.round(ratio * TOKEN)
    this.#tokens = this.#max
  }

  deposit(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#perCall)
  }

  withdraw(): boolean {
    this.#isExhausted = this.#tokens < TOKEN
    if (!this.#isExhausted) this.#tokens -= TOKEN
    return !this.#isExhausted
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** Other numbers; what was spent stays spent. */
  update({ ratio, maxTokens }: ResolvedTokenBudget): void {
    this.#max = maxTokens * TOKEN
    this.#perCall = Math.round(ratio * TOKEN)
    this.#tokens = Math.min(this.#tokens, this.#max)
  }
}
