import type { RandomStream } from '../random/random.ts'
import type { Pickable, PickContext, Picker } from './balancer.ts'
import { CountingBalancer } from './counting-balancer.ts'
import { share } from './rank.ts'
import { TurnHeap } from './turn-heap.ts'

/** Rows that are passed over, in one pick, as they were lost since the picker was made. Their turns are nobody's. */
const SKIPS = 64

/**
 * Each row in its turn, as often as its weight says and as evenly as can be: smooth weighted round robin.
 *
 * nginx's form looks at every row for every pick. This is the earliest-deadline-first form of Envoy and of gRPC's A58: a
 * row has its next turn one step of 1/weight after its last, and the earliest turn is taken, in O(log n). Rows keep their
 * turns, so a picker that is replaced goes on where the one before stood; a row that comes back is not given the turns it
 * missed; and one whose weight has grown does not wait out its old, longer step.
 *
 * First turns are drawn, evenly over a row's first step: else all clients begin with the same rows, and every row's
 * requests come in bursts of one per client (see `round-robin.ts`).
 */
export class WeightedRoundRobin extends CountingBalancer {
  readonly algorithm = 'weighted-round-robin'
  readonly #random: RandomStream

  constructor(random: RandomStream) {
    super()
    this.#random = random
  }

  picker<Row extends Pickable>(
    rows: readonly Row[],
    _members?: readonly Row[],
    previous?: Picker<Row> | undefined,
  ): Picker<Row> {
    const sharing = rows.some((row) => row.weight > 0) ? rows.filter((row) => row.weight > 0) : rows
    const nowTurn = previous instanceof WeightedTurns ? previous.nowTurn : 0
    for (const row of sharing) {
      const step = 1 / share(row)
      const { load } = row
      if (load.turn < nowTurn) load.turn = nowTurn + this.#random.next() * step
      else load.turn = Math.min(load.turn, nowTurn + step)
    }
    return new WeightedTurns(sharing, rows, nowTurn)
  }
}

class WeightedTurns<Row extends Pickable> implements Picker<Row> {
  /** The virtual time, the latest turn that was taken; in an array, as a field would be allocated anew by each pick. */
  readonly #now: Float64Array
  readonly #heap: TurnHeap<Row>
  readonly #rows: readonly Row[]

  constructor(sharing: readonly Row[], rows: readonly Row[], nowTurn: number) {
    this.#heap = new TurnHeap(sharing)
    this.#rows = rows
    this.#now = Float64Array.of(nowTurn)
  }

  get nowTurn(): number {
    return this.#now[0]!
  }

  pick({ avoid }: PickContext<Row>): Row | undefined {
    const heap = this.#heap
    let row = heap.at(0) ?? this.#rows[0]
    for (let i = 0; i < SKIPS && heap.at(0) !== undefined; i++) {
      // Where there is no second, an operator's weight of 0 weighs more than the wish to go elsewhere.
      const place = heap.at(0) === avoid && heap.at(1) !== undefined ? heap.second() : 0
      row = heap.at(place) as Row
      const { load } = row
      // One that was passed over as the row to avoid may be behind: the time never goes back.
      if (load.turn > this.#now[0]!) this.#now[0] = load.turn
      load.turn += 1 / share(row)
      heap.sink(place)
      if (row.eligible) break
    }
    return row
  }
}
