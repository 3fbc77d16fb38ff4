import type { Random } from '../random/random.ts'
import type { Balancer, Load, Pickable, Picker } from './balancer.ts'
import { holdFailure, unfailed } from './failure-tier.ts'
import { LeastOfAll } from './least-of-all.ts'
import { ManyChoices } from './many-choices.ts'
import { share } from './rank.ts'
import { type Preference, TwoChoices } from './two-choices.ts'

export interface LeastRequestOptions {
  /** Rows compared for each attempt, or all of them. */
  readonly choices: number | 'all'
  /** How much attempts in flight count against weight; 0: not at all. */
  readonly bias: number
}

/**
 * The least busy of a few rows drawn by weight (Envoy's least request, gRPC A48: two by default), or of all.
 *
 * Envoy gives a row the weight w / (active + 1)^bias, so the row with the least (active + 1)^bias / w is wanted. Both are
 * drawn by weight already; compared that finely the heavier of two idle rows would win always and get everything. So
 * the excess over an idle row, ((active + 1)^bias − 1) / w, is compared in whole units of the lighter one, and where it
 * is equal the draw stands: shares hold while idle, and among equal weights fewer in flight win.
 *
 * Attempts that fail at once leave nothing in flight: see `failure-tier.ts`.
 */
export class LeastRequest implements Balancer {
  readonly algorithm: string = 'least-request'
  readonly #random: Random
  readonly #choices: number | 'all'
  readonly #bias: number
  readonly #prefer: Preference

  constructor(random: Random, { choices, bias }: LeastRequestOptions) {
    this.#random = random
    this.#choices = choices
    this.#bias = bias
    this.#prefer = preferLess(bias)
  }

  picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row> {
    const choices = this.#choices
    if (choices === 2) return new TwoChoices(rows, this.#random, this.#prefer)
    if (choices !== 'all' && choices < rows.length) {
      return new ManyChoices(rows, this.#random, this.#prefer, choices)
    }
    return new LeastOfAll(rows, this.#random, this.#prefer, this.#bias > 0)
  }

  onSend(load: Load): void {
    load.inFlight++
  }

  onAnswer(load: Load): void {
    load.failedUntilMs = 0
  }

  onEnd(load: Load, isFailure: boolean, retryAfterMs: number | undefined, nowMs: number): void {
    load.inFlight--
    if (isFailure) holdFailure(load, retryAfterMs, nowMs)
  }
}

function preferLess(bias: number): Preference {
  const excess: (load: Load) => number =
    bias === 1 ? (load) => load.inFlight : (load) => (load.inFlight + 1) ** bias - 1
  return (first, second, { nowMs }) => {
    const better = unfailed(first, second, nowMs)
    if (better !== undefined) return better
    const unit = Math.min(share(first), share(second))
    const busier = Math.floor((excess(first.load) * unit) / share(first))
    return Math.floor((excess(second.load) * unit) / share(second)) < busier ? second : first
  }
}
