import type { LoadMonitor } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { TimeAverage } from '../recording/time-average.ts'

/**
 * The load port of a simulated instance, for inbound shedding: what the event loop is to a process, the workers are to an
 * instance of the model. Busy is the share of their time that they work; late is the longest wait for one of them. Both
 * are of the time since the reading before. Where workers are not limited nothing is ever busy. An instance that is said to
 * have an event loop has that one worker: busy while it runs or collects garbage, late as long as a piece of work was ready
 * before it had its turn.
 */
export class VirtualLoad implements LoadMonitor {
  readonly #kernel: Kernel
  #workers: number
  readonly #busy = new TimeAverage(0)
  #sinceUs = 0
  #integral = 0
  /** What the workers there were before have done since the reading before, over their number; in µs. */
  #earlierUs = 0
  #longestUs = 0
  #utilization = 0
  #loopDelayMs = 0

  constructor(kernel: Kernel, workers: number) {
    this.#kernel = kernel
    this.#workers = workers
    this.#sinceUs = kernel.nowUs
  }

  get utilization(): number {
    this.#read()
    return this.#utilization
  }

  get loopDelayMs(): number {
    this.#read()
    return this.#loopDelayMs
  }

  /** So many workers are at work from now on. */
  setBusy(nowUs: number, busy: number): void {
    this.#busy.set(nowUs, Math.min(busy, this.#workers))
  }

  /** So many workers there are from now on. */
  setWorkers(nowUs: number, workers: number): void {
    const integral = this.#busy.integral(nowUs)
    this.#earlierUs += (integral - this.#integral) / this.#workers
    this.#integral = integral
    this.#workers = Math.max(1, workers)
  }

  /** A request has found a worker. */
  begin(waitedUs: number): void {
    if (waitedUs > this.#longestUs) this.#longestUs = waitedUs
  }

  #read(): void {
    const { nowUs } = this.#kernel
    const passedUs = nowUs - this.#sinceUs
    if (passedUs === 0) return
    const integral = this.#busy.integral(nowUs)
    this.#utilization = (integral - this.#integral) / passedUs / this.#workers + this.#earlierUs / passedUs
    this.#earlierUs = 0
    this.#loopDelayMs = this.#longestUs / 1000
    this.#sinceUs = nowUs
    this.#integral = integral
    this.#longestUs = 0
  }
}
