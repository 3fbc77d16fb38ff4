import { Draw, type Random } from '../random/random.ts'
import type { Pickable, PickContext, Picker } from './balancer.ts'
import { rank } from './rank.ts'
import type { Preference } from './two-choices.ts'
import { WeightedDraw } from './weighted-draw.ts'

/**
 * The best of all rows of the best rank, found by looking at each: join the shortest queue, as far as one client sees it.
 * The only pick whose cost grows with the rows (a few ns each where weights are equal), and with many clients it is hardly
 * better than two choices (oracle L6).
 *
 * Among rows that nothing tells apart the choice is drawn, by weight: clients that all took the first would march in step.
 */
export class LeastOfAll<Row extends Pickable> implements Picker<Row> {
  readonly #rows: readonly Row[]
  readonly #random: Random
  readonly #prefer: Preference
  readonly #countsOnly: boolean
  readonly #weights: WeightedDraw

  /** With `countsOnly`, among equal weights fewer attempts in flight win, as `prefer` would find. */
  constructor(rows: readonly Row[], random: Random, prefer: Preference, countsOnly = false) {
    this.#rows = rows
    this.#random = random
    this.#prefer = prefer
    this.#weights = new WeightedDraw(rows)
    this.#countsOnly = countsOnly && this.#weights.isEven
  }

  pick(context: PickContext<Row>): Row | undefined {
    if (this.#rows.length < 2) return this.#rows[0]
    const u = this.#random.draw(context.key, Draw.pick)
    return this.#countsOnly ? this.#fewest(context, u) : this.#preferred(context, Math.max(0, this.#weights.draw(u)))
  }

  #preferred(context: PickContext<Row>, start: number): Row {
    const { avoid } = context
    const rows = this.#rows
    let best = rows[start] as Row
    let bestRank = rank(best, avoid)
    for (let i = 1, place = start; i < rows.length; i++) {
      place = place + 1 === rows.length ? 0 : place + 1
      const row = rows[place] as Row
      const own = rank(row, avoid)
      if (own > bestRank) continue
      best = own < bestRank ? row : (this.#prefer(best, row, context) as Row)
      bestRank = own
    }
    return best
  }

  /** Among equals each is as likely: the k-th takes the place of those before with a chance of 1/k. */
  #fewest({ avoid, nowMs }: PickContext<Row>, u: number): Row {
    const rows = this.#rows
    let chance = u * 4294967296
    let best = 0
    let equals = 0
    let least = Number.POSITIVE_INFINITY
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place] as Row
      const { load } = row
      // Rank before failures before what is in flight, as one number.
      const cost = load.inFlight + (nowMs < load.failedUntilMs ? 1e9 : 0) + 1e10 * rank(row, avoid)
      if (cost > least) continue
      if (cost < least) {
        least = cost
        best = place
        equals = 1
        continue
      }
      // A linear congruential generator (Numerical Recipes): one draw of the call's makes all of these.
      chance = (Math.imul(chance, 1664525) + 1013904223) >>> 0
      if (chance * ++equals < 4294967296) best = place
    }
    return rows[best] as Row
  }
}
