import type { Duration } from '../options/duration.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, number } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'

export interface ThrottleOptions {
  /**
   * How many attempts are sent for one that is accepted before some are refused here; the book's K. Default 2, from 1 to
   * 100. Less refuses earlier, more lets the target say no for longer.
   */
  readonly multiplier?: number
  /** How far back attempts and acceptances are counted. Default 2 min, at least 100 ms. */
  readonly window?: Duration
}

export interface ResolvedThrottleOptions {
  readonly multiplier: number
  readonly windowMs: number
}

/** The description from which validation, defaults and schema follow. */
export const THROTTLE_OPTIONS: RecordField<ResolvedThrottleOptions> = record(
  {
    multiplier: number({
      default: 2,
      min: 1,
      max: 100,
      about: 'Attempts sent for one accepted before some are refused',
    }),
    window: duration({ default: '2m', min: '100ms', about: 'How far back attempts and acceptances are counted' }),
  } satisfies FieldsOf<ThrottleOptions>,
  { about: 'Refuses here a share of what the target would refuse anyway' },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveThrottleOptions(
  input: ThrottleOptions = {},
  path: string | Place = 'throttle',
): ResolvedThrottleOptions {
  return THROTTLE_OPTIONS.resolve(input, placeOf(path))
}
