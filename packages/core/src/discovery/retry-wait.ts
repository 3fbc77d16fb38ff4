import type { Random } from '../random/random.ts'

/**
 * How long a control loop waits before it turns to a registry again: decorrelated jitter (Marc Brooker, "Exponential
 * Backoff And Jitter", AWS Architecture Blog, 2015), uniform in [initial, 3 · the wait before), at most `maxMs`. After
 * an outage that all clients saw in the same instant they come back one by one, and a long one is not hammered on.
 */
export class RetryWait {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #random: Random
  readonly #name: string
  #previousMs: number

  /** `name` is that of the waiting entity's stream of chance. It is made with the first wait: most never have one. */
  constructor(initialMs: number, maxMs: number, random: Random, name: string) {
    this.#initialMs = initialMs
    this.#maxMs = maxMs
    this.#random = random
    this.#name = name
    this.#previousMs = initialMs
  }

  next(): number {
    const span = 3 * this.#previousMs - this.#initialMs
    this.#previousMs = Math.min(this.#maxMs, this.#initialMs + this.#draw() * span)
    return this.#previousMs
  }

  /** A short wait without a backoff behind it: uniform in [0, initial). */
  short(): number {
    return this.#draw() * this.#initialMs
  }

  /** All is well: the next failure begins small again. */
  reset(): void {
    this.#previousMs = this.#initialMs
  }

  #draw(): number {
    return this.#random.stream(this.#name).next()
  }
}
