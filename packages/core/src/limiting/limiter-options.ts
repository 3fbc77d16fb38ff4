import type { Duration } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, number } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'

export interface ConcurrencyOptions {
  /** Attempts that may be under way at once. Required, at least 1, to 1e6. */
  readonly limit: number
  /** Places in the waiting line; an attempt that finds it full is refused. Default 0, to 1e6. */
  readonly queue?: number
  /** Longest wait in the line; 0 is allowed. Default: the attempt timeout, else 1 s. */
  readonly maxWait?: Duration
}
export interface ResolvedConcurrencyOptions {
  readonly limit: number
  readonly queue: number
  /** Undefined where it follows the attempt timeout. */
  readonly maxWaitMs: number | undefined
}

export interface RateLimitOptions {
  /** Attempts a second, sustained. Required, above 0, to 1e6. */
  readonly rate: number
  /** Attempts at once after idleness: the size of the bucket. At least 1, to 1e6. Default `rate`, or 1 if that is less. */
  readonly burst?: number
}
export interface ResolvedRateLimitOptions {
  readonly rate: number
  readonly burst: number
}

/** The description from which validation, defaults and schema follow. */
export const CONCURRENCY_OPTIONS: RecordField<ResolvedConcurrencyOptions> = record(
  {
    limit: integer({ min: 1, max: 1e6, about: 'Attempts that may be under way at once' }),
    queue: integer({ default: 0, min: 0, max: 1e6, about: 'Places in the waiting line' }),
    maxWait: optional(duration({ about: 'Longest wait in the line; by default the attempt timeout, else 1 s' })),
  } satisfies FieldsOf<ConcurrencyOptions>,
  { about: 'Bounds how many attempts are under way', notYet: ['algorithm', 'min', 'max'] },
)

/** The description from which validation, defaults and schema follow. */
export const RATE_LIMIT_OPTIONS: RecordField<ResolvedRateLimitOptions> = record(
  {
    rate: number({ above: 0, max: 1e6, about: 'Attempts a second, sustained' }),
    burst: optional(
      number({ min: 1, max: 1e6, about: 'Attempts at once after idleness; by default rate, at least 1' }),
    ),
  } satisfies FieldsOf<RateLimitOptions>,
  {
    about: 'Bounds how many attempts are begun in a second',
    // A bucket that cannot hold one whole attempt would never let one through.
    finish: ({ rate, burst }) => ({ rate, burst: burst ?? Math.max(1, rate) }),
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveConcurrencyOptions(
  input: ConcurrencyOptions,
  path: string | Place = 'concurrency',
): ResolvedConcurrencyOptions {
  return CONCURRENCY_OPTIONS.resolve(input, placeOf(path))
}

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveRateLimitOptions(
  input: RateLimitOptions,
  path: string | Place = 'rateLimit',
): ResolvedRateLimitOptions {
  return RATE_LIMIT_OPTIONS.resolve(input, placeOf(path))
}
