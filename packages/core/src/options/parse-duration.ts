import type { Duration } from './duration.ts'
import { rootPlace } from './place.ts'
import { duration } from './quantities.ts'

const DURATION = duration()

/** Milliseconds of a duration that an argument holds; throws a ConfigError that names `path` where it is none. */
export function parseDuration(input: Duration, path: string): number {
  return DURATION.resolve(input, rootPlace(path))
}
