/** Whom entries are about: what they come to is added up here. */
export interface Account {
  /** Posts the entries at `order[from]` up to, not including, `order[until]`, in the order they were made. */
  post(entries: Float64Array, order: Uint32Array, from: number, until: number): void
}

/** Numbers of one entry: `entries[at]` to `entries[at + 3]`. */
const WIDTH = 4
/** Notes that are kept before they are posted: in a small world as many as lie close at hand, in a large one many for each account. */
const LEAST = 1 << 12
const MOST = 1 << 16
const PER_ACCOUNT = 8

/**
 * Notes what happened, and posts it to the accounts later, a great many at a time and account by account.
 *
 * A large world has thousands of accounts of several hundred bytes, more than any cache holds: posted at once, nearly
 * every number of every call would wait for memory. A note goes to the end of one array; posting then meets each account
 * once in thousands of notes. Nothing that is simulated may read an account before {@link settle}.
 */
export class Ledger {
  readonly #accounts: Account[] = []
  #entries = new Float64Array(LEAST * WIDTH)
  #whose = new Uint32Array(LEAST)
  #size = 0

  /** The number of a new account. */
  open(account: Account): number {
    return this.#accounts.push(account) - 1
  }

  note(account: number, a: number, b: number, c: number, d: number): void {
    if (this.#size === this.#whose.length) this.#makeRoom()
    const entries = this.#entries
    const at = this.#size * WIDTH
    this.#whose[this.#size] = account
    entries[at] = a
    entries[at + 1] = b
    entries[at + 2] = c
    entries[at + 3] = d
    this.#size += 1
  }

  /** Posts all that was noted. */
  settle(): void {
    const size = this.#size
    if (size === 0) return
    this.#size = 0
    const whose = this.#whose
    // A counting sort, which keeps the order within each account.
    const ends = new Uint32Array(this.#accounts.length + 1)
    for (let i = 0; i < size; i++) ends[whose[i]! + 1]!++
    for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!
    const order = new Uint32Array(size)
    for (let i = 0; i < size; i++) order[ends[whose[i]!]!++] = i * WIDTH
    let from = 0
    for (let account = 0; account < this.#accounts.length; account++) {
      const until = ends[account]!
      if (until > from) this.#accounts[account]!.post(this.#entries, order, from, until)
      from = until
    }
  }

  #makeRoom(): void {
    const size = this.#size
    if (size >= Math.min(MOST, PER_ACCOUNT * this.#accounts.length)) return this.settle()
    const [entries, whose] = [this.#entries, this.#whose]
    this.#entries = new Float64Array(2 * entries.length)
    this.#entries.set(entries)
    this.#whose = new Uint32Array(2 * whose.length)
    this.#whose.set(whose)
  }
}
