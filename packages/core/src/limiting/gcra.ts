import { type Allowance, type RateNumbers, ROUNDING_MS } from './rate-limiter.ts'

/**
 * The generic cell rate algorithm (ITU-T I.371, "virtual scheduling"), the form of a rate limit that asks least of its
 * memory: with I = 1/rate and L = (burst − 1)·I an attempt is let in when now ≥ TAT − L, and then
 * TAT = max(now, TAT) + I. What it lets in is what a token bucket of the same numbers does.
 *
 * TAT, the theoretical arrival time of the next attempt, is kept as an instant and a count of whole intervals since: a
 * sum of a million intervals would be off by more than one of them.
 */
export class Gcra implements Allowance {
  #intervalMs: number
  #toleranceMs: number
  /** TAT is `#sinceMs + #steps · I`. */
  #sinceMs: number = Number.NEGATIVE_INFINITY
  #steps = 0

  constructor(options: RateNumbers) {
    this.#intervalMs = 1000 / options.rate
    this.#toleranceMs = (options.burst - 1) * this.#intervalMs
  }

  /** The theoretical arrival time: from then on a whole burst is free. */
  get fullAtMs(): number {
    return this.#sinceMs + this.#steps * this.#intervalMs
  }

  tryTake(nowMs: number): boolean {
    const tat = this.fullAtMs
    if (nowMs >= tat) {
      this.#sinceMs = nowMs
      this.#steps = 1
      return true
    }
    if (nowMs + ROUNDING_MS < tat - this.#toleranceMs) return false
    this.#steps++
    return true
  }

  retryAfterMs(nowMs: number): number {
    const waitMs = this.fullAtMs - this.#toleranceMs - nowMs
    return waitMs > ROUNDING_MS ? waitMs : 0
  }

  /** What is owed is owed in attempts: as many intervals of the new length, and no more than the new burst. */
  update(options: RateNumbers, nowMs: number): void {
    const owed = Math.max(0, (this.fullAtMs - nowMs) / this.#intervalMs)
    const burst = this.#toleranceMs / this.#intervalMs + 1
    this.#intervalMs = 1000 / options.rate
    this.#toleranceMs = (options.burst - 1) * this.#intervalMs
    // As a bucket does: what was left is kept as far as there is room for it.
    const left = Math.min(burst - owed, options.burst)
    this.#sinceMs = nowMs
    this.#steps = options.burst - left
  }
}
