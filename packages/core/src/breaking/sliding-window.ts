import { type CallWindow, spanText } from './call-window.ts'

/**
 * Decides what a breaker still remembers: the calls of the last `windowMs`, counted in ten buckets by time.
 *
 * The ring is indexed by time, not by calls: whoever writes or reads first brings it up to the present and clears every
 * bucket that was skipped, so a failure an hour ago never counts (cockatiel#64). The totals run along, so a record costs
 * the same at ten calls a second as at ten thousand (opossum#648 sorts 200,000 samples on each failure).
 *
 * The present bucket is a partial one: the window reaches back between nine and ten bucket lengths.
 */
const BUCKETS = 10
const FIELDS = 3
const NOTHING = new Uint32Array(0)

export class SlidingWindow implements CallWindow {
  readonly windowMs: number
  calls = 0
  failures = 0
  slow = 0
  readonly #bucketMs: number
  /** Calls, failures and slow calls of each bucket side by side; made with the first record. */
  #counts: Uint32Array = NOTHING
  /** Which bucket is the present one, counted from the clock's origin, and where in the ring it lies. */
  #present = 0
  #at = 0
  /** Where the present bucket ends: until then a record needs no division. */
  #endMs = Number.NEGATIVE_INFINITY

  constructor(windowMs: number) {
    this.windowMs = windowMs
    this.#bucketMs = windowMs / BUCKETS
  }

  text(calls: number): string {
    return `${calls} calls in ${spanText(this.windowMs)}`
  }

  record(nowMs: number, isFailure: boolean, isSlow: boolean): void {
    if (nowMs >= this.#endMs) this.advance(nowMs)
    const at = this.#at
    const counts = this.#counts
    counts[at] = (counts[at] as number) + 1
    this.calls++
    if (isFailure) {
      counts[at + 1] = (counts[at + 1] as number) + 1
      this.failures++
    }
    if (isSlow) {
      counts[at + 2] = (counts[at + 2] as number) + 1
      this.slow++
    }
  }

  /** Brings the window up to the present. {@link record} does so itself; a reader of the totals has to. */
  advance(nowMs: number): void {
    if (nowMs < this.#endMs) return
    if (this.#counts === NOTHING) this.#counts = new Uint32Array(BUCKETS * FIELDS)
    const present = Math.floor(nowMs / this.#bucketMs)
    const skipped = Math.min(present - this.#present, BUCKETS)
    for (let step = 1; step <= skipped; step++) this.#forget(placeOf(this.#present + step))
    this.#present = present
    this.#at = placeOf(present)
    this.#endMs = (present + 1) * this.#bucketMs
  }

  clear(): void {
    this.calls = 0
    this.failures = 0
    this.slow = 0
    this.#counts.fill(0)
  }

  #forget(at: number): void {
    const counts = this.#counts
    this.calls -= counts[at] as number
    this.failures -= counts[at + 1] as number
    this.slow -= counts[at + 2] as number
    counts[at] = 0
    counts[at + 1] = 0
    counts[at + 2] = 0
  }
}

/** Also where the clock's origin lies ahead. */
function placeOf(bucket: number): number {
  return (((bucket % BUCKETS) + BUCKETS) % BUCKETS) * FIELDS
}
