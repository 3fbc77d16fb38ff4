import { Draw, type Random } from '../random/random.ts'
import type { Pickable, PickContext, Picker } from './balancer.ts'
import { bestRank, rank, share } from './rank.ts'
import { WeightedDraw } from './weighted-draw.ts'

/**
 * Which of two rows gets the attempt. The first was drawn first: where nothing speaks for the second, it is taken. The time
 * comes in an object, as a number that is no integer would be allocated for the call.
 */
export type Preference = (first: Pickable, second: Pickable, at: { readonly nowMs: number }) => Pickable

/** Draws for one choice before the rows are searched, which takes one more. */
const TRIES = 8
/** What the draws are for: the numbers that `Draw.pick` owns hold both. */
const FIRST: number = Draw.pick
const SECOND: number = Draw.pick + TRIES + 1
const NONE = -1

/**
 * The power of two choices (Mitzenmacher 2001): two rows at random, the better one gets it. Near the balance of asking
 * all, at the price of asking two, and without the herd that follows when many clients see the same best one.
 *
 * The two are distinct: drawn with repeats, a share of 1/n of the picks would have no choice at all. They are drawn in
 * proportion to weight, so that weights hold at any load, also while nothing is in flight, and with any number of rows
 * (drawn evenly, none could ever get more than 2/n). All draws are keyed by the attempt.
 *
 * A draw that meets a row of a lower rank, or the first one again, is repeated a few times; then the rows are searched,
 * which is exact and slower, and rare unless one row holds most of the weight.
 */
export class TwoChoices<Row extends Pickable> implements Picker<Row> {
  readonly #rows: readonly Row[]
  readonly #random: Random
  readonly #prefer: Preference
  readonly #weights: WeightedDraw

  constructor(rows: readonly Row[], random: Random, prefer: Preference) {
    this.#rows = rows
    this.#random = random
    this.#prefer = prefer
    this.#weights = new WeightedDraw(rows)
  }

  pick(context: PickContext<Row>): Row | undefined {
    const rows = this.#rows
    if (rows.length < 2) return rows[0]
    let first = this.#draw(context, FIRST, NONE)
    if (first === NONE) first = this.#search(context, FIRST, NONE)
    let second = this.#draw(context, SECOND, first)
    if (second === NONE) second = this.#search(context, SECOND, first)
    const row = rows[first] as Row
    return second === NONE ? row : (this.#prefer(row, rows[second] as Row, context) as Row)
  }

  /** The index of a row of rank 0 beside `other`, in proportion to weight; `NONE` where the tries did not meet one. */
  #draw(context: PickContext<Row>, purpose: number, other: number): number {
    for (let i = 0; i < TRIES; i++) {
      const index = this.#weights.draw(this.#random.draw(context.key, purpose + i), other)
      if (index !== NONE && rank(this.#rows[index] as Row, context.avoid) === 0) return index
    }
    return NONE
  }

  /** The same by looking at all rows, for any rank; `NONE` where `other` is the only one of its rank. */
  #search({ key, avoid }: PickContext<Row>, purpose: number, other: number): number {
    const rows = this.#rows
    const wanted = other === NONE ? bestRank(rows, avoid) : rank(rows[other] as Row, avoid)
    let total = 0
    for (let i = 0; i < rows.length; i++) {
      if (i !== other && rank(rows[i] as Row, avoid) === wanted) total += share(rows[i] as Row)
    }
    let left = this.#random.draw(key, purpose + TRIES) * total
    let last = NONE
    for (let i = 0; i < rows.length && left >= 0; i++) {
      if (i === other || rank(rows[i] as Row, avoid) !== wanted) continue
      last = i
      left -= share(rows[i] as Row)
    }
    return last
  }
}
