import type { Timer, TimerTask } from './clock.ts'

/**
 * The order of all timers, behind the real clock, the ManualClock and the simulator's kernel alike.
 *
 * A hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7) over integer ticks. A timer lies on the level of the
 * highest byte in which its tick differs from the wheel's position, in the slot of that byte's value. So a slot of a
 * level begins exactly where the level below runs out, the occupied slots of a level all lie ahead of the position,
 * and the first occupied slot of the lowest occupied level holds the next timer: one bitmap with one summary word finds
 * it in two bit scans. Inserting and cancelling relink a list node: O(1), no search, no lazily deleted garbage.
 *
 * Equal ticks stay first in, first out: a slot is spread over the levels below in its own order, and before anything
 * later can be put there, for the position enters a slot only by spreading it. What lies beyond the 32 bits of the
 * levels waits in an overflow list in the order it came.
 */

const LEVELS = 4
const SLOTS = 256
/** Ticks that the levels span. */
const SPAN = 2 ** 32
/** The slot number of the overflow list: the one after the levels' own. */
const OVERFLOW = LEVELS * SLOTS

const NO_TASK: TimerTask = { onTimer: () => {} }

/**
 * A timer that is its own list node: one cache line, for with many timers pending the price of a step is the memory it
 * touches. One object may be armed again and again, and may be extended. All fields but `task` belong to the wheel:
 * read them, never write them.
 */
export class WheelTimer implements Timer {
  task: TimerTask
  /** The tick it is armed for, or was armed for last. (In a ring's own node: the number of its slot.) */
  at = 0
  /** Its neighbours; itself while it is not queued, so that a timer kept for long keeps no other one alive. */
  previous: WheelTimer
  next: WheelTimer
  wheel: TimingWheel | undefined = undefined

  constructor(task: TimerTask) {
    this.task = task
    this.previous = this
    this.next = this
  }

  get isPending(): boolean {
    return this.next !== this
  }

  cancel(): void {
    if (this.next !== this) this.wheel?.remove(this)
  }
}

export class TimingWheel {
  /** Every queued timer lies at or after this tick. It is `#base + (#low >>> 0)`. */
  #base = 0
  #low = 0
  #size = 0
  /** One ring of timers a slot, closed by a node of its own, so that linking has no special cases. Made when needed. */
  readonly #rings: (WheelTimer | undefined)[] = new Array(OVERFLOW + 1).fill(undefined)
  /** A bit for each occupied slot of the levels, and a bit for each word of those that is not 0. */
  readonly #occupied = new Int32Array((LEVELS * SLOTS) / 32)
  #summary = 0

  /** Timers that are queued. */
  get size(): number {
    return this.#size
  }

  /** The tick the wheel has come to: that of the timer popped last, or a little more. It never runs back. */
  get position(): number {
    return this.#base + (this.#low >>> 0)
  }

  /** Queues `task` for the tick `at`, a whole number; one before the position counts as the position. */
  insert(at: number, task: TimerTask): WheelTimer {
    const timer = new WheelTimer(task)
    this.place(timer, at)
    return timer
  }

  /** Queues a timer object, new or used. One that is queued leaves its place first. */
  place(timer: WheelTimer, at: number): void {
    if (timer.next !== timer) timer.wheel?.remove(timer)
    const position = this.#base + (this.#low >>> 0)
    // biome-ignore lint/complexity/useMathMinMax: so NaN is due at once, too, instead of never
    timer.at = at > position ? at : position
    timer.wheel = this
    this.#size++
    this.#link(timer)
  }

  /** Takes out and returns the next timer whose tick is at most `limit`; the position moves to its tick. */
  popUntil(limit: number): WheelTimer | undefined {
    for (;;) {
      if (this.#summary === 0 && !this.#refill(limit)) return undefined
      const slot = this.#firstSlot()
      const ring = this.#rings[slot] as WheelTimer
      const timer = ring.next
      // The only timer of the next slot is the next timer, on whatever level: it need not come down first.
      if (slot < SLOTS || timer.next === ring) {
        if (timer.at > limit) return undefined
        this.#low = timer.at | 0
        this.remove(timer)
        return timer
      }
      if (this.#base + this.#startOf(slot) > limit) return undefined
      this.#spread(slot, ring)
    }
  }

  /**
   * A lower bound of the next timer's tick, found without moving anything; `Infinity` where none is queued. It is exact
   * when that timer is alone in its slot or at most 255 ticks away within the present 256.
   */
  nextTick(): number {
    if (this.#size === 0) return Number.POSITIVE_INFINITY
    if (this.#summary === 0) return this.#base + SPAN
    const slot = this.#firstSlot()
    const ring = this.#rings[slot] as WheelTimer
    const timer = ring.next
    return slot < SLOTS || timer.next === ring ? timer.at : this.#base + this.#startOf(slot)
  }

  /** Moves the position of an empty wheel on to `tick`, which keeps what is armed next on low levels. */
  skipTo(tick: number): void {
    if (this.#size === 0 && tick > this.position) this.#moveTo(tick)
  }

  /** Drops all timers and begins again at `tick`. */
  reset(tick: number = 0): void {
    for (const ring of this.#rings) {
      while (ring !== undefined && ring.next !== ring) this.remove(ring.next)
    }
    this.#moveTo(tick)
  }

  /** Takes out a timer that is queued here. For {@link WheelTimer.cancel}. */
  remove(timer: WheelTimer): void {
    const { previous, next } = timer
    previous.next = next
    next.previous = previous
    timer.previous = timer
    timer.next = timer
    this.#size--
    // Only the ring's own node can be both neighbours.
    if (previous === next) this.#markEmpty(previous.at)
  }

  #link(timer: WheelTimer): void {
    const { at } = timer
    let slot = OVERFLOW
    if (at - this.#base < SPAN) {
      const low = at | 0
      const differing = low ^ this.#low
      // The shift is written out, so that no unsigned number beyond 31 bits is ever made.
      if ((differing & ~0xff) === 0) slot = low & 0xff
      else if ((differing & ~0xffff) === 0) slot = SLOTS | ((low >>> 8) & 0xff)
      else if ((differing & ~0xffffff) === 0) slot = (2 * SLOTS) | ((low >>> 16) & 0xff)
      else slot = (3 * SLOTS) | (low >>> 24)
      this.#occupied[slot >>> 5] = (this.#occupied[slot >>> 5] as number) | (1 << (slot & 31))
      this.#summary |= 1 << (slot >>> 5)
    }
    const ring = this.#rings[slot] ?? this.#makeRing(slot)
    const last = ring.previous
    timer.previous = last
    timer.next = ring
    last.next = timer
    ring.previous = timer
  }

  #makeRing(slot: number): WheelTimer {
    const ring = new WheelTimer(NO_TASK)
    ring.at = slot
    this.#rings[slot] = ring
    return ring
  }

  #markEmpty(slot: number): void {
    if (slot === OVERFLOW) return
    const word = slot >>> 5
    const left = (this.#occupied[word] as number) & ~(1 << (slot & 31))
    this.#occupied[word] = left
    if (left === 0) this.#summary &= ~(1 << word)
  }

  #firstSlot(): number {
    const word = lowestBit(this.#summary)
    return (word << 5) | lowestBit(this.#occupied[word] as number)
  }

  /** The first tick of a slot above the lowest level, without the base. */
  #startOf(slot: number): number {
    const shift = (slot >>> 8) * 8
    const above = shift === 24 ? 0 : (this.#low >>> (shift + 8)) << (shift + 8)
    return (above | ((slot & 0xff) << shift)) >>> 0
  }

  /** Enters a slot: its timers move to the levels below, which are empty now, in their order. */
  #spread(slot: number, ring: WheelTimer): void {
    this.#low = this.#startOf(slot) | 0
    this.#relinkAll(ring)
  }

  /** Empties a ring and links its timers anew, as the present position has it. */
  #relinkAll(ring: WheelTimer): void {
    let timer = ring.next
    ring.next = ring
    ring.previous = ring
    this.#markEmpty(ring.at)
    while (timer !== ring) {
      const next = timer.next
      this.#link(timer)
      timer = next
    }
  }

  /** With the levels empty, goes on to the first span of the overflow list that begins by `limit`. */
  #refill(limit: number): boolean {
    if (this.#size === 0 || this.#base + SPAN > limit) return false
    const ring = this.#rings[OVERFLOW] as WheelTimer
    let first = Number.POSITIVE_INFINITY
    for (let timer = ring.next; timer !== ring; timer = timer.next) if (timer.at < first) first = timer.at
    // Where that is later than the limit, the list need not be searched again before the limit's own span is over.
    const target = Math.min(first, limit)
    if (target === Number.POSITIVE_INFINITY) return false
    this.#moveTo(Math.floor(target / SPAN) * SPAN)
    this.#relinkAll(ring)
    return this.#summary !== 0
  }

  #moveTo(tick: number): void {
    this.#base = Math.floor(tick / SPAN) * SPAN
    this.#low = tick | 0
  }
}

/** Which bit of a word that is not 0 is its lowest. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word)
}
