/** What the reader has chosen. Parts of the page say which of it they look at, and are told of changes once a frame. */
export interface Choice {
  /** The instant that is looked at, in ms. */
  readonly t: number
  /** The stretch of time that charts and lists cover. */
  readonly from: number
  readonly to: number
  readonly service: string | undefined
  readonly call: string | undefined
  readonly theme: number
}

type Key = keyof Choice

export class Store {
  #now: Choice
  readonly #listeners: { readonly keys: readonly Key[]; readonly told: (choice: Choice) => void }[] = []
  readonly #changed: Set<Key> = new Set()
  #isAsked = false

  constructor(first: Choice) {
    this.#now = first
  }

  get now(): Choice {
    return this.#now
  }

  set(change: Partial<Choice>): void {
    for (const key of Object.keys(change) as Key[]) if (this.#now[key] !== change[key]) this.#changed.add(key)
    this.#now = { ...this.#now, ...change }
    if (this.#changed.size === 0 || this.#isAsked) return
    this.#isAsked = true
    requestAnimationFrame(() => this.#tell())
  }

  /** Told at once, and then of every change of one of the keys. */
  follow(keys: readonly Key[], told: (choice: Choice) => void): void {
    this.#listeners.push({ keys, told })
    told(this.#now)
  }

  #tell(): void {
    const changed = new Set(this.#changed)
    this.#changed.clear()
    this.#isAsked = false
    for (const { keys, told } of this.#listeners) if (keys.some((key) => changed.has(key))) told(this.#now)
  }
}
