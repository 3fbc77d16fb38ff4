import type { Pickable } from './balancer.ts'

/** The rows by their next turn, earliest first: a binary heap over rows that keep their turns themselves. */
export class TurnHeap<Row extends Pickable> {
  readonly #rows: Row[]

  constructor(rows: readonly Row[]) {
    this.#rows = [...rows]
    for (let place = (rows.length >> 1) - 1; place >= 0; place--) this.sink(place)
  }

  /** The row at a place; 0 is the earliest's. */
  at(place: number): Row | undefined {
    return this.#rows[place]
  }

  /** The place of the second earliest, which is below the first; outside of the heap where there is none. */
  second(): number {
    const [, left, right] = this.#rows
    return right !== undefined && right.load.turn < left!.load.turn ? 2 : 1
  }

  /** Restores the order after the turn of the row at `place` has moved later. */
  sink(place: number): void {
    const rows = this.#rows
    const row = rows[place] as Row
    const { turn } = row.load
    const half = rows.length >> 1
    let hole = place
    while (hole < half) {
      let child = 2 * hole + 1
      if (child + 1 < rows.length && rows[child + 1]!.load.turn < rows[child]!.load.turn) child++
      if (rows[child]!.load.turn >= turn) break
      rows[hole] = rows[child] as Row
      hole = child
    }
    rows[hole] = row
  }
}
