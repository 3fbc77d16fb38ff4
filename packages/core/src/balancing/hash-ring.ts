import { hashText, mix } from '../random/mix.ts'
import type { Pickable } from './balancer.ts'
import type { HashTable } from './hash-table.ts'
import { share } from './rank.ts'

/** Points of a row of mean weight. Its arc then varies by 1/√points, 9 %; Envoy's and gRPC's rings vary more at size. */
const POINTS = 128
/** A hash is below 2^32 and an owner below 2^20, so that both fit one number and one sort orders them. */
const OWNERS = 2 ** 20

/**
 * A ring of hashes (Karger 1997; Envoy and gRPC A42, ring hash): each row has points on it, a key belongs to the next
 * point at or above its hash. A row that comes or goes moves the keys of its own arcs and no others.
 *
 * For that the points of a row depend on its id and weight, not on how many rows there are: Envoy's minimum size of a
 * ring gives all rows fewer points when one is added, which moves keys between rows that stayed. Weights count in units of
 * a power of two near their mean, which seldom changes.
 */
export class HashRing implements HashTable {
  readonly #hashes: Uint32Array
  readonly #owners: Uint32Array

  constructor(rows: readonly Pickable[]) {
    const unit = 2 ** Math.round(Math.log2(rows.reduce((sum, row) => sum + share(row), 0) / rows.length))
    const counts = rows.map((row) => Math.ceil((share(row) / unit) * POINTS))
    const points = new Float64Array(counts.reduce((sum, count) => sum + count, 0))
    let next = 0
    for (const [owner, row] of rows.entries()) {
      const name = hashText(row.id)
      for (let i = 0; i < counts[owner]!; i++) points[next++] = mix(name, i) * OWNERS + owner
    }
    points.sort()
    this.#hashes = new Uint32Array(points.length)
    this.#owners = new Uint32Array(points.length)
    for (let place = 0; place < points.length; place++) {
      const point = points[place]!
      const hash = Math.floor(point / OWNERS)
      this.#hashes[place] = hash
      this.#owners[place] = point - hash * OWNERS
    }
  }

  first(hash: number): number {
    const hashes = this.#hashes
    const wanted = hash >>> 0
    let low = 0
    let high = hashes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (hashes[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low === hashes.length ? 0 : low
  }

  next(place: number): number {
    return place + 1 === this.#owners.length ? 0 : place + 1
  }

  ownerAt(place: number): number {
    return this.#owners[place]!
  }
}
