import { type Allowance, type RateNumbers, ROUNDING_MS } from './rate-limiter.ts'

/**
 * Decides how many attempts a second may begin: `rate` sustained, `burst` at once after idleness. Over any stretch of T
 * seconds at most `rate * T + burst` are admitted, exact to the nanosecond.
 *
 * No timer refills it. It does not add up refills either, because their rounding errors add up too and a limit that is
 * held for weeks would drift: it counts the tokens taken since the bucket was full last, so the instant at which a token
 * is there is one sum over whole numbers.
 */
export class TokenBucket implements Allowance {
  #rate: number
  #burst: number
  /** When the bucket was full last. */
  #fullAtMs: number = Number.NEGATIVE_INFINITY
  /** Tokens taken since. */
  #taken = 0

  constructor(options: RateNumbers) {
    this.#rate = options.rate
    this.#burst = options.burst
  }

  get fullAtMs(): number {
    return this.#fullAtMs + (this.#taken * 1000) / this.#rate
  }

  /** Takes a token, if one is there. */
  tryTake(nowMs: number): boolean {
    if (nowMs >= this.fullAtMs) {
      this.#fullAtMs = nowMs
      this.#taken = 1
      return true
    }
    // A bucket that is not full lacks one token at least: the first ones need no division.
    const isThere = this.#taken + 1 <= this.#burst || nowMs + ROUNDING_MS >= this.#nextAtMs()
    if (isThere) this.#taken++
    return isThere
  }

  /** Milliseconds until a token is there; 0 where one is. */
  retryAfterMs(nowMs: number): number {
    const waitMs = this.#nextAtMs() - nowMs
    return waitMs > ROUNDING_MS ? waitMs : 0
  }

  /** Other numbers, same tokens, as far as the new bucket holds them. */
  update(options: RateNumbers, nowMs: number): void {
    const tokens = Math.min(this.#tokens(nowMs), options.burst)
    this.#rate = options.rate
    this.#burst = options.burst
    this.#fullAtMs = nowMs
    this.#taken = options.burst - tokens
  }

  #nextAtMs(): number {
    return this.#fullAtMs + ((this.#taken + 1 - this.#burst) * 1000) / this.#rate
  }

  #tokens(nowMs: number): number {
    return Math.min(this.#burst, this.#burst - this.#taken + ((nowMs - this.#fullAtMs) * this.#rate) / 1000)
  }
}
