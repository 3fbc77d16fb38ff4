/**
 * The mean over time of a whole number that changes in steps: requests present, workers taken.
 *
 * It keeps the integral, value times microseconds. Both are integers, so the integral is exact below 2^53, and Little's
 * law can be checked as the identity it is: the integral of the number present equals the sum of the times spent there.
 */
export class TimeAverage {
  readonly #fromUs: number
  #value = 0
  #sinceUs: number
  #integral = 0

  /** Counts from `fromUs` on (the warm-up's end); what happens before only sets the value that holds then. */
  constructor(fromUs = 0) {
    this.#fromUs = fromUs
    this.#sinceUs = fromUs
  }

  /** The value that holds now. */
  get value(): number {
    return this.#value
  }

  /** Sets the value from `nowUs` on. Time never goes back from one call to the next. */
  set(nowUs: number, value: number): void {
    // Before the warm-up's end `sinceUs` lies ahead, and nothing is added.
    if (nowUs > this.#sinceUs) {
      this.#integral += this.#value * (nowUs - this.#sinceUs)
      this.#sinceUs = nowUs
    }
    this.#value = value
  }

  add(nowUs: number, change: number): void {
    this.set(nowUs, this.#value + change)
  }

  /** The integral from the start of counting to `nowUs`, which is not before the last change. */
  integral(nowUs: number): number {
    return nowUs > this.#sinceUs ? this.#integral + this.#value * (nowUs - this.#sinceUs) : this.#integral
  }

  /** The mean value from the start of counting to `nowUs`; null where no time was counted. */
  mean(nowUs: number): number | null {
    return nowUs > this.#fromUs ? this.integral(nowUs) / (nowUs - this.#fromUs) : null
  }
}
