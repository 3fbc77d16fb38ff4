import type { RandomStream } from '../random/random.ts'
import type { Pickable, PickContext, Picker } from './balancer.ts'
import { CountingBalancer } from './counting-balancer.ts'
import { bestRank, rank } from './rank.ts'

/**
 * Each row in its turn. Weights are not looked at, except that 0 means no traffic.
 *
 * The start is drawn: clients that all begin with the first row march in step, and each server gets its requests in
 * bursts of one per client (1,000 clients, 50 servers, 90 % busy: ten times the waiting). A replaced picker goes on
 * where the one before stood. A row that is passed over gives its turn to nobody: the turn after it is the next row's
 * own, so no neighbour of a sick row gets twice its share.
 */
export class RoundRobin extends CountingBalancer {
  readonly algorithm = 'round-robin'
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
    const before = previous instanceof RoundRobinPicker ? previous.comingUp() : []
    const start = placeOfFirst(before, rows) ?? (rows.length === 0 ? 0 : Math.floor(this.#random.next() * rows.length))
    return new RoundRobinPicker(rows, start)
  }
}

/** Where the first of `before` that is still there stands in `rows`. */
function placeOfFirst(before: readonly Pickable[], rows: readonly Pickable[]): number | undefined {
  if (before.length === 0) return undefined
  const places = new Map(rows.map((row, index) => [row, index]))
  const first = before.find((row) => places.has(row))
  return first === undefined ? undefined : places.get(first)
}

class RoundRobinPicker<Row extends Pickable> implements Picker<Row> {
  readonly #rows: readonly Row[]
  #next: number

  constructor(rows: readonly Row[], next: number) {
    this.#rows = rows
    this.#next = next
  }

  /** The rows in the order of their turns. */
  comingUp(): readonly Pickable[] {
    return [...this.#rows.slice(this.#next), ...this.#rows.slice(0, this.#next)]
  }

  pick({ avoid }: PickContext<Row>): Row | undefined {
    if (this.#rows.length === 0) return undefined
    return this.#nextOf(0, avoid) ?? this.#nextOf(bestRank(this.#rows, avoid), avoid)
  }

  #nextOf(wanted: number, avoid: Row | undefined): Row | undefined {
    const rows = this.#rows
    let place = this.#next
    for (let i = 0; i < rows.length; i++, place++) {
      if (place >= rows.length) place = 0
      const row = rows[place] as Row
      if (rank(row, avoid) !== wanted) continue
      this.#next = place + 1
      return row
    }
    return undefined
  }
}
