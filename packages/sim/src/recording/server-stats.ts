import { Histogram } from './histogram.ts'
import type { Account, Ledger } from './ledger.ts'
import { TimeAverage } from './time-average.ts'

const ARRIVED = 0
const BUSY = 1
const OPEN = 2
/** How a request left: its index follows {@link LEFT}. */
const LEFT = 3
const WAYS = ['completed', 'errors', 'refused'] as const

/**
 * What one instance saw of the attempts that reached it. `arrivals = completed + errors + refused + open`, exactly. The
 * figures count from the warm-up on (by arrival); presence is kept for the whole run as well, to check Little's law.
 */
export class ServerStats implements Account {
  // What is read with every request comes first: it lies in one line of the cache.
  readonly #ledger: Ledger
  readonly #account: number
  readonly #isHeld: boolean
  arrivals = 0
  completed = 0
  errors = 0
  /** Not answered with what they asked for: no place, too long a wait, the inbound policy, or called off by their caller. */
  refused = 0
  /** Of the requests that were looked up in a cache: who found what it asked for there, and who did not. */
  hits = 0
  misses = 0
  readonly queueing: Histogram = new Histogram()
  readonly service: Histogram = new Histogram()
  readonly present: TimeAverage
  /** Workers taken, where they are told: see {@link setBusy}. */
  readonly #told: TimeAverage
  /** The time for which those who left, or are open at the end, had theirs, where they had it from beginning to end. */
  #heldUs = 0
  /** Over the whole run: the number present, and the sum of the times spent by those who left. */
  readonly presentSinceStart: TimeAverage = new TimeAverage(0)
  spentUs = 0
  /** How many requests it works on at once; `Infinity` for no limit. */
  readonly workers: number
  readonly #warmupUs: number

  /** `isHeld`: a request that has a worker has it until it leaves, so that nobody need tell how many are taken. */
  constructor(ledger: Ledger, warmupUs: number, workers: number, isHeld: boolean) {
    this.#ledger = ledger
    this.#account = ledger.open(this)
    this.workers = workers
    this.#warmupUs = warmupUs
    this.present = new TimeAverage(warmupUs)
    this.#told = new TimeAverage(warmupUs)
    this.#isHeld = isHeld
  }

  arrive(nowUs: number): void {
    this.#ledger.note(this.#account, ARRIVED, nowUs, 0, 0)
  }

  /** So many workers are taken from now on. */
  setBusy(nowUs: number, workers: number): void {
    if (this.#isHeld) return
    this.#ledger.note(this.#account, BUSY, nowUs, workers, 0)
  }

  /** `begunUs`: when a worker first took it; below 0 for never. */
  leave(nowUs: number, arrivedUs: number, begunUs: number, how: (typeof WAYS)[number]): void {
    this.#ledger.note(this.#account, LEFT + WAYS.indexOf(how), nowUs, arrivedUs, begunUs)
  }

  /** The run is over, and the request is still there. */
  leaveOpen(nowUs: number, arrivedUs: number, begunUs: number): void {
    this.#ledger.note(this.#account, OPEN, nowUs, arrivedUs, begunUs)
  }

  post(entries: Float64Array, order: Uint32Array, from: number, until: number): void {
    const warmupUs = this.#warmupUs
    for (let i = from; i < until; i++) {
      const at = order[i]!
      const what = entries[at]! | 0
      const nowUs = entries[at + 1]!
      if (what === BUSY) this.#told.set(nowUs, entries[at + 2]! | 0)
      else if (what === ARRIVED) {
        this.present.add(nowUs, 1)
        this.presentSinceStart.add(nowUs, 1)
        if (nowUs >= warmupUs) this.arrivals += 1
      } else {
        const arrivedUs = entries[at + 2]!
        if (what !== OPEN) {
          this.present.add(nowUs, -1)
          this.presentSinceStart.add(nowUs, -1)
          this.spentUs += nowUs - arrivedUs
        }
        const begunUs = entries[at + 3]!
        if (this.#isHeld && begunUs >= 0 && nowUs > warmupUs) this.#heldUs += nowUs - Math.max(begunUs, warmupUs)
        if (arrivedUs >= warmupUs) this.#measure(what, nowUs, arrivedUs, begunUs)
      }
    }
  }

  /** Workers taken, times microseconds: from the warm-up's end to that of the run, when the books are closed. */
  busyUs(endUs: number): number {
    return this.#heldUs + this.#told.integral(endUs)
  }

  #measure(what: number, nowUs: number, arrivedUs: number, begunUs: number): void {
    if (begunUs >= 0) this.queueing.recordDouble(begunUs - arrivedUs)
    if (what === OPEN) return
    const way = WAYS[what - LEFT]!
    this[way] += 1
    if (way === 'completed' && begunUs >= 0) this.service.recordDouble(nowUs - begunUs)
  }

  lookUp(arrivedUs: number, isThere: boolean): void {
    if (arrivedUs < this.#warmupUs) return
    if (isThere) this.hits += 1
    else this.misses += 1
  }
}
