import { mix } from './mix.ts'
import type { RandomStream } from './random.ts'

/** Chris Doty-Humphrey's sfc32 (PractRand, public domain): 128 bits of state, about 3 ns a draw. */
export class Sfc32 implements RandomStream {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** `high` and `low` are two 32-bit halves of one seed. */
  constructor(high: number, low: number) {
    this.#a = mix(high, 1) | 0
    this.#b = mix(low, 2) | 0
    this.#c = mix(high ^ low, 3) | 0
    for (let i = 0; i < 12; i++) this.next()
  }

  next(): number {
    const t = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0
    return (t >>> 0) / 4294967296
  }
}
