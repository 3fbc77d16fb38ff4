import type { RandomStream } from '@seakeep/core'
import type { RecordedCall } from '../scenario/resolved-arrivals.ts'
import type { Pace } from './pace.ts'

/** When the calls of an open workload come. Depends on nothing but its own stream of chance: on no policy, and no answer. */
export interface Arrivals {
  /** The instant of the next, in µs of virtual time, not rounded; never before the last one, `Infinity` for no more. */
  next(): number
  /** What is known of the call that came last, where not all are alike. */
  readonly call?: RecordedCall | undefined
}

/** At a rate that stays as it is. */
export class SteadyArrivals implements Arrivals {
  readonly #gapUs: number
  readonly #gaps: RandomStream | undefined
  /** Exact, so that rounding to whole µs does not add up. */
  #atUs: number
  #isFirst = true

  /** `gaps` draws exponential gaps; without it they are all alike, and the first call comes at once. */
  constructor(fromUs: number, ratePerSecond: number, gaps: RandomStream | undefined) {
    this.#atUs = fromUs
    this.#gapUs = 1e6 / ratePerSecond
    this.#gaps = gaps
  }

  next(): number {
    if (this.#gaps !== undefined) this.#atUs += -Math.log(1 - this.#gaps.next()) * this.#gapUs
    else if (!this.#isFirst) this.#atUs += this.#gapUs
    this.#isFirst = false
    return this.#atUs
  }
}

/** At a rate that changes. */
export class PacedArrivals implements Arrivals {
  readonly #pace: Pace
  readonly #gaps: RandomStream | undefined
  readonly #share: number
  #drawn = 0
  #number = 0

  /** `share`: of the calls that are due by the pace; above 1 more of them. */
  constructor(pace: Pace, gaps: RandomStream | undefined, share: number = 1) {
    this.#pace = pace
    this.#gaps = gaps
    this.#share = share
  }

  next(): number {
    if (this.#gaps === undefined) return this.#pace.whenDue(this.#number++ / this.#share)
    this.#drawn += -Math.log(1 - this.#gaps.next())
    return this.#pace.whenDue(this.#drawn / this.#share)
  }
}

/** As they were recorded. */
export class RecordedArrivals implements Arrivals {
  readonly #fromUs: number
  readonly #calls: readonly RecordedCall[]
  #number = 0

  constructor(fromUs: number, calls: readonly RecordedCall[]) {
    this.#fromUs = fromUs
    this.#calls = calls
  }

  next(): number {
    const next = this.#calls[this.#number++]
    return next === undefined ? Number.POSITIVE_INFINITY : this.#fromUs + next.atMs * 1000
  }

  get call(): RecordedCall | undefined {
    return this.#calls[this.#number - 1]
  }
}
