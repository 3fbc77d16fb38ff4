/**
 * Decides how many calls under way have been so for too long, without knowing the calls: only how many went out in each
 * of the last steps of time and have not ended. A breaker that waits for calls to end learns nothing from a target that
 * never answers until the first timeout (resilience4j#1597, failsafe-go#28; moleculer never learns it).
 *
 * `overMs` is cut into eight steps; a call counts as overdue when the step it went out in has passed out whole, so
 * between one and 9/8 of `overMs` after it was sent. A few numbers whatever the load; a call costs an increment and a
 * decrement, and every step is moved once.
 *
 * Which step an instant lies in is always asked in one way, `floor(ms / step)`: it has to answer alike when a call goes
 * out and when it ends, and a product would round another way.
 */
const STEPS = 8
/** More than are needed, so that a step finds its slot by its last bits, also where the clock's origin lies ahead. */
const SLOTS = 16
const MASK: number = SLOTS - 1

export class InFlightAges {
  /** Calls that went out more than `overMs` before the last {@link advance} and have not ended. */
  overdue = 0
  readonly #sinceMs: number
  readonly #stepMs: number
  /** Calls under way by the step in which they went out. */
  readonly #young: Uint32Array = new Uint32Array(SLOTS)
  #present: number
  /** Until then the present step is surely the present one, and needs no division. */
  #sureMs: number

  /** Counts the calls that go out from `nowMs` on; of others it takes no notice when they end. */
  constructor(overMs: number, nowMs: number) {
    this.#sinceMs = nowMs
    this.#stepMs = overMs / STEPS
    this.#present = Math.floor(nowMs / this.#stepMs)
    this.#sureMs = (this.#present + 0.999) * this.#stepMs
  }

  advance(nowMs: number): void {
    if (nowMs < this.#sureMs) return
    const present = Math.floor(nowMs / this.#stepMs)
    const passed = Math.min(present - this.#present, STEPS + 1)
    for (let i = 0; i < passed; i++) {
      const at = (this.#present - STEPS + i) & MASK
      this.overdue += this.#young[at] as number
      this.#young[at] = 0
    }
    this.#present = present
    this.#sureMs = (present + 0.999) * this.#stepMs
  }

  /** A call goes out now. */
  sent(nowMs: number): void {
    this.advance(nowMs)
    const at = this.#present & MASK
    this.#young[at] = (this.#young[at] as number) + 1
  }

  /** A call that went out at `sentMs` has ended. */
  ended(sentMs: number): void {
    if (sentMs < this.#sinceMs) return
    const step = Math.floor(sentMs / this.#stepMs)
    if (step < this.#present - STEPS) {
      if (this.overdue > 0) this.overdue--
      return
    }
    const at = step & MASK
    const young = this.#young[at] as number
    if (young > 0) this.#young[at] = young - 1
  }
}
