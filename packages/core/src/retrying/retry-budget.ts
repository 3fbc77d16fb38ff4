import type { ResolvedWindowBudget } from './budget-options.ts'
import type { RetryBudget } from './retry-policy.ts'

/**
 * Decides whether a target can bear one more retry: over ten seconds at most `ratio` of the calls begun, plus
 * `minPerSecond` each second, so that a target with few calls can retry at all. Where every call fails, attempts then
 * stay below (1 + ratio) of the calls and a constant, whatever the callers wish (Finagle's RetryBudget, tower's
 * TpsBudget; both forget in ten slots, as this one does).
 *
 * Time is cut into slots of a second, and calls and retries are counted in the same ten: the present one and the nine
 * before it. So the bound holds for those, whenever a retry is granted, and where every call fails the share of retries
 * is `ratio` itself. (Looking at one slot more of retries would make it hold to the millisecond, and keep the share at
 * ten elevenths of what was asked for.)
 */
const SLOT_MS = 1000
const SLOTS = 10

export class WindowedRetryBudget implements RetryBudget {
  readonly #calls = new SlotCounter(SLOTS)
  #ratio: number
  #reserve: number
  #isExhausted = false
  readonly #retries = new SlotCounter(SLOTS)

  constructor(options: ResolvedWindowBudget) {
    this.#ratio = options.ratio
    this.#reserve = options.minPerSecond * SLOTS
  }

  deposit(nowMs: number): void {
    this.#calls.add(nowMs)
  }

  withdraw(nowMs: number): boolean {
    this.#isExhausted = this.#retries.sum(nowMs) + 1 > this.#ratio * this.#calls.sum(nowMs) + this.#reserve
    if (!this.#isExhausted) this.#retries.add(nowMs)
    return !this.#isExhausted
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** Retries that may be made at once. For people. */
  left(nowMs: number): number {
    const allowed = this.#ratio * this.#calls.sum(nowMs) + this.#reserve
    return Math.max(0, Math.floor(allowed - this.#retries.sum(nowMs)))
  }

  /** Other numbers; the calls and retries counted stay. */
  update(options: ResolvedWindowBudget): void {
    this.#ratio = options.ratio
    this.#reserve = options.minPerSecond * SLOTS
  }
}

const NOTHING = new Uint32Array(0)
/** Before all instants, and a small integer: a field that has only held such is read without a way round. */
const LONG_AGO = -(2 ** 31)

/** Counts per second over the present and the latest seconds before it; seconds that were skipped are cleared. */
class SlotCounter {
  #total = 0
  #endMs: number = LONG_AGO
  /** What the total was when the present slot began: the rest of it is the slot's own. */
  #before = 0
  readonly #slots: number
  /** Made when the first slot ends. */
  #counts: Uint32Array = NOTHING
  #present = 0
  #at = 0

  constructor(slots: number) {
    this.#slots = slots
  }

  add(nowMs: number): void {
    if (nowMs >= this.#endMs) this.#advance(nowMs)
    this.#total++
  }

  sum(nowMs: number): number {
    if (nowMs >= this.#endMs) this.#advance(nowMs)
    return this.#total
  }

  #advance(nowMs: number): void {
    if (this.#counts === NOTHING) this.#counts = new Uint32Array(this.#slots)
    const counts = this.#counts
    counts[this.#at] = this.#total - this.#before
    const present = Math.floor(nowMs / SLOT_MS)
    const skipped = Math.min(present - this.#present, counts.length)
    for (let step = 0; step < skipped; step++) {
      this.#at = this.#at + 1 === counts.length ? 0 : this.#at + 1
      this.#total -= counts[this.#at] as number
      counts[this.#at] = 0
    }
    this.#present = present
    this.#endMs = (present + 1) * SLOT_MS
    this.#before = this.#total
  }
}
