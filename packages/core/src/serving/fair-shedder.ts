/**
 * Decides which callers of one class are refused when a share of it has to be: those who ask for most. Each caller gets
 * up to the same number of requests, and what the small ones leave over goes to the others (max-min fairness), so that a
 * tenant with five thousand requests a second does not take the place of one with two hundred.
 *
 * What each asked for in the last interval says what is fair in this one. Nothing is drawn: a caller who may have two
 * requests of three is refused every third.
 */
interface Row {
  /** Requests in this interval, and in the one before. */
  asked: number
  before: number
  /** Share of this caller's requests that is refused; and what is owed of it so far. */
  refused: number
  owed: number
}

/** Callers told apart; those beyond share one row. */
const MOST_CALLERS = 1000
const ALL_OTHERS = '\0others'

export class FairShedder {
  readonly #rows: Map<string, Row> = new Map()
  /** Share that is refused of who was not there in the last interval. */
  #refusedOfNew = 0

  /** Counts a request and says whether it is refused. Allocates for a caller not seen in the last interval only. */
  refuses(caller: string): boolean {
    const row = this.#rows.get(caller) ?? this.#add(caller)
    row.asked++
    row.owed += row.refused
    if (row.owed < 1) return false
    row.owed--
    return true
  }

  /** A new interval: of what was asked for in the last the share `ratio` is too much. */
  divide(ratio: number): void {
    let asked = 0
    for (const [caller, row] of this.#rows) {
      if (row.asked === 0 && row.before === 0) this.#rows.delete(caller)
      // Two intervals, so that one which happens to be quiet does not make a caller a small one.
      asked += row.asked + row.before
    }
    const level = fairLevel(
      [...this.#rows.values()].map((row) => row.asked + row.before),
      asked * (1 - ratio),
    )
    this.#refusedOfNew = ratio >= 1 ? 1 : 0
    for (const row of this.#rows.values()) {
      const both = row.asked + row.before
      row.refused = both <= level ? 0 : 1 - level / both
      if (row.refused === 0) row.owed = 0
      row.before = row.asked
      row.asked = 0
    }
  }

  #add(caller: string): Row {
    const name = this.#rows.size < MOST_CALLERS ? caller : ALL_OTHERS
    const row = this.#rows.get(name) ?? { asked: 0, before: 0, refused: this.#refusedOfNew, owed: 0 }
    this.#rows.set(name, row)
    return row
  }
}

/** The number up to which each may have what it asks for, so that all together have `total`. */
export function fairLevel(asked: readonly number[], total: number): number {
  const rising = [...asked].sort((a, b) => a - b)
  let left = total
  for (const [i, one] of rising.entries()) {
    const share = left / (rising.length - i)
    if (one > share) return Math.max(0, share)
    left -= one
  }
  return Number.POSITIVE_INFINITY
}
