import { hashText, mix, uniform } from './mix.ts'
import type { Random, RandomStream } from './random.ts'
import { Sfc32 } from './sfc32.ts'

/** Chance as a function of a seed: for tests, and one per host in the simulator. */
export class SeededRandom implements Random {
  readonly #seed: number
  /** Distinguishes the streams of one host (and of one life of it) from those of another with the same seed. */
  readonly host: string
  readonly #streams = new Map<string, RandomStream>()

  /** `seed` is an unsigned 32-bit integer; keyed draws are the same for every host that shares it. */
  constructor(seed: number, host: string = '') {
    this.#seed = seed >>> 0
    this.host = host
  }

  draw(key: number, purpose: number): number {
    return uniform(mix(this.#seed, key), purpose)
  }

  stream(name: string): RandomStream {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = new Sfc32(mix(this.#seed, hashText(this.host)), hashText(name))
      this.#streams.set(name, stream)
    }
    return stream
  }
}
