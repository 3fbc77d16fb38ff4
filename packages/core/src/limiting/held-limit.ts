import type { LimitAlgorithm, LimitWindow } from './limit-algorithm.ts'
import type { ResolvedAdaptiveOptions } from './limit-options.ts'

/**
 * Holds an algorithm of somebody else's to what the policy says: whatever it answers, the limit in force is between `min`
 * and `max`, and an answer that is no number leaves it where it was. (Compared with NaN, no attempt would ever be one too
 * many.)
 */
export class HeldLimit implements LimitAlgorithm {
  readonly #algorithm: LimitAlgorithm
  #min: number
  #max: number
  #held: number

  constructor(algorithm: LimitAlgorithm, { min, max, initial }: ResolvedAdaptiveOptions) {
    this.#algorithm = algorithm
    this.#min = min
    this.#max = max
    this.#held = initial
    this.#hold(algorithm.limit)
  }

  get limit(): number {
    return this.#held
  }

  get needsBaseline(): boolean {
    return this.#algorithm.needsBaseline
  }

  decide(window: LimitWindow): number {
    return this.#hold(this.#algorithm.decide(window))
  }

  setBounds(min: number, max: number): void {
    this.#min = min
    this.#max = max
    this.#algorithm.setBounds(min, max)
    this.#hold(this.#algorithm.limit)
  }

  #hold(limit: number): number {
    this.#held = Math.max(this.#min, Math.min(this.#max, Number.isNaN(limit) ? this.#held : limit))
    return this.#held
  }
}
