import { hashText, mix } from '../random/mix.ts'
import type { Pickable } from './balancer.ts'
import type { HashTable } from './hash-table.ts'
import { share } from './rank.ts'

/** A prime, as the steps of a row must reach every place. Up to 655 rows (1 %) shares are off by less than 1 %. */
export const MAGLEV_SIZE = 65537

/**
 * Maglev's table (Eisenbud 2016, "Maglev: A Fast and Reliable Software Network Load Balancer", §3.4; weights as in Envoy):
 * each row has an order of its own over all places, and in turn the rows take their first free one, a row of half the
 * weight every other turn. Shares are nearly exact and a look-up is one step; a row that comes or goes moves, besides its
 * own keys, a few of the others'.
 */
export class MaglevTable implements HashTable {
  readonly #owners: Uint16Array | Uint32Array

  constructor(rows: readonly Pickable[]) {
    const owners = rows.length < 65536 ? new Uint16Array(MAGLEV_SIZE) : new Uint32Array(MAGLEV_SIZE)
    this.#owners = owners
    const isTaken = new Uint8Array(MAGLEV_SIZE)
    const place = Int32Array.from(rows, ({ id }) => hashText(id) % MAGLEV_SIZE)
    const step = Int32Array.from(rows, ({ id }) => 1 + (mix(hashText(id), 1) % (MAGLEV_SIZE - 1)))
    const heaviest = rows.reduce((most, row) => Math.max(most, share(row)), 0)
    const part = Float64Array.from(rows, (row) => share(row) / heaviest)
    const due = new Float64Array(rows.length)
    let filled = 0
    for (let turn = 1; filled < MAGLEV_SIZE; turn++) {
      for (let row = 0; row < rows.length && filled < MAGLEV_SIZE; row++) {
        if (turn * part[row]! < due[row]!) continue
        due[row] = due[row]! + 1
        let at = place[row]!
        while (isTaken[at] === 1) at = after(at, step[row]!)
        isTaken[at] = 1
        owners[at] = row
        place[row] = after(at, step[row]!)
        filled++
      }
    }
  }

  first(hash: number): number {
    return (hash & 0x7fffffff) % MAGLEV_SIZE
  }

  /** The place of another hash: neighbours in the table have nothing to do with each other, but whole runs would follow. */
  next(_place: number, hash: number, step: number): number {
    return (mix(hash, step) & 0x7fffffff) % MAGLEV_SIZE
  }

  ownerAt(place: number): number {
    return this.#owners[place]!
  }
}

function after(place: number, step: number): number {
  const next = place + step
  return next < MAGLEV_SIZE ? next : next - MAGLEV_SIZE
}
