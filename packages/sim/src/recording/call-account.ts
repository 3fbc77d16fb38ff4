import { CallStats } from './call-stats.ts'
import { endingNumber, endingOf } from './facts.ts'
import type { Account, Ledger } from './ledger.ts'
import type { Timeline } from './timeline.ts'

const ENDED = 0
const GOOD = 1
const OPEN = 2
const OVERDUE = 3
const ATTEMPT = 4
/** The first number of a note is what it says and, times this, the ending. */
const WHATS = 8

/** The books of calls: on one edge, or of one workload. A call is noted once, when it has ended or the run has. */
export abstract class CallAccount implements Account {
  // The two that are read with every call come first: they lie in one line of the cache.
  readonly #ledger: Ledger
  readonly #account: number
  readonly calls: CallStats = new CallStats()
  /** Where the steps of time are counted: an edge's calls in its service's. */
  readonly timeline: Timeline
  readonly #warmupUs: number

  constructor(ledger: Ledger, timeline: Timeline, warmupUs: number) {
    this.#ledger = ledger
    this.#account = ledger.open(this)
    this.timeline = timeline
    this.#warmupUs = warmupUs
  }

  /** `sent`: attempts. */
  end(offeredUs: number, endedUs: number, ending: string, isGood: boolean, sent: number): void {
    const what = (isGood ? GOOD : ENDED) + WHATS * endingNumber(ending)
    this.#ledger.note(this.#account, what, offeredUs, endedUs, sent)
  }

  /** The run is over, and the call is not; `isOverdue`: the instant it is judged by has passed. */
  leaveOpen(offeredUs: number, isOverdue: boolean, sent: number): void {
    this.#ledger.note(this.#account, isOverdue ? OVERDUE : OPEN, offeredUs, 0, sent)
  }

  /** An attempt of a call that was offered at `offeredUs` has ended. */
  endAttempt(offeredUs: number, ending: string): void {
    this.#ledger.note(this.#account, ATTEMPT + WHATS * endingNumber(ending), offeredUs, 0, 0)
  }

  post(entries: Float64Array, order: Uint32Array, from: number, until: number): void {
    for (let i = from; i < until; i++) {
      const at = order[i]!
      const code = entries[at]!
      const offeredUs = entries[at + 1]!
      const what = code % WHATS
      const isMeasured = offeredUs >= this.#warmupUs
      if (what === ATTEMPT) {
        if (isMeasured) this.countAttempt(endingOf(Math.floor(code / WHATS)))
        continue
      }
      this.timeline.offer(offeredUs)
      if (what !== OPEN) this.timeline.end(offeredUs, what === GOOD)
      if (!isMeasured) continue
      const sent = entries[at + 3]!
      this.calls.offered += 1
      if (what === OVERDUE) this.calls.overdue += 1
      if (what >= OPEN) this.countSent(sent)
      else {
        const ending = endingOf(Math.floor(code / WHATS))
        this.calls.end(ending, sent === 0, what === GOOD, entries[at + 2]! - offeredUs)
        this.countSent(sent)
        this.countOutcome(ending)
      }
    }
  }

  protected abstract countSent(sent: number): void
  protected abstract countOutcome(ending: string): void
  protected abstract countAttempt(ending: string): void
}
