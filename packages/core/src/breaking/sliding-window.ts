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
/** Before all instants, and a small integer: a field that has only held such is read without a way round. */
const LONG_AGO = -(2 ** 31)

export class SlidingWindow implements CallWindow {
  calls = 0
  failures = 0
  slow = 0
  /** Where the present bucket ends: until then a record needs no division. */
  #endMs = LONG_AGO
  /** What the totals were when the present bucket began: the rest of them is its own. */
  #callsBefore = 0
  #failuresBefore = 0
  #slowBefore = 0
  readonly windowMs: number
  readonly #bucketMs: number
  /** Calls, failures and slow calls of each bucket that is over, side by side; made with the first record. */
  #counts: Uint32Array = NOTHING
  /** Which bucket is the present one, counted from the clock's origin, and where in the ring it lies. */
  #present = 0
  #at = 0

  constructor(windowMs: number) {
    this.windowMs = windowMs
    this.#bucketMs = windowMs / BUCKETS
  }

  text(calls: number): string {
    return `${calls} calls in ${spanText(this.windowMs)}`
  }

  record(nowMs: number, isFailure: boolean, isSlow: boolean): void {
    if (nowMs >= this.#endMs) this.advance(nowMs)
    this.calls++
    if (isFailure) this.failures++
    if (isSlow) this.slow++
  }

  /** Brings the window up to the present. {@link record} does so itself; a reader of the totals has to. */
  advance(nowMs: number): void {
    if (nowMs < this.#endMs) return
    this.#closeBucket()
    const present = Math.floor(nowMs / this.#bucketMs)
    const skipped = Math.min(present - this.#present, BUCKETS)
    for (let step = 1; step <= skipped; step++) this.#forget(placeOf(this.#present + step))
    this.#present = present
    this.#at = placeOf(present)
    this.#endMs = (present + 1) * this.#bucketMs
    this.#openBucket()
  }

  clear(): void {
    this.calls = 0
    this.failures = 0
    this.slow = 0
    this.#counts.fill(0)
    this.#openBucket()
  }

  /** What the present bucket has seen goes into the ring. */
  #closeBucket(): void {
    if (this.#counts === NOTHING) this.#counts = new Uint32Array(BUCKETS * FIELDS)
    const at = this.#at
    this.#counts[at] = this.calls - this.#callsBefore
    this.#counts[at + 1] = this.failures - this.#failuresBefore
    this.#counts[at + 2] = this.slow - this.#slowBefore
  }

  #openBucket(): void {
    this.#callsBefore = this.calls
    this.#failuresBefore = this.failures
    this.#slowBefore = this.slow
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
