import type { Job } from '../workplace.ts'
import { JobList } from './job-list.ts'
import type { Line } from './line.ts'

const TARGET_US = 5_000
const INTERVAL_US = 100_000
/** Who has waited longer under overload is given up ("slough" timeout). */
const SLOUGH_US = 2 * TARGET_US

/**
 * Controlled delay (folly Codel.h; "Fail at Scale", queue.acm.org/detail.cfm?id=2839461): where the *shortest* wait of a
 * whole interval was above the target the line is overloaded, not only met by a burst. Then, for the next interval, who has
 * waited above twice the target is refused. The waits looked at are those of the head of the line, and of those who find a
 * worker free, which are 0.
 *
 * Served is whoever came first: to serve the newest under overload is the discipline `lifo`.
 *
 * Whoever comes back after its calls waits in the same order and is never given up.
 */
export class ControlledDelayLine implements Line {
  readonly seesAll = true
  readonly #fresh = new JobList()
  readonly #returned = new JobList()
  #isOverloaded = false
  #shortestUs = 0
  #intervalEndsUs = 0

  get size(): number {
    return this.#fresh.size + this.#returned.size
  }

  join(job: Job, nowUs: number): void {
    job.joinedUs = nowUs
    // Who comes back stands apart, so that it is not in the way of who may be given up.
    if (job.begunUs < 0) this.#fresh.join(job)
    else this.#returned.join(job)
  }

  leave(job: Job): void {
    job.inLine?.leave(job)
  }

  giveUp(nowUs: number): Job | undefined {
    const head = this.#fresh.first
    if (head === undefined) return undefined
    const waitedUs = nowUs - head.joinedUs
    const isFirst = this.#observe(waitedUs, nowUs)
    // The first wait of an interval is compared with nothing yet.
    if (isFirst || !this.#isOverloaded || waitedUs <= SLOUGH_US) return undefined
    return this.#fresh.shift()
  }

  next(): Job | undefined {
    const [fresh, returned] = [this.#fresh, this.#returned]
    return joined(returned.first) <= joined(fresh.first) ? returned.shift() : fresh.shift()
  }

  /** True for the first wait of an interval. */
  #observe(waitedUs: number, nowUs: number): boolean {
    const isFirst = nowUs >= this.#intervalEndsUs
    if (isFirst) {
      this.#isOverloaded = this.#shortestUs > TARGET_US
      this.#intervalEndsUs = nowUs + INTERVAL_US
      this.#shortestUs = waitedUs
    } else if (waitedUs < this.#shortestUs) this.#shortestUs = waitedUs
    return isFirst
  }
}

function joined(job: Job | undefined): number {
  return job === undefined ? Number.POSITIVE_INFINITY : job.joinedUs
}
