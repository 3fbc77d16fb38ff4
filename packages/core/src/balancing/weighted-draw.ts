import type { Pickable } from './balancer.ts'

/**
 * One row in proportion to weight, from one uniform number, in O(1): Walker's alias method in Vose's form (Vose 1991, "A
 * linear algorithm for generating random numbers with a given distribution"). Of n equal slices each belongs to one row
 * up to `limit`, and to one other, its alias, above it.
 *
 * Where all weights are equal no table is kept. The table is that of the weights as they were when it was made: a row
 * that has become lighter since is refused by a coin, down to never; one that has become heavier waits for the next.
 */
export class WeightedDraw {
  readonly #rows: readonly Pickable[]
  /** The weight of all rows, where they are equal. */
  readonly #even: number = 0
  readonly #built: Float64Array | undefined
  readonly #limit: Float64Array | undefined
  readonly #alias: Int32Array | undefined

  constructor(rows: readonly Pickable[]) {
    this.#rows = rows
    const [first] = rows
    const total = rows.reduce((sum, row) => sum + row.weight, 0)
    if (first === undefined || !(total > 0)) return
    if (rows.every((row) => row.weight === first.weight)) {
      this.#even = first.weight
      return
    }
    const built = Float64Array.from(rows, (row) => row.weight)
    this.#built = built
    const slices = sliced(built.map((weight) => (weight / total) * rows.length))
    this.#limit = slices.limit
    this.#alias = slices.alias
  }

  /** True where all weights were equal. */
  get isEven(): boolean {
    return this.#limit === undefined
  }

  /**
   * The index of the row that `u`, uniform in [0, 1), means; -1 where it means `except`, or a row that has become
   * lighter and whose coin failed. Among equals no number is lost on `except`.
   */
  draw(u: number, except = -1): number {
    const count = this.#rows.length
    if (this.#limit === undefined) {
      const scaled = u * (except === -1 ? count : count - 1)
      const slice = Math.floor(scaled)
      const index = except !== -1 && slice >= except ? slice + 1 : slice
      return (scaled - slice) * this.#even < this.#rows[index]!.weight || this.#even === 0 ? index : -1
    }
    const scaled = u * count
    const slice = Math.floor(scaled)
    const rest = scaled - slice
    const limit = this.#limit[slice]!
    const isOwn = rest < limit
    const index = isOwn ? slice : this.#alias![slice]!
    if (index === except) return -1
    const weight = this.#rows[index]!.weight
    const built = this.#built![index]!
    if (weight >= built) return index
    // What is left of the number after the choice is uniform again.
    const coin = isOwn ? rest / limit : (rest - limit) / (1 - limit)
    return coin * built < weight ? index : -1
  }
}

/** Fills every slice up to 1: what is light from one that is heavy. `parts` (mean 1) is used up. */
function sliced(parts: Float64Array): { limit: Float64Array; alias: Int32Array } {
  const limit = new Float64Array(parts.length).fill(1)
  const alias = Int32Array.from(parts.keys())
  const light: number[] = []
  const heavy: number[] = []
  for (const [index, part] of parts.entries()) (part < 1 ? light : heavy).push(index)
  while (light.length > 0 && heavy.length > 0) {
    const slice = light.pop()!
    const over = heavy.at(-1)!
    limit[slice] = parts[slice]!
    alias[slice] = over
    parts[over] = parts[over]! + parts[slice]! - 1
    if (parts[over] < 1) light.push(heavy.pop()!)
  }
  return { limit, alias }
}
