/**
 * `cache`: what an operation remembers of its answers, by the key of the user's call. Who finds its key does only the
 * `hit` work; who does not does everything, and leaves the answer there if it was one. It is the process's own memory: each
 * instance has its own, and it is gone with the process. One that is shared is a service of its own.
 */
import type { Duration, Ratio } from '@seakeep/core'
import {
  bool,
  byKind,
  duration,
  type Field,
  type FieldsOf,
  integer,
  optional,
  ratio,
  record,
  refined,
} from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { distribution } from '../model/distribution-field.ts'
import type { DistributionData } from '../model/distributions.ts'

export interface CacheData {
  /** Keys each instance remembers; the one not asked for the longest goes first. Required, 1 to 1e6. */
  readonly size: number
  /** How long an answer is good for. Default for ever; above 0. */
  readonly ttl?: Duration
  /** Work of a request whose key is there. Default none. */
  readonly hit?: DistributionData
  /**
   * What is there at t = 0: nothing (`false`, the default), `k1` to `k<size>` (`true`), or that share of them. With a `ttl`
   * they run out one after the other. Instances that start later start empty.
   */
  readonly warm?: boolean | Ratio
  /** True: of several requests for one key that is not there, one does the work and the others wait for it. Default false. */
  readonly coalesce?: boolean
}

export interface ResolvedCache {
  readonly size: number
  /** `Infinity` for ever. */
  readonly ttlMs: number
  readonly hit: Distribution | undefined
  /** Keys at t = 0: `k1` to this one. */
  readonly warmKeys: number
  readonly coalesce: boolean
}

const share: Field<number, ''> = ratio()
const warm: Field<number, ''> = byKind({
  boolean: refined(bool(), (isWarm) => (isWarm ? 1 : 0)),
  number: share,
  text: share,
})

export const cache: Field<ResolvedCache | undefined, ''> = optional(
  record(
    {
      size: integer({ min: 1, max: 1e6, about: 'keys each instance remembers' }),
      ttl: optional(duration({ above: 0 })),
      hit: optional(distribution),
      warm: optional(warm),
      coalesce: bool({ default: false }),
    } satisfies FieldsOf<CacheData>,
    {
      finish: ({ size, ttlMs, hit, warm = 0, coalesce }): ResolvedCache => ({
        size,
        ttlMs: ttlMs ?? Number.POSITIVE_INFINITY,
        hit,
        warmKeys: Math.round(size * warm),
        coalesce,
      }),
    },
  ),
)
