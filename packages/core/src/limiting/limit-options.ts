/**
 * How many at once: a number, or an algorithm that finds it between two bounds. The bounds are those of Netflix
 * concurrency-limits (Gradient2Limit, VegasLimit, AIMDLimit).
 */
import type { Place } from '../options/place.ts'

export type LimitAlgorithmName = 'gradient' | 'vegas' | 'aimd'

/** What an algorithm that moves the limit starts from. */
export interface ResolvedAdaptiveOptions {
  readonly algorithm: LimitAlgorithmName
  readonly min: number
  readonly max: number
  readonly initial: number
}

const DEFAULTS: Readonly<Record<LimitAlgorithmName, { min: number; max: number; initial: number }>> = {
  gradient: { min: 20, max: 200, initial: 20 },
  vegas: { min: 1, max: 1000, initial: 20 },
  aimd: { min: 20, max: 200, initial: 20 },
}

export interface GivenBounds {
  readonly min: number | undefined
  readonly max: number | undefined
  readonly initial: number | undefined
}

/** Defaults give way to what was said: `max: 8` takes `min` and `initial` down to 8. */
export function resolveAdaptive(algorithm: LimitAlgorithmName, given: GivenBounds, at: Place): ResolvedAdaptiveOptions {
  const defaults = DEFAULTS[algorithm]
  const min = given.min ?? Math.min(defaults.min, given.max ?? defaults.min, given.initial ?? defaults.min)
  const max = given.max ?? Math.max(defaults.max, min, given.initial ?? 0)
  const initial = given.initial ?? Math.min(Math.max(defaults.initial, min), max)
  if (max < min) throw at.at('max').error(`${max} is not allowed; at least min, which is ${min}`)
  if (initial < min || initial > max) {
    throw at.at('initial').error(`${initial} is not allowed; from min to max, which are ${min} and ${max}`)
  }
  return Object.freeze({ algorithm, min, max, initial })
}

/** Bounds beside a number that does not move are a slip. */
export function refuseBounds(given: GivenBounds, at: Place): void {
  for (const name of ['min', 'max', 'initial'] as const) {
    if (given[name] !== undefined) throw at.at(name).error('only with an algorithm: gradient, vegas or aimd')
  }
}
