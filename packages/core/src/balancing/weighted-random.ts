import { Draw, type Random } from '../random/random.ts'
import type { Pickable, PickContext, Picker } from './balancer.ts'
import { CountingBalancer } from './counting-balancer.ts'
import { bestRank, rank, share } from './rank.ts'
import { WeightedDraw } from './weighted-draw.ts'

/** Draws before the rows are searched, which takes one more. */
const TRIES = 8

/**
 * Each attempt to any row, in proportion to weight, whatever came before. It needs no state and no agreement between
 * clients, and it is the yardstick for everything else: a queue behind it waits 1/(1 − ρ).
 */
export class WeightedRandom extends CountingBalancer {
  readonly algorithm = 'random'
  readonly #random: Random

  constructor(random: Random) {
    super()
    this.#random = random
  }

  picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row> {
    return new WeightedRandomPicker(rows, this.#random)
  }
}

class WeightedRandomPicker<Row extends Pickable> implements Picker<Row> {
  readonly #rows: readonly Row[]
  readonly #random: Random
  readonly #weights: WeightedDraw

  constructor(rows: readonly Row[], random: Random) {
    this.#rows = rows
    this.#random = random
    this.#weights = new WeightedDraw(rows)
  }

  pick({ key, avoid }: PickContext<Row>): Row | undefined {
    const rows = this.#rows
    if (rows.length < 2) return rows[0]
    for (let i = 0; i < TRIES; i++) {
      const row = rows[this.#weights.draw(this.#random.draw(key, Draw.pick + i))]
      if (row !== undefined && rank(row, avoid) === 0) return row
    }
    return this.#search(this.#random.draw(key, Draw.pick + TRIES), avoid)
  }

  /** The same by looking at all rows: where one row, to be avoided, holds nearly all the weight. */
  #search(u: number, avoid: Row | undefined): Row | undefined {
    const rows = this.#rows
    const wanted = bestRank(rows, avoid)
    let total = 0
    for (const row of rows) if (rank(row, avoid) === wanted) total += share(row)
    let left = u * total
    let last: Row | undefined
    for (const row of rows) {
      if (rank(row, avoid) !== wanted) continue
      last = row
      left -= share(row)
      if (left < 0) break
    }
    return last
  }
}
