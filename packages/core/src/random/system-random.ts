import type { Random, RandomStream } from './random.ts'

/** Production's chance: the generator of the JavaScript engine. Keys and names are ignored. */
class SystemRandom implements Random, RandomStream {
  draw(): number {
    return Math.random()
  }

  next(): number {
    return Math.random()
  }

  stream(): RandomStream {
    return this
  }
}

export const systemRandom: Random = new SystemRandom()
