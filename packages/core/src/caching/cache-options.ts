import type { Duration } from '../options/duration.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import type { Lifetime } from './cache-control.ts'
import { type ResolvedSharing, resolvedSharing, SHARING_FIELDS, type SharingOptions } from './sharing-options.ts'

/** Answers are kept for a while. The two stale windows are those of RFC 5861; both begin where `ttl` ends. */
export interface CacheOptions extends SharingOptions {
  /** How long an answer is as good as a call. Required; 0: never, it is only kept for the windows below. */
  readonly ttl: Duration
  /** How long after that it is given out at once, while one call fetches a newer one. Default 0. */
  readonly staleWhileRevalidate?: Duration
  /** How long after `ttl` it is given out where the call failed, was refused or timed out. Default 0. */
  readonly staleIfError?: Duration
  /** Most answers that are kept; the least recently used goes. Default 1,000, from 1 to 1e6. */
  readonly maxEntries?: number
}

export interface ResolvedCacheOptions {
  /** The most that an answer may ask for. */
  readonly lifetime: Lifetime
  readonly maxEntries: number
  readonly sharing: ResolvedSharing
}

/** The description from which validation, defaults and schema follow. */
export const CACHE_OPTIONS: RecordField<ResolvedCacheOptions> = record(
  {
    ttl: duration({ about: 'How long an answer is as good as a call' }),
    staleWhileRevalidate: duration({
      default: 0,
      about: 'How long after ttl it is given out while one call renews it',
    }),
    staleIfError: duration({ default: 0, about: 'How long after ttl it is given out where the call failed' }),
    maxEntries: integer({ default: 1_000, min: 1, max: 1e6, about: 'Most answers that are kept' }),
    ...SHARING_FIELDS,
  } satisfies FieldsOf<CacheOptions>,
  {
    about: 'Keeps answers, and gives them out instead of a call',
    finish({ ttlMs, staleWhileRevalidateMs, staleIfErrorMs, maxEntries, ...sharing }, at): ResolvedCacheOptions {
      if (ttlMs === 0 && staleWhileRevalidateMs === 0 && staleIfErrorMs === 0) {
        throw at.at('ttl').error('0 keeps nothing; give ttl, staleWhileRevalidate or staleIfError')
      }
      const lifetime = Object.freeze({ ttlMs, staleWhileRevalidateMs, staleIfErrorMs })
      return { lifetime, maxEntries, sharing: resolvedSharing(sharing) }
    },
  },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveCacheOptions(input: CacheOptions, path: string | Place = 'cache'): ResolvedCacheOptions {
  return CACHE_OPTIONS.resolve(input, placeOf(path))
}
