import { optional } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { integer, number } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { bool, oneOf } from '../options/words.ts'

export type RateLimitAlgorithm = 'token-bucket' | 'gcra' | 'sliding-window'

export interface RateLimitOptions {
  /** Attempts a second, sustained. Required, above 0, to 1e6. */
  readonly rate: number
  /** Attempts at once after idleness. At least 1, to 1e6. Default `rate`, or 1 if that is less. */
  readonly burst?: number
  /** How it is counted. Default `token-bucket`; `gcra` where allowances are kept by key. */
  readonly algorithm?: RateLimitAlgorithm
  /** `key`: each key has an allowance of its own. By default all share one. */
  readonly by?: 'key'
  /** Most keys that are remembered; the one not asked for longest is forgotten. Default 10,000, from 1 to 1e6. */
  readonly maxKeys?: number
  /**
   * `rate` and `burst` are those of all instances of the caller together: each takes its part by what it needs. Default
   * false; without a shared board each instance has all of it. Not with `by: key`.
   */
  readonly shared?: boolean
}

export interface ResolvedRateLimitOptions {
  readonly rate: number
  readonly burst: number
  /** Undefined is the token bucket. */
  readonly algorithm?: RateLimitAlgorithm | undefined
  /** Undefined where all share one allowance. */
  readonly maxKeys?: number | undefined
  /** Undefined where each instance has the rate for itself. */
  readonly shared?: true | undefined
}

const DEFAULT_MAX_KEYS = 10_000

/** The description from which validation, defaults and schema follow. */
export const RATE_LIMIT_OPTIONS: RecordField<ResolvedRateLimitOptions> = record(
  {
    rate: number({ above: 0, max: 1e6, about: 'Attempts a second, sustained' }),
    burst: optional(
      number({ min: 1, max: 1e6, about: 'Attempts at once after idleness; by default rate, at least 1' }),
    ),
    algorithm: optional(
      oneOf(['token-bucket', 'gcra', 'sliding-window'], {
        about: 'How it is counted; by default token-bucket, and gcra where allowances are kept by key',
      }),
    ),
    by: optional(oneOf(['key'], { about: 'Each key has an allowance of its own; by default all share one' })),
    maxKeys: optional(
      integer({ min: 1, max: 1e6, about: 'Most keys that are remembered; by default 10000; only with by: key' }),
    ),
    shared: bool({ default: false, about: 'The rate is that of all instances of the caller together' }),
  } satisfies FieldsOf<RateLimitOptions>,
  {
    about: 'Bounds how many attempts are begun in a second',
    finish({ rate, burst, algorithm, by, maxKeys, shared }, at): ResolvedRateLimitOptions {
      if (by === undefined && maxKeys !== undefined) throw at.at('maxKeys').error('only with by: key')
      if (by === 'key' && shared) throw at.at('shared').error('not with by: key; what keys need is not shared')
      const chosen = algorithm ?? (by === 'key' ? 'gcra' : undefined)
      return {
        rate,
        // What cannot hold one whole attempt would never let one through.
        burst: burst ?? Math.max(1, rate),
        algorithm: chosen === 'token-bucket' ? undefined : chosen,
        maxKeys: by === 'key' ? (maxKeys ?? DEFAULT_MAX_KEYS) : undefined,
        shared: shared || undefined,
      }
    },
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveRateLimitOptions(
  input: RateLimitOptions,
  path: string | Place = 'rateLimit',
): ResolvedRateLimitOptions {
  return RATE_LIMIT_OPTIONS.resolve(input, placeOf(path))
}
