import type { LoadMonitor } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { TimeAverage } from '../recording/time-average.ts'

/**
 * The load port of a simulated instance, for inbound shedding: what the event loop is to a process, the workers are to an
 * instance of the model. Busy is the share of their time that they work; late is the longest wait for one of them. Both
 * are of the time since the reading before. Where workers are not limited nothing is ever busy.
 */
export class VirtualLoad implements LoadMonitor {
  readonly #kernel: Kernel
  readonly #workers: number
  readonly #busy = new TimeAverage(0)
  #sinceUs = 0
  #integral = 0
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
    this.#busy.set(nowUs, busy)
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
    this.#utilization = (integral - this.#integral) / passedUs / this.#workers
    this.#loopDelayMs = this.#longestUs / 1000
    this.#sinceUs = nowUs
    this.#integral = integral
    this.#longestUs = 0
  }
}
