import { after, type Clock } from '../time/clock.ts'
import type { Registry } from './registry.ts'

/** How long "nobody knows it" is believed: a service may be announced at any time. */
const UNKNOWN_MS = 10_000
/** The same where a registry could not be asked. */
const UNASKED_MS = 1_000
/** How long registries are given to say; then the name is taken for no service. */
const ANSWER_MS = 1_000
const MAX_NAMES = 10_000

interface Word {
  readonly isKnown: boolean
  readonly untilMs: number
}

type Told = (isKnown: boolean) => void

/**
 * Tells the hosts of URLs that are services from those that are addresses: `http://payments/` is balanced, as some
 * registry knows `payments`, and `http://example.com/` goes where DNS says. Registries are asked once a name, not
 * followed: most hosts are no services, and a standing watch for each would cost every registry one.
 *
 * What was a service once stays one: that none of its instances is left is no reason to send its requests elsewhere.
 */
export class KnownServices {
  readonly #registries: readonly Registry[]
  readonly #clock: Clock
  readonly #words = new Map<string, Word>()
  readonly #asking = new Map<string, Told[]>()

  constructor(registries: readonly Registry[], clock: Clock) {
    this.#registries = registries
    this.#clock = clock
  }

  /** Calls `told` once: at once where it is known already, or registries answer at once. */
  ask(name: string, told: Told): void {
    const word = this.#words.get(name)
    if (word !== undefined && this.#clock.now() < word.untilMs) return told(word.isKnown)
    const waiting = this.#asking.get(name)
    if (waiting === undefined) this.#askAll(name, told)
    else waiting.push(told)
  }

  #askAll(name: string, told: Told): void {
    const waiting = [told]
    this.#asking.set(name, waiting)
    const watches: Disposable[] = []
    let open = this.#registries.length
    let forMs = UNKNOWN_MS
    const end = (isKnown: boolean): void => {
      if (this.#asking.get(name) !== waiting) return
      this.#asking.delete(name)
      timer.cancel()
      for (const watch of watches) watch[Symbol.dispose]()
      this.#keep(name, { isKnown, untilMs: isKnown ? Number.POSITIVE_INFINITY : this.#clock.now() + forMs })
      for (const one of waiting) one(isKnown)
    }
    const timer = after(this.#clock, ANSWER_MS, () => {
      forMs = UNASKED_MS
      end(false)
    })
    for (const registry of this.#registries) {
      let hasAnswered = false
      const no = (believedMs: number): void => {
        forMs = Math.min(forMs, believedMs)
        if (hasAnswered) return
        hasAnswered = true
        open -= 1
        if (open === 0) end(false)
      }
      const watch = registry.watch(name, {
        instances: () => end(true),
        unknown: () => no(UNKNOWN_MS),
        error: () => no(UNASKED_MS),
      })
      if (this.#asking.get(name) !== waiting) return watch[Symbol.dispose]()
      watches.push(watch)
    }
    if (this.#registries.length === 0) end(false)
  }

  #keep(name: string, word: Word): void {
    this.#words.delete(name)
    this.#words.set(name, word)
    for (const oldest of this.#words.keys()) {
      if (this.#words.size <= MAX_NAMES) return
      this.#words.delete(oldest)
    }
  }
}
