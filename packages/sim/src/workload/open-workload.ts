import type { RandomStream } from '@seakeep/core'
import { hashText, mix, type TimerTask } from '@seakeep/core/spi'
import type { CallOwner } from '../model/sim-call.ts'
import type { CallerPool } from './caller-pool.ts'

/**
 * An open workload: arrivals come at their own pace, whatever becomes of those before. The n-th arrival is the same call
 * with the same key under every policy.
 */
export class OpenWorkload implements TimerTask, CallOwner {
  readonly #pool: CallerPool
  readonly #gaps: RandomStream | undefined
  readonly #gapUs: number
  readonly #untilUs: number
  readonly #seed: number
  /** Exact, so that rounding to whole µs does not add up. */
  #atUs: number
  #number = 0

  /** `gaps` draws exponential gaps; without it they are all alike. */
  constructor(pool: CallerPool, ratePerSecond: number, seed: number, gaps: RandomStream | undefined) {
    const { id, fromMs, untilMs } = pool.workload
    this.#pool = pool
    this.#gaps = gaps
    this.#gapUs = 1e6 / ratePerSecond
    this.#atUs = fromMs * 1000
    this.#untilUs = untilMs * 1000
    this.#seed = mix(seed, hashText(id))
  }

  start(): void {
    if (this.#gapUs === Number.POSITIVE_INFINITY) return
    if (this.#gaps !== undefined) this.#atUs += this.#nextGapUs(this.#gaps)
    this.#arm()
  }

  onTimer(): void {
    const number = this.#number
    this.#number += 1
    this.#atUs += this.#gaps === undefined ? this.#gapUs : this.#nextGapUs(this.#gaps)
    this.#arm()
    this.#pool.call(mix(this.#seed, number), number + 1, this)
  }

  onCallEnd(): void {}

  #arm(): void {
    if (this.#atUs < this.#untilUs) this.#pool.world.kernel.at(this.#atUs, this)
  }

  #nextGapUs(gaps: RandomStream): number {
    return -Math.log(1 - gaps.next()) * this.#gapUs
  }
}
