import type { Allowance, RateLimiter, RateNumbers } from './rate-limiter.ts'

/** Allowances looked at for each new key. */
const LOOKS = 2
/** How long an allowance that is full again is kept, as its key may be back soon. */
const GRACE_MS = 10_000

/**
 * Decides for each key apart, in bounded memory: at `maxKeys` a key that was not asked for lately is forgotten, and comes
 * back as new. ("Second chance", the clock algorithm of paging: asking for a key sets a mark, and the hand that looks for
 * room takes marks away until it finds one without. It forgets nearly whom a list in order of use would, and saves the
 * six links that such a list writes on each call.)
 *
 * An allowance that is full again is the same as one never seen, so forgetting it loses nothing. With each new key two
 * are looked at, and such as have been full for ten seconds dropped: the memory of a burst of keys shrinks as others
 * come, with no sweep and no timer, and keys in use are not forgotten only to be made anew.
 */
export class KeyedRateLimiter implements RateLimiter {
  readonly #maxKeys: number
  readonly #create: (numbers: RateNumbers) => Allowance
  readonly #entries: Map<string, Entry> = new Map()
  /** The same entries, in no order; where the hand stands. */
  readonly #ring: Entry[] = []
  #hand = 0
  #numbers: RateNumbers

  constructor(numbers: RateNumbers, maxKeys: number, create: (numbers: RateNumbers) => Allowance) {
    this.#numbers = numbers
    this.#maxKeys = maxKeys
    this.#create = create
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#ring.length
  }

  /** Attempts without a key share the allowance of the empty one. */
  tryTake(nowMs: number, key: string = ''): boolean {
    let entry = this.#entries.get(key)
    if (entry === undefined) entry = this.#add(key, nowMs)
    else if (!entry.isMarked) entry.isMarked = true
    return entry.allowance.tryTake(nowMs)
  }

  retryAfterMs(nowMs: number, key: string = ''): number {
    return this.#entries.get(key)?.allowance.retryAfterMs(nowMs) ?? 0
  }

  update(numbers: RateNumbers, nowMs: number): void {
    this.#numbers = numbers
    for (const { allowance } of this.#ring) allowance.update(numbers, nowMs)
  }

  #add(key: string, nowMs: number): Entry {
    for (let i = 0; i < LOOKS && this.#ring.length > 0; i++) {
      const entry = this.#atHand()
      if (entry.allowance.fullAtMs + GRACE_MS <= nowMs) this.#forgetAtHand()
      else this.#hand++
    }
    if (this.#ring.length >= this.#maxKeys) this.#makeRoom()
    const entry: Entry = { key, allowance: this.#create(this.#numbers), isMarked: false }
    this.#entries.set(key, entry)
    this.#ring.push(entry)
    return entry
  }

  /** Goes round once at the most: a mark that was taken away is gone when the hand comes back. */
  #makeRoom(): void {
    for (let entry = this.#atHand(); entry.isMarked; entry = this.#atHand()) {
      entry.isMarked = false
      this.#hand++
    }
    this.#forgetAtHand()
  }

  #atHand(): Entry {
    if (this.#hand >= this.#ring.length) this.#hand = 0
    return this.#ring[this.#hand] as Entry
  }

  /** The last of the ring takes the place that gets free. */
  #forgetAtHand(): void {
    this.#entries.delete((this.#ring[this.#hand] as Entry).key)
    const last = this.#ring.pop() as Entry
    if (this.#hand < this.#ring.length) this.#ring[this.#hand] = last
  }
}

interface Entry {
  readonly key: string
  readonly allowance: Allowance
  isMarked: boolean
}
