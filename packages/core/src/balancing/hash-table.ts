/** Where keys belong: a table from hashes to the numbers of rows. Hashes are signed, as V8 allocates for integers from 2^31. */
export interface HashTable {
  /** The place of a hash. */
  first(hash: number): number
  /** Where a hash goes on that was refused at `place`, for the `step`-th time (from 1). */
  next(place: number, hash: number, step: number): number
  /** The number of the row that has a place. */
  ownerAt(place: number): number
}
