import { type CallOutcome, hashText, mix, type TimerTask, uniform } from '@seakeep/core/spi'
import { Purpose } from '../model/purpose.ts'
import type { CallOwner, SimCall } from '../model/sim-call.ts'
import type { Arrivals } from './arrivals.ts'
import type { CallerPool } from './caller-pool.ts'
import { createArrivals, extraArrivals } from './create-arrivals.ts'
import { RetryingUser } from './retrying-user.ts'
import type { CallTraits, Load, Surge } from './surge.ts'

/**
 * An open workload: arrivals come at their own pace, whatever becomes of those before. The n-th arrival is the same call
 * with the same key under every policy.
 */
export class OpenWorkload implements TimerTask, CallOwner, Load {
  readonly #pool: CallerPool
  readonly #arrivals: Arrivals
  readonly #seed: number
  /** What the chance of all its calls follows from. */
  readonly #callSeed: number
  readonly #untilUs: number
  readonly #traits: CallTraits | undefined
  /** Surges with a factor below 1, which take calls away. */
  readonly #lulls: Set<Surge> = new Set()
  #atUs = 0
  #number = 0

  constructor(pool: CallerPool, seed: number, surge?: Surge) {
    const { workload } = pool
    const callSeed = mix(seed, hashText(workload.id))
    this.#pool = pool
    this.#seed = seed
    this.#callSeed = surge === undefined ? callSeed : mix(callSeed, surge.coin)
    this.#arrivals = surge === undefined ? createArrivals(workload, seed) : this.#extra(surge, seed)
    this.#untilUs = Math.min(workload.untilMs * 1000, surge?.untilUs ?? Number.POSITIVE_INFINITY)
    this.#traits = surge === undefined ? undefined : { tag: surge.tag, service: surge.service }
  }

  start(): void {
    const nowUs = this.#pool.world.kernel.nowUs
    do this.#atUs = this.#arrivals.next()
    while (this.#atUs < nowUs)
    this.#arm()
  }

  surge(surge: Surge): void {
    if (surge.factor > 1) new OpenWorkload(this.#pool, this.#seed, surge).start()
    else if (surge.factor < 1) this.#lulls.add(surge)
  }

  onTimer(): void {
    const number = this.#number
    const { call } = this.#arrivals
    this.#number += 1
    this.#atUs = this.#arrivals.next()
    this.#arm()
    const key = mix(this.#callSeed, number)
    const traits = call === undefined ? this.#traits : { ...this.#traits, recorded: call }
    if (this.#lulls.size > 0 && this.#isTaken(key, traits)) return
    const { retry } = this.#pool.workload
    if (retry === undefined) this.#pool.call(key, number + 1, this, undefined, traits)
    else new RetryingUser(this.#pool, retry, key, number + 1, traits).begin()
  }

  onCallEnd(_call: SimCall, _outcome: CallOutcome): void {}

  #arm(): void {
    if (this.#atUs < this.#untilUs) this.#pool.world.kernel.at(this.#atUs, this)
  }

  /** A lull has taken this call away. */
  #isTaken(key: number, traits: CallTraits | undefined): boolean {
    const { nowUs } = this.#pool.world.kernel
    let isTaken = false
    for (const lull of this.#lulls) {
      if (nowUs >= lull.untilUs) this.#lulls.delete(lull)
      else if (lull.service === undefined || lull.service === this.#pool.targetOf(key, traits).service) {
        isTaken ||= uniform(mix(key, lull.coin), Purpose.fault) >= lull.factor
      }
    }
    return isTaken
  }

  #extra({ factor, service, fromUs, untilUs, coin }: Surge, seed: number): Arrivals {
    const { workload } = this.#pool
    const isRecorded = workload.arrivals.kind === 'recorded'
    // A recording says of each call where it goes; of others a share goes to the service.
    const share = service === undefined || isRecorded ? 1 : this.#pool.shareOf(service)
    const counts = (call: { readonly to?: { readonly service: string } | undefined }): boolean =>
      service === undefined || (call.to ?? workload.to[0])?.service === service
    return extraArrivals(workload, seed, { fromUs, untilUs, share: (factor - 1) * share, coin, counts })
  }
}
