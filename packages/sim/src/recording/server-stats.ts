import { Histogram } from './histogram.ts'
import { TimeAverage } from './time-average.ts'

/**
 * What one instance saw of the attempts that reached it. `arrivals = completed + errors + refused + open`, exactly. The
 * figures count from the warm-up on (by arrival); presence is kept for the whole run as well, to check Little's law.
 */
export class ServerStats {
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
  readonly busy: TimeAverage
  /** Over the whole run: the number present, and the sum of the times spent by those who left. */
  readonly presentSinceStart: TimeAverage = new TimeAverage(0)
  spentUs = 0
  /** How many requests it works on at once; `Infinity` for no limit. */
  readonly workers: number
  readonly #warmupUs: number

  constructor(warmupUs: number, workers: number) {
    this.workers = workers
    this.#warmupUs = warmupUs
    this.present = new TimeAverage(warmupUs)
    this.busy = new TimeAverage(warmupUs)
  }

  arrive(nowUs: number): void {
    this.present.add(nowUs, 1)
    this.presentSinceStart.add(nowUs, 1)
    if (nowUs >= this.#warmupUs) this.arrivals += 1
  }

  begin(nowUs: number, arrivedUs: number): void {
    if (arrivedUs >= this.#warmupUs) this.queueing.record(nowUs - arrivedUs)
  }

  lookUp(arrivedUs: number, isThere: boolean): void {
    if (arrivedUs < this.#warmupUs) return
    if (isThere) this.hits += 1
    else this.misses += 1
  }

  leave(nowUs: number, arrivedUs: number, begunUs: number, how: 'completed' | 'errors' | 'refused'): void {
    this.present.add(nowUs, -1)
    this.presentSinceStart.add(nowUs, -1)
    this.spentUs += nowUs - arrivedUs
    if (arrivedUs < this.#warmupUs) return
    this[how] += 1
    if (how === 'completed' && begunUs >= 0) this.service.record(nowUs - begunUs)
  }
}
