import { type Linked, LinkedList } from '../state/linked-list.ts'
import type { Clock, Timer, TimerTask } from './clock.ts'

/** What waits in a {@link TimeoutQueue}; it is its own place there. */
export interface Timed extends Linked<Timed> {
  /** When its time is over. Does not change while it is queued. */
  readonly dueMs: number
  onTimeout(): void
}

/**
 * Timeouts of one length, begun one after the other, end in the order they began: a queue keeps them in order for
 * nothing, where a wheel makes and places a timer for each. Nearly every timeout is taken back before it is due, which
 * here is leaving a list; the one timer behind it stays armed for whoever was first, and looks then who is.
 *
 * Times are as exact as the clock's: nobody can be due before the timer is.
 */
export class TimeoutQueue extends LinkedList<Timed> implements TimerTask {
  /** While somebody waits, the queue itself holds the process. */
  readonly isBackground = true
  readonly #clock: Clock
  #timer: Timer | undefined = undefined
  /** When the timer is due, which may be after whoever comes next: it was armed for one who has left. */
  #armedMs = Number.NEGATIVE_INFINITY
  #isFiring = false
  #isClosed = false

  constructor(clock: Clock) {
    super()
    this.#clock = clock
  }

  /** False, and nothing is done, where it would be due before somebody who came earlier: it needs a timer of its own. */
  tryAdd(item: Timed, dueMs: number): boolean {
    const { last } = this
    if (last === undefined) {
      if (dueMs < this.#armedMs) return false
      this.#clock.hold?.()
    } else if (dueMs < last.dueMs) return false
    this.append(item)
    if (this.#timer === undefined) this.#arm()
    return true
  }

  /** `item` has to be in the queue. */
  override remove(item: Timed): void {
    super.remove(item)
    if (this.last === undefined) this.#onEmpty()
  }

  /** Those who wait still get their time; after them no timer is left. */
  close(): void {
    this.#isClosed = true
    if (this.size === 0) this.#disarm()
  }

  /** One that throws stops none of the others: they are due in the clock's next round. */
  onTimer(): void {
    this.#forget()
    const nowMs = this.#clock.now()
    this.#isFiring = true
    try {
      for (let { first } = this; first !== undefined && first.dueMs <= nowMs; first = this.first) {
        this.remove(first)
        first.onTimeout()
      }
    } finally {
      this.#isFiring = false
      this.#arm()
    }
  }

  /** For whoever is first. Not while timeouts end: who comes in answer to one stands behind others that are not due yet. */
  #arm(): void {
    const { first } = this
    if (first === undefined || this.#timer !== undefined || this.#isFiring) return
    this.#armedMs = first.dueMs
    this.#timer = this.#clock.schedule(first.dueMs, this)
  }

  #forget(): void {
    this.#timer = undefined
    this.#armedMs = Number.NEGATIVE_INFINITY
  }

  #onEmpty(): void {
    this.#clock.release?.()
    if (this.#isClosed) this.#disarm()
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#forget()
  }
}
