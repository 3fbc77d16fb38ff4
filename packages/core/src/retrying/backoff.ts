import type { Jitter, ResolvedRetryOptions } from './retry-options.ts'
import type { Backoff } from './retry-policy.ts'

/**
 * Decides how long to wait before a retry. The formulas are those of Marc Brooker, "Exponential Backoff And Jitter"
 * (AWS Architecture Blog, 2015; github.com/aws-samples/aws-arch-backoff-simulator), with n = 0 before the first retry:
 *
 * - `none`: min(max, initial · 2ⁿ)
 * - `full`: uniform in [0, min(max, initial · 2ⁿ))
 * - `equal`: half of min(max, initial · 2ⁿ), and uniform in [0, the other half)
 * - `decorrelated`: min(max, uniform in [initial, 3 · the wait before)), the wait before the first being `initial`
 */
class ExponentialBackoff implements Backoff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #jitter: Jitter

  constructor(options: ResolvedRetryOptions['backoff']) {
    this.#initialMs = options.initialMs
    this.#maxMs = options.maxMs
    this.#jitter = options.jitter
  }

  delayMs(retry: number, previousMs: number, u: number): number {
    switch (this.#jitter) {
      case 'none':
        return this.#grown(retry)
      case 'full':
        return this.#grown(retry) * u
      case 'equal':
        return this.#grown(retry) * (0.5 + u / 2)
      case 'decorrelated': {
        // The wait before may have been the server's wish and shorter than `initial`, which stays the shortest.
        const before = Math.max(previousMs, this.#initialMs)
        return Math.min(this.#maxMs, this.#initialMs + (before * 3 - this.#initialMs) * u)
      }
    }
  }

  #grown(retry: number): number {
    return Math.min(this.#maxMs, this.#initialMs * 2 ** (retry - 1))
  }
}

/** The backoff of a policy. */
export function createBackoff(options: ResolvedRetryOptions['backoff']): Backoff {
  return new ExponentialBackoff(options)
}
