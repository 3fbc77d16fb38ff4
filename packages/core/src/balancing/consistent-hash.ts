import { Draw, type Random } from '../random/random.ts'
import type { Balancer, Load, Pickable, PickContext, Picker } from './balancer.ts'
import type { HashTable } from './hash-table.ts'
import { bestRank, rank, share } from './rank.ts'

/** Places looked at for one pick. With half of the rows to choose from, all are refused once in 2^64 picks. */
const STEPS = 64

/** The attempts under way at all rows of one balancer. */
interface Total {
  inFlight: number
}

/** What pickers of one balancer have in common. */
interface Hashing {
  readonly random: Random
  readonly createTable: (rows: readonly Pickable[]) => HashTable
  /** A row takes at most this many times its share of the attempts in flight; undefined: no bound. */
  readonly hashBalance: number | undefined
  readonly total: Total
}

/**
 * The same key to the same row while it can be had: caches and sessions stay warm. The table is built over all members,
 * healthy or not, and a key whose row cannot be had walks on, so that an unhealthy row moves its own keys only and gets
 * them back. A call without a key goes anywhere.
 *
 * With `hashBalance` no row takes more than that many times its share (consistent hashing with bounded loads, Mirrokni
 * 2018; Envoy's `hash_balance_factor`): it has ⌈(all in flight + 1) × hashBalance × share⌉ slots, one at least, and while
 * they are taken its keys walk on.
 */
export class ConsistentHash implements Balancer {
  readonly algorithm: string
  readonly usesKey = true
  readonly #hashing: Hashing

  constructor(
    algorithm: string,
    random: Random,
    createTable: (rows: readonly Pickable[]) => HashTable,
    hashBalance?: number | undefined,
  ) {
    this.algorithm = algorithm
    this.#hashing = { random, createTable, hashBalance, total: { inFlight: 0 } }
  }

  picker<Row extends Pickable>(
    rows: readonly Row[],
    members: readonly Row[] = rows,
    previous?: Picker<Row> | undefined,
  ): Picker<Row> {
    const known = previous instanceof HashPicker ? (previous as HashPicker<Row>).plan : undefined
    const plan = known !== undefined && saysTheSame(known, members) ? known : planOf(members, this.#hashing)
    return new HashPicker(rows, plan, this.#hashing)
  }

  onSend(load: Load): void {
    load.inFlight++
    this.#hashing.total.inFlight++
  }

  onAnswer(): void {}

  onEnd(load: Load): void {
    load.inFlight--
    this.#hashing.total.inFlight--
  }
}

/** A table, and the rows it numbers; kept from picker to picker, as building one takes milliseconds. */
interface Plan<Row> {
  readonly members: readonly Row[]
  readonly weights: readonly number[]
  readonly owners: readonly Row[]
  readonly table: HashTable | undefined
}

function planOf<Row extends Pickable>(members: readonly Row[], { createTable }: Hashing): Plan<Row> {
  const weighty = members.filter((row) => row.weight > 0)
  // By id, so that every client has the same table, whatever the order of its registry.
  const owners = (weighty.length > 0 ? weighty : [...members]).sort((a, b) => (a.id < b.id ? -1 : 1))
  const table = owners.length === 0 ? undefined : createTable(owners)
  return { members, weights: members.map((row) => row.weight), owners, table }
}

function saysTheSame<Row extends Pickable>({ members, weights }: Plan<Row>, rows: readonly Row[]): boolean {
  return members.length === rows.length && rows.every((row, i) => row === members[i] && row.weight === weights[i])
}

class HashPicker<Row extends Pickable> implements Picker<Row> {
  readonly plan: Plan<Row>
  readonly #rows: readonly Row[]
  readonly #hashing: Hashing
  readonly #weight: number

  constructor(rows: readonly Row[], plan: Plan<Row>, hashing: Hashing) {
    this.plan = plan
    this.#rows = rows
    this.#hashing = hashing
    this.#weight = rows.reduce((sum, row) => sum + share(row), 0)
  }

  pick({ key, keyHash, avoid }: PickContext<Row>): Row | undefined {
    const { owners, table } = this.plan
    if (table === undefined) return this.#rows[0]
    const hash = keyHash ?? (this.#hashing.random.draw(key, Draw.pick) * 4294967296) | 0
    let first: Row | undefined
    for (let step = 1, place = table.first(hash); step <= STEPS; step++) {
      const row = owners[table.ownerAt(place)] as Row
      if (rank(row, avoid) === 0) {
        if (!this.#isFull(row)) return row
        first ??= row
      }
      place = table.next(place, hash, step)
    }
    if (first === undefined) return this.#search(hash, bestRank(this.#all, avoid), avoid, false)
    return this.#search(hash, 0, avoid, true) ?? first
  }

  #isFull(row: Row): boolean {
    const { hashBalance, total } = this.#hashing
    if (hashBalance === undefined) return false
    const slots = Math.ceil(((total.inFlight + 1) * hashBalance * share(row)) / this.#weight)
    return row.load.inFlight >= Math.max(1, slots)
  }

  /** By looking at all rows: where nearly none can be had, or nearly all are full. */
  #search(hash: number, wanted: number, avoid: Row | undefined, isRoomWanted: boolean): Row | undefined {
    const rows = this.#all
    for (let i = 0; i < rows.length; i++) {
      const row = rows[((hash >>> 0) + i) % rows.length] as Row
      if (rank(row, avoid) === wanted && !(isRoomWanted && this.#isFull(row))) return row
    }
    return undefined
  }

  get #all(): readonly Row[] {
    return this.#rows.length > 0 ? this.#rows : this.plan.members
  }
}
