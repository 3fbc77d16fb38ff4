import type { Clock } from './clock.ts'

/**
 * A fixed instant by which a call must have ended. Deadlines are passed down a chain of calls; timeouts, which are
 * lengths, exist in options only. Inside the pipeline a deadline is the bare number `atMs`; this class is its public face.
 */
export class Deadline {
  /** The instant on the scale of `clock.now()`, in milliseconds; `Infinity` where there is none. */
  readonly atMs: number
  readonly #clock: Clock

  constructor(clock: Clock, atMs: number) {
    this.#clock = clock
    this.atMs = atMs
  }

  /** Milliseconds left, never below 0; `Infinity` where there is no deadline. */
  get remainingMs(): number {
    return Math.max(0, this.atMs - this.#clock.now())
  }

  get isExceeded(): boolean {
    return this.#clock.now() >= this.atMs
  }
}

/** The instant that stands for "no deadline". */
export const NO_DEADLINE: number = Number.POSITIVE_INFINITY
