import { mix, uniform } from '@seakeep/core/spi'
import type { ResolvedLoss } from '../scenario/resolved-scenario.ts'

/**
 * Which messages of a link are lost: each by itself, or in bursts as Gilbert's chain has them (Elliott's with nothing lost
 * in the good state and everything in the bad one). A burst ends with the chance `1 / burst` before each message, and one
 * begins so often that `ratio` of all are lost.
 *
 * The chance of a step is the message's own and not the next of a stream. A draw below `#begins` means the bad state, one
 * from `#ends` on the good one, whichever it was; only one between the two leaves it. So a run that sends one message more
 * differs from its twin until the next draw that settles the state, a burst or so, and then agrees with it again: two
 * policies meet the same weather (oracle S7), and links that are not theirs know nothing of either (S2).
 */
export class Loss {
  readonly #ratio: number
  readonly #begins: number
  readonly #ends: number
  /** Undefined before the first message, which finds it bad with the chance `ratio`. */
  #isBad: boolean | undefined = undefined
  readonly #isBursty: boolean

  constructor({ ratio, burst }: ResolvedLoss) {
    this.#ratio = ratio
    this.#isBursty = burst !== undefined
    const endsOf = burst === undefined ? 0 : 1 / burst
    this.#begins = (endsOf * ratio) / (1 - ratio)
    this.#ends = 1 - endsOf
  }

  /** Is the message with this chance lost? `coin` tells one cause of loss from another. */
  strikes(luck: number, coin: number): boolean {
    const drawn = uniform(luck, coin)
    if (!this.#isBursty) return drawn < this.#ratio
    this.#isBad ??= uniform(mix(luck, coin), coin) < this.#ratio
    if (drawn < this.#begins) this.#isBad = true
    else if (drawn >= this.#ends) this.#isBad = false
    return this.#isBad
  }
}
