import { hashText, mix, type TimerTask } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { Purpose } from '../model/purpose.ts'
import type { CallOwner } from '../model/sim-call.ts'
import type { CallerPool } from './caller-pool.ts'

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
    this.#pool.call(mix(this.#seed, this.#number), this, this.#index)
  }

  onCallEnd(): void {
    this.#think(this.#pool.world.kernel.nowUs)
  }

  #think(fromUs: number): void {
    const key = mix(mix(this.#seed, this.#number), Purpose.think)
    const atUs = fromUs + this.#thinkTime.sampleMs(key) * 1000
    if (atUs < this.#pool.workload.untilMs * 1000) this.#pool.world.kernel.at(atUs, this)
  }
}
