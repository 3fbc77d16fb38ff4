import { hashText, mix, type TimerTask } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { Purpose } from '../model/purpose.ts'
import type { CallOwner } from '../model/sim-call.ts'
import type { CallerPool } from './caller-pool.ts'

/**
 * The shortest way from one call of a user to its next, where neither the call nor thinking took any time (it was refused
 * by the caller's own breaker): without it such users would call for ever in one instant.
 */
const LEAST_ROUND_US = 1000

/** A closed workload: each user thinks, calls, waits for the end, and thinks again. */
export class ClosedWorkload {
  readonly #users: readonly User[]

  constructor(pool: CallerPool, users: number, thinkTime: Distribution, seed: number) {
    const workloadSeed = mix(seed, hashText(pool.workload.id))
    this.#users = Array.from({ length: users }, (_, i) => new User(pool, thinkTime, mix(workloadSeed, i), i))
  }

  start(): void {
    for (const user of this.#users) user.begin()
  }
}

class User implements TimerTask, CallOwner {
  readonly #pool: CallerPool
  readonly #thinkTime: Distribution
  readonly #seed: number
  readonly #index: number
  #number = 0
  #calledUs = Number.NEGATIVE_INFINITY

  constructor(pool: CallerPool, thinkTime: Distribution, seed: number, index: number) {
    this.#pool = pool
    this.#thinkTime = thinkTime
    this.#seed = seed
    this.#index = index
  }

  begin(): void {
    this.#think(this.#pool.workload.fromMs * 1000)
  }

  onTimer(): void {
    this.#number += 1
    this.#calledUs = this.#pool.world.kernel.nowUs
    this.#pool.call(mix(this.#seed, this.#number), this.#number, this, this.#index)
  }

  onCallEnd(): void {
    this.#think(this.#pool.world.kernel.nowUs)
  }

  #think(fromUs: number): void {
    const key = mix(mix(this.#seed, this.#number), Purpose.think)
    const thoughtUs = fromUs + this.#thinkTime.sampleMs(key) * 1000
    const atUs = thoughtUs > this.#calledUs ? thoughtUs : this.#calledUs + LEAST_ROUND_US
    if (atUs < this.#pool.workload.untilMs * 1000) this.#pool.world.kernel.at(atUs, this)
  }
}
