/**
 * Decides which probes a half-open circuit has out: at most `size` at once, each a lease with a deadline of its own.
 *
 * A lease is known by its slot, so that giving one back cannot be taken for another, and giving it back twice moves
 * nothing. A caller who never says how its probe ended loses the lease at its deadline: without that, one lost caller
 * wedges the circuit until the process restarts (resilience4j#903, #935, #1568).
 */
const FREE = Number.POSITIVE_INFINITY

export class ProbeLeases {
  readonly size: number
  inUse = 0
  /** Probes that ended well, and how many of those were slow. */
  succeeded = 0
  slow = 0
  /** The deadline of the lease that is to be lost first; `Infinity` while none is out. */
  earliestDeadlineMs: number = FREE
  /** The deadline of each slot; grows as slots are used first, because `size` may be large and few be needed. */
  readonly #deadlines: number[] = []

  constructor(size: number) {
    this.size = size
  }

  /** The slot that is now out, or -1 where all are. */
  lend(deadlineMs: number): number {
    if (this.inUse === this.size) return -1
    const deadlines = this.#deadlines
    const slot = this.inUse === deadlines.length ? deadlines.length : deadlines.indexOf(FREE)
    deadlines[slot] = deadlineMs
    this.inUse++
    if (deadlineMs < this.earliestDeadlineMs) this.earliestDeadlineMs = deadlineMs
    return slot
  }

  /** False where that slot is not out. */
  giveBack(slot: number): boolean {
    const deadlines = this.#deadlines
    const deadlineMs = deadlines[slot]
    if (deadlineMs === undefined || deadlineMs === FREE) return false
    deadlines[slot] = FREE
    this.inUse--
    if (deadlineMs === this.earliestDeadlineMs) this.earliestDeadlineMs = earliest(deadlines)
    return true
  }
}

function earliest(deadlines: readonly number[]): number {
  let first = FREE
  for (const deadlineMs of deadlines) if (deadlineMs < first) first = deadlineMs
  return first
}
