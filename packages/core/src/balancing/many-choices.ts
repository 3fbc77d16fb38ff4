import { mix } from '../random/mix.ts'
import { Draw, type Random } from '../random/random.ts'
import type { Pickable, PickContext, Picker } from './balancer.ts'
import { LeastOfAll } from './least-of-all.ts'
import { rank } from './rank.ts'
import type { Preference } from './two-choices.ts'
import { WeightedDraw } from './weighted-draw.ts'

/** Draws for one choice. */
const TRIES = 8

/**
 * The best of `choices` distinct rows drawn by weight. The tail of the queues falls with each further choice, but most of
 * the gain is in the second (Mitzenmacher 2001), and what is seen here is only this client's own load.
 */
export class ManyChoices<Row extends Pickable> implements Picker<Row> {
  readonly #rows: readonly Row[]
  readonly #random: Random
  readonly #prefer: Preference
  readonly #all: LeastOfAll<Row>
  readonly #weights: WeightedDraw
  /** The rows drawn for one pick, so that none is drawn twice; written anew by each. */
  readonly #drawn: Int32Array

  constructor(rows: readonly Row[], random: Random, prefer: Preference, choices: number) {
    this.#rows = rows
    this.#random = random
    this.#prefer = prefer
    this.#weights = new WeightedDraw(rows)
    this.#drawn = new Int32Array(choices)
    this.#all = new LeastOfAll(rows, random, prefer)
  }

  pick(context: PickContext<Row>): Row | undefined {
    let best: Row | undefined
    for (let i = 0; i < this.#drawn.length; i++) {
      const index = this.#draw(context, i)
      this.#drawn[i] = index
      if (index === -1) continue
      const row = this.#rows[index] as Row
      best = best === undefined ? row : (this.#prefer(best, row, context) as Row)
    }
    return best ?? this.#all.pick(context)
  }

  /** A row of rank 0 that was not drawn yet; -1 where the tries met none. */
  #draw({ key, avoid }: PickContext<Row>, choice: number): number {
    // A key of its own for each choice: what `Draw.pick` owns would not do for ten.
    const own = mix(key, choice + 1)
    for (let i = 0; i < TRIES; i++) {
      const index = this.#weights.draw(this.#random.draw(own, Draw.pick + i))
      if (index === -1 || rank(this.#rows[index] as Row, avoid) !== 0) continue
      let isNew = true
      for (let j = 0; j < choice; j++) if (this.#drawn[j] === index) isNew = false
      if (isNew) return index
    }
    return -1
  }
}
