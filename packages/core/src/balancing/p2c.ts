import type { Random } from '../random/random.ts'
import type { Pickable, Picker } from './balancer.ts'
import { CountingBalancer } from './counting-balancer.ts'
import { share } from './rank.ts'
import { TwoChoices } from './two-choices.ts'

/** Power of two choices on attempts in flight. */
export class P2c extends CountingBalancer {
  readonly algorithm = 'p2c'
  readonly #random: Random

  constructor(random: Random) {
    super()
    this.#random = random
  }

  picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row> {
    return new TwoChoices(rows, this.#random, lessInFlight)
  }
}

/**
 * Compares (in flight + 1) / weight, in whole units of the lighter row: a row of three times the weight is as busy with
 * three to five in flight as the other with one. Finer than that the comparison would favour the heavier row in every
 * idle moment, and at low load it would get all traffic instead of its share; so it says "equal", and the draw, which
 * is by weight, stands.
 */
function lessInFlight(first: Pickable, second: Pickable): Pickable {
  const unit = Math.min(share(first), share(second))
  const of = (row: Pickable): number => Math.floor((row.load.inFlight * unit) / share(row))
  return of(second) < of(first) ? second : first
}
