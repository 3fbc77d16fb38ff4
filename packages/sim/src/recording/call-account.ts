import { CallStats } from './call-stats.ts'
import { endingNumber, endingOf } from './facts.ts'
import type { Account, Ledger } from './ledger.ts'
import type { Timeline } from './timeline.ts'

const ENDED = 0
const GOOD = 1
const OPEN = 2
const OVERDUE = 3
const ATTEMPT = 4
const OF_WHAT = 7
/** The first number of a note is what it says, then in 6 bits each how the call has ended and, plus 1, how an attempt has. */
const ENDING = 3
const ATTEMPT_ENDING = 9
const OF_ENDING = 63

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

  /**
   * `sent`: attempts. `attempt`: how one of them has ended, where {@link endAttempt} was not told of it. Most calls have
   * one, and so are one note.
   */
  end(offeredUs: number, endedUs: number, ending: string, isGood: boolean, sent: number, attempt?: string): void {
    const what = (isGood ? GOOD : ENDED) | (endingNumber(ending) << ENDING)
    this.#ledger.note(this.#account, what | bitsOf(attempt), offeredUs, endedUs, sent)
  }

  /** The run is over, and the call is not; `isOverdue`: the instant it is judged by has passed. */
  leaveOpen(offeredUs: number, isOverdue: boolean, sent: number, attempt?: string): void {
    this.#ledger.note(this.#account, (isOverdue ? OVERDUE : OPEN) | bitsOf(attempt), offeredUs, 0, sent)
  }

  /** An attempt of a call that was offered at `offeredUs` has ended. */
  endAttempt(offeredUs: number, ending: string): void {
    this.#ledger.note(this.#account, ATTEMPT | bitsOf(ending), offeredUs, 0, 0)
  }

  post(entries: Float64Array, order: Uint32Array, from: number, until: number): void {
    for (let i = from; i < until; i++) {
      const at = order[i]!
      const code = entries[at]! | 0
      const offeredUs = entries[at + 1]!
      const what = code & OF_WHAT
      const isMeasured = offeredUs >= this.#warmupUs
      const attempt = code >>> ATTEMPT_ENDING
      if (isMeasured && attempt > 0) this.countAttempt(attempt - 1)
      if (what === ATTEMPT) continue
      this.timeline.offer(offeredUs)
      if (what !== OPEN) this.timeline.end(offeredUs, what === GOOD)
      if (!isMeasured) continue
      const sent = entries[at + 3]!
      this.calls.offered += 1
      this.countSent(sent)
      if (what === OVERDUE) this.calls.overdue += 1
      if (what >= OPEN) continue
      const ending = (code >>> ENDING) & OF_ENDING
      this.calls.end(endingOf(ending), sent === 0, what === GOOD, entries[at + 2]! - offeredUs)
      this.countOutcome(ending)
    }
  }

  protected abstract countSent(sent: number): void
  /** How a call has ended, and an attempt: by the numbers of endings. */
  protected abstract countOutcome(ending: number): void
  protected abstract countAttempt(ending: number): void
}

function bitsOf(attempt: string | undefined): number {
  return attempt === undefined ? 0 : (1 + endingNumber(attempt)) << ATTEMPT_ENDING
}
