/** Parts of the window that are forgotten one at a time. */
const BUCKETS = 24

/**
 * How many there were in the last `windowMs`: a ring of 24 counts indexed by time, so that what is old is forgotten also
 * where nothing comes. Adding and reading cost the same at any rate. The present bucket is a partial one: the window
 * reaches back between 23 and 24 buckets.
 */
export class CountWindow {
  readonly #bucketMs: number
  readonly #counts: Uint32Array = new Uint32Array(BUCKETS)
  #total = 0
  /** Number of the present bucket since the clock's origin, where it lies in the ring, and when it ends. */
  #present = -BUCKETS
  #at = 0
  #endMs: number = Number.NEGATIVE_INFINITY

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS
  }

  add(nowMs: number): void {
    if (nowMs >= this.#endMs) this.#advance(nowMs)
    const at = this.#at
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#total++
  }

  total(nowMs: number): number {
    if (nowMs >= this.#endMs) this.#advance(nowMs)
    return this.#total
  }

  /** Clears each bucket that was skipped, all of them after a long silence. */
  #advance(nowMs: number): void {
    const present = Math.max(0, Math.floor(nowMs / this.#bucketMs))
    const skipped = Math.min(BUCKETS, present - this.#present)
    for (let i = 0; i < skipped; i++) {
      const at = (present - i) % BUCKETS
      const bucket = at < 0 ? at + BUCKETS : at
      this.#total -= this.#counts[bucket] as number
      this.#counts[bucket] = 0
    }
    this.#present = present
    this.#at = present % BUCKETS
    this.#endMs = (present + 1) * this.#bucketMs
  }
}
