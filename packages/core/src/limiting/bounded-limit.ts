import type { LimitAlgorithm, LimitWindow } from './limit-algorithm.ts'
import type { ResolvedAdaptiveOptions } from './limit-options.ts'

/** What all three algorithms have in common: a number that stays within its bounds. */
export abstract class BoundedLimit implements LimitAlgorithm {
  abstract readonly needsBaseline: boolean
  protected estimate: number
  #min: number
  #max: number

  constructor({ initial, min, max }: ResolvedAdaptiveOptions) {
    this.estimate = initial
    this.#min = min
    this.#max = max
  }

  get limit(): number {
    return this.estimate
  }

  setBounds(min: number, max: number): void {
    this.#min = min
    this.#max = max
    this.set(this.estimate)
  }

  abstract decide(window: LimitWindow): number

  protected set(limit: number): number {
    this.estimate = Math.max(this.#min, Math.min(this.#max, limit))
    return this.estimate
  }
}
