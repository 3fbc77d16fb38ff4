import type { CallWindow } from './call-window.ts'

/**
 * Decides what a breaker still remembers where it counts calls rather than time: the last `size` calls, none of them
 * older than `windowMs` (resilience4j's COUNT_BASED window, with an age).
 *
 * The age is ours: a window of calls alone keeps nine failures through an idle hour and opens on the next one
 * (cockatiel#64). A ring with running totals: each call enters once and leaves once, so a record is O(1) on the average
 * and nothing is allocated after the first.
 */
const FAILURE = 1
const SLOW = 2
const NOTHING = new Float64Array(0)
const NO_MARKS = new Uint8Array(0)

export class CountWindow implements CallWindow {
  readonly size: number
  readonly windowMs: number
  calls = 0
  failures = 0
  slow = 0
  /** When each call ended, and what it was; made with the first record. */
  #endedMs: Float64Array = NOTHING
  #marks: Uint8Array = NO_MARKS
  /** Where the next call is written. */
  #next = 0

  constructor(size: number, windowMs: number) {
    this.size = size
    this.windowMs = windowMs
  }

  text(calls: number): string {
    return `the last ${calls} calls`
  }

  record(nowMs: number, isFailure: boolean, isSlow: boolean): void {
    if (this.#endedMs === NOTHING) {
      this.#endedMs = new Float64Array(this.size)
      this.#marks = new Uint8Array(this.size)
    }
    this.advance(nowMs)
    if (this.calls === this.size) this.#forgetOldest()
    const at = this.#next
    this.#endedMs[at] = nowMs
    this.#marks[at] = (isFailure ? FAILURE : 0) | (isSlow ? SLOW : 0)
    this.#next = at + 1 === this.size ? 0 : at + 1
    this.calls++
    if (isFailure) this.failures++
    if (isSlow) this.slow++
  }

  advance(nowMs: number): void {
    while (this.calls > 0 && nowMs - (this.#endedMs[this.#oldest()] as number) >= this.windowMs) this.#forgetOldest()
  }

  clear(): void {
    this.calls = 0
    this.failures = 0
    this.slow = 0
  }

  #oldest(): number {
    const at = this.#next - this.calls
    return at < 0 ? at + this.size : at
  }

  #forgetOldest(): void {
    const marks = this.#marks[this.#oldest()] as number
    this.calls--
    if ((marks & FAILURE) !== 0) this.failures--
    if ((marks & SLOW) !== 0) this.slow--
  }
}
