import { hashText, mix, type TimerTask } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { Purpose } from '../model/purpose.ts'
import type { CallOwner } from '../model/sim-call.ts'
import type { CallerPool } from './caller-pool.ts'
import type { CallTraits, Load, Surge } from './surge.ts'

/**
 * The shortest way from one call of a user to its next, where neither the call nor thinking took any time (it was refused
 * by the caller's own breaker): without it such users would call for ever in one instant.
 */
const LEAST_ROUND_US = 1000

/** A closed workload: each user thinks, calls, waits for the end, and thinks again. */
export class ClosedWorkload implements Load {
  readonly #pool: CallerPool
  readonly #thinkTime: Distribution
  readonly #seed: number
  readonly #users: readonly User[]

  constructor(pool: CallerPool, users: number, thinkTime: Distribution, seed: number) {
    this.#pool = pool
    this.#thinkTime = thinkTime
    this.#seed = mix(seed, hashText(pool.workload.id))
    this.#users = Array.from({ length: users }, (_, i) => new User(pool, thinkTime, mix(this.#seed, i), i))
  }

  start(): void {
    for (const user of this.#users) user.begin()
  }

  /** More users for a while, or some of them away: those with the highest numbers. */
  surge(surge: Surge): void {
    const users = Math.round(this.#users.length * surge.factor)
    for (const user of this.#users.slice(users)) user.rest(surge.untilUs)
    const seed = mix(this.#seed, surge.coin)
    for (let i = this.#users.length; i < users; i++) {
      new User(this.#pool, this.#thinkTime, mix(seed, i), i, surge).begin()
    }
  }
}

class User implements TimerTask, CallOwner {
  readonly #pool: CallerPool
  readonly #thinkTime: Distribution
  readonly #seed: number
  readonly #index: number
  readonly #fromUs: number
  readonly #untilUs: number
  readonly #traits: CallTraits | undefined
  #number = 0
  #calledUs = Number.NEGATIVE_INFINITY
  /** Away until then. */
  #restsUntilUs = 0

  constructor(pool: CallerPool, thinkTime: Distribution, seed: number, index: number, surge?: Surge) {
    const { fromMs, untilMs } = pool.workload
    this.#pool = pool
    this.#thinkTime = thinkTime
    this.#seed = seed
    this.#index = index
    this.#fromUs = Math.max(fromMs * 1000, surge?.fromUs ?? 0)
    this.#untilUs = Math.min(untilMs * 1000, surge?.untilUs ?? Number.POSITIVE_INFINITY)
    this.#traits = surge === undefined ? undefined : { tag: surge.tag, service: surge.service }
  }

  begin(): void {
    this.#think(this.#fromUs)
  }

  /** Makes no call until then. */
  rest(untilUs: number): void {
    this.#restsUntilUs = Math.max(this.#restsUntilUs, untilUs)
  }

  onTimer(): void {
    const { nowUs } = this.#pool.world.kernel
    if (nowUs < this.#restsUntilUs) return this.#callAt(this.#restsUntilUs)
    this.#number += 1
    this.#calledUs = nowUs
    this.#pool.call(mix(this.#seed, this.#number), this.#number, this, this.#index, this.#traits)
  }

  onCallEnd(): void {
    this.#think(this.#pool.world.kernel.nowUs)
  }

  #think(fromUs: number): void {
    const key = mix(mix(this.#seed, this.#number), Purpose.think)
    const thoughtUs = fromUs + this.#thinkTime.sampleMs(key) * 1000
    this.#callAt(thoughtUs > this.#calledUs ? thoughtUs : this.#calledUs + LEAST_ROUND_US)
  }

  #callAt(atUs: number): void {
    if (atUs < this.#untilUs) this.#pool.world.kernel.at(atUs, this)
  }
}
