// Calls at a constant rate, whether or not those before have been answered, and what became of them.
import { setTimeout as sleep } from 'node:timers/promises'

export class Load {
  readonly #call: () => Promise<unknown>
  readonly #deadlineMs: number
  readonly #open = new Set<Promise<void>>()
  readonly #loop: Promise<void>
  #offered = 0
  #good = 0
  #isOver = false

  /** Begins at once. */
  constructor(rate: number, deadlineMs: number, call: () => Promise<unknown>) {
    this.#call = call
    this.#deadlineMs = deadlineMs
    this.#loop = this.#run(rate)
  }

  get offered(): number {
    return this.#offered
  }

  /** Share of what was offered that was answered within the deadline; asked after {@link end}. */
  get goodput(): number {
    return this.#good / this.#offered
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#loop
    await Promise.all(this.#open)
  }

  async #run(rate: number): Promise<void> {
    const beginMs = performance.now()
    while (!this.#isOver) {
      const due = Math.floor(((performance.now() - beginMs) * rate) / 1000) + 1
      for (; this.#offered < due; this.#offered++) {
        const call = this.#measure().finally(() => this.#open.delete(call))
        this.#open.add(call)
      }
      await sleep(1000 / rate)
    }
  }

  async #measure(): Promise<void> {
    const beginMs = performance.now()
    const isAnswered = await this.#call().then(
      () => true,
      () => false,
    )
    if (isAnswered && performance.now() - beginMs <= this.#deadlineMs) this.#good += 1
  }
}
