import { type CallOutcome, mix, type TimerTask } from '@seakeep/core/spi'
import { Purpose } from '../model/purpose.ts'
import type { CallOwner, SimCall } from '../model/sim-call.ts'
import type { ResolvedWorkload } from '../scenario/resolved-scenario.ts'
import type { CallerPool } from './caller-pool.ts'
import type { CallTraits } from './surge.ts'

/**
 * A user who calls again when the call has failed: load that no policy of the caller makes and none can hold back. Each
 * call is offered anew, with a deadline of its own, to the same service and with the same key and class.
 */
export class RetryingUser implements CallOwner, TimerTask {
  readonly #pool: CallerPool
  readonly #retry: NonNullable<ResolvedWorkload['retry']>
  readonly #key: number
  readonly #number: number
  readonly #traits: CallTraits | undefined
  #calls = 1

  constructor(
    pool: CallerPool,
    retry: NonNullable<ResolvedWorkload['retry']>,
    key: number,
    number: number,
    traits: CallTraits | undefined,
  ) {
    this.#pool = pool
    this.#retry = retry
    this.#key = key
    this.#number = number
    this.#traits = traits
  }

  begin(): void {
    this.#pool.call(this.#key, this.#number, this, undefined, this.#traits)
  }

  onCallEnd(_call: SimCall, { ending }: CallOutcome): void {
    const { maxAttempts, after } = this.#retry
    if (ending === 'ok' || this.#calls >= maxAttempts) return
    const { world, workload } = this.#pool
    const pauseMs = after.sampleMs(mix(mix(this.#key, this.#calls), Purpose.pause))
    const atUs = world.kernel.nowUs + pauseMs * 1000
    if (atUs < workload.untilMs * 1000) world.kernel.at(atUs, this)
  }

  onTimer(): void {
    this.#calls += 1
    const key = mix(mix(this.#key, Purpose.again), this.#calls)
    const traits = { ...this.#traits, again: this.#calls, firstKey: this.#key }
    this.#pool.call(key, this.#number, this, undefined, traits)
  }
}
