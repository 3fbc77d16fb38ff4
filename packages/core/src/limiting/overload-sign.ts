/**
 * Decides whether a line is too long by controlled delay (CoDel; Nichols and Jacobson 2012, in the form of folly's
 * Codel.h): overloaded is a line in which the *shortest* wait of a whole `interval` was longer than `target`. A burst
 * makes some wait long; only overload makes all of them.
 *
 * A line that stands empty has a wait of nothing, so it is not overloaded from then on; folly would still hold what it
 * found in the interval before.
 */
export class OverloadSign {
  isOverloaded = false
  /** The first wait of an interval is never dropped: there is nothing yet to compare it with. */
  isFirst = true
  readonly #targetMs: number
  readonly #intervalMs: number
  #shortestMs: number = Number.POSITIVE_INFINITY
  #endsAtMs: number = Number.NEGATIVE_INFINITY

  constructor(targetMs: number, intervalMs: number) {
    this.#targetMs = targetMs
    this.#intervalMs = intervalMs
  }

  /** The head of the line has waited so long. */
  observe(waitMs: number, nowMs: number): void {
    this.isFirst = nowMs >= this.#endsAtMs
    if (this.isFirst) {
      this.isOverloaded = this.#shortestMs > this.#targetMs && this.#shortestMs !== Number.POSITIVE_INFINITY
      this.#endsAtMs = nowMs + this.#intervalMs
      this.#shortestMs = waitMs
    } else if (waitMs < this.#shortestMs) this.#shortestMs = waitMs
  }

  /** Nobody waits. */
  clear(): void {
    this.isOverloaded = false
    this.#shortestMs = 0
  }
}
