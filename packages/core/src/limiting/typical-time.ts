/** Share by which one answer moves the estimate. */
const STEP = 1.05
/** Answers before it says anything, and the shortest of them is where it begins: the first of all is often a slow one. */
const WARM_UP = 10

/**
 * The time that half of the answers take and half do not, held in one number: each answer moves it a twentieth towards
 * itself, up or down ("frugal" estimation of a quantile; Ma, Muthukrishnan and Sandler 2013). Whoever has less than this
 * left will more likely than not be answered too late, and a permit spent on it is lost to somebody who is in time.
 */
export class TypicalTime {
  /** Milliseconds; 0 while too little is known. */
  ms = 0
  #toGo = WARM_UP
  #shortestMs: number = Number.POSITIVE_INFINITY

  record(tookMs: number): void {
    if (this.#toGo === 0) this.ms = tookMs > this.ms ? this.ms * STEP : this.ms / STEP
    else {
      if (tookMs < this.#shortestMs) this.#shortestMs = tookMs
      if (--this.#toGo === 0) this.ms = this.#shortestMs
    }
  }
}
