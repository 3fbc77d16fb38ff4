import type { Random } from './random.ts'

/** The same chance, whose streams are those of `scope` alone: what one draws there shifts nobody else's. */
export function scopedRandom(random: Random, scope: string): Random {
  return {
    draw: (key, purpose) => random.draw(key, purpose),
    stream: (name) => random.stream(`${name}?${scope}`),
  }
}
