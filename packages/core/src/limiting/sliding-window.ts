import { type Allowance, type RateNumbers, ROUNDING_MS } from './rate-limiter.ts'

/** Places of the ring before anything is let in; it doubles up to the burst, so a quiet key stays small. */
const FIRST_PLACES = 8

/**
 * Decides by looking back: at most `burst` attempts in any stretch of `burst / rate` seconds, wherever it begins. A token
 * bucket of the same numbers lets through up to twice as many in such a stretch, its burst and what refills meanwhile;
 * this is for agreements that say "500 in any second" and mean it.
 *
 * It is exact: the ring holds the instants of the last `burst` admissions, and an attempt is let in when the one that
 * many before it has left the window. Estimates from two counters (as gateways do) can be off by the whole of a burst.
 * The price is 8 bytes for each attempt in the window.
 */
export class SlidingWindowLimit implements Allowance {
  #most: number
  #windowMs: number
  #instants: Float64Array = new Float64Array(FIRST_PLACES)
  /** Admissions remembered, and where the next one goes. */
  #count = 0
  #next = 0

  constructor(options: RateNumbers) {
    this.#most = Math.floor(options.burst)
    this.#windowMs = (this.#most * 1000) / options.rate
  }

  get fullAtMs(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : this.#back(1) + this.#windowMs
  }

  tryTake(nowMs: number): boolean {
    if (this.retryAfterMs(nowMs) > 0) return false
    if (this.#count < this.#most) {
      if (this.#count === this.#instants.length) this.#keep(this.#count, Math.min(this.#count * 2, this.#most))
      this.#count++
    }
    this.#instants[this.#next] = nowMs
    this.#next = this.#next + 1 < this.#instants.length ? this.#next + 1 : 0
    return true
  }

  retryAfterMs(nowMs: number): number {
    if (this.#count < this.#most) return 0
    const waitMs = this.#back(this.#most) + this.#windowMs - nowMs
    return waitMs > ROUNDING_MS ? waitMs : 0
  }

  update(options: RateNumbers): void {
    this.#most = Math.floor(options.burst)
    this.#windowMs = (this.#most * 1000) / options.rate
    const kept = Math.min(this.#count, this.#most)
    this.#keep(kept, Math.max(kept, Math.min(FIRST_PLACES, this.#most)))
    this.#count = kept
  }

  /** The instant of the nth admission, counted from the last. */
  #back(n: number): number {
    const at = this.#next - n
    return this.#instants[at < 0 ? at + this.#instants.length : at] as number
  }

  /** Another ring of `places` with the last `count` admissions in it. */
  #keep(count: number, places: number): void {
    const instants = new Float64Array(places)
    for (let n = count; n > 0; n--) instants[count - n] = this.#back(n)
    this.#instants = instants
    this.#next = count < places ? count : 0
  }
}
