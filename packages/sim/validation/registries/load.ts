// Calls at a constant rate, whether or not those before have been answered, judged by one deadline.
import { setTimeout as sleep } from 'node:timers/promises'

const RATE_PER_S = 200
const DEADLINE_MS = 1000

export class Load {
  readonly #call: () => Promise<unknown>
  readonly #open = new Set<Promise<void>>()
  readonly #loop: Promise<void>
  readonly errors = new Map<string, number>()
  #offered = 0
  #good = 0
  #isOver = false

  /** Begins at once. */
  constructor(call: () => Promise<unknown>) {
    this.#call = call
    this.#loop = this.#run()
  }

  /** Offers nothing more; the goodput of all that was, once it has ended. */
  async end(): Promise<number> {
    this.#isOver = true
    await this.#loop
    await Promise.all(this.#open)
    return this.#good / this.#offered
  }

  async #run(): Promise<void> {
    const beginMs = performance.now()
    while (!this.#isOver) {
      const due = Math.floor(((performance.now() - beginMs) * RATE_PER_S) / 1000) + 1
      while (this.#offered < due) {
        this.#offered++
        const call = this.#measure().finally(() => this.#open.delete(call))
        this.#open.add(call)
      }
      await sleep(1000 / RATE_PER_S)
    }
  }

  async #measure(): Promise<void> {
    const beginMs = performance.now()
    try {
      await this.#call()
      if (performance.now() - beginMs <= DEADLINE_MS) this.#good++
      else this.#count('late')
    } catch (error) {
      this.#count((error as Error).message)
    }
  }

  #count(why: string): void {
    this.errors.set(why, (this.errors.get(why) ?? 0) + 1)
  }
}
