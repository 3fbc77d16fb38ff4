import { hashText, mix } from '../random/mix.ts'

/**
 * The part of a service that one client uses: `size` of its rows by rendezvous hashing (gRPC A68, random subsetting; Thaler
 * and Ravishankar 1998). 1,000 clients of 1,000 servers need not keep a million connections.
 *
 * Each row's rank is a hash of its id and the client's own `salt`, so clients take parts that have nothing to do with
 * each other, and all rows get about as many clients (their number varies as that of balls in bins). A row that leaves is
 * replaced by one other, a row that comes replaces one at most. The order of the rows is kept.
 */
export function subsetOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  size: number,
  salt: number,
): readonly Row[] {
  if (rows.length <= size) return rows
  const ranked = rows.map((row, place) => ({ rank: mix(hashText(row.id), salt), place }))
  ranked.sort((a, b) => a.rank - b.rank || a.place - b.place)
  const taken = ranked.slice(0, size).map(({ place }) => place)
  return taken.sort((a, b) => a - b).map((place) => rows[place] as Row)
}
