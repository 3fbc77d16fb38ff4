/**
 * A policy put together from the concepts' layers. Each layer is described, defaulted and bounded in its own room; here
 * stands only which layers there are and what a policy is without them.
 */
import {
  BALANCING_OPTIONS,
  type BalancingAlgorithm,
  type BalancingOptions,
  type ResolvedBalancingOptions,
} from '../balancing/balancing-options.ts'
import {
  CIRCUIT_BREAKER_OPTIONS,
  type CircuitBreakerOptions,
  type ResolvedCircuitBreakerOptions,
} from '../breaking/breaker-options.ts'
import { CACHE_OPTIONS, type CacheOptions, type ResolvedCacheOptions } from '../caching/cache-options.ts'
import { COALESCE_OPTIONS, type CoalesceOptions, type ResolvedCoalesceOptions } from '../caching/coalesce-options.ts'
import { HEALTH_OPTIONS, type HealthOptions, type ResolvedHealthOptions } from '../health/health-options.ts'
import { OUTLIER_OPTIONS, type OutlierOptions, type ResolvedOutlierOptions } from '../health/outlier-options.ts'
import {
  CONCURRENCY_OPTIONS,
  type ConcurrencyOptions,
  RATE_LIMIT_OPTIONS,
  type RateLimitOptions,
  type ResolvedConcurrencyOptions,
  type ResolvedRateLimitOptions,
} from '../limiting/limiter-options.ts'
import { type ResolvedShedOptions, SHED_OPTIONS, type ShedOptions } from '../limiting/shed-options.ts'
import { type ResolvedThrottleOptions, THROTTLE_OPTIONS, type ThrottleOptions } from '../limiting/throttle-options.ts'
import type { Duration } from '../options/duration.ts'
import { layer, orFalse } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { HEDGE_OPTIONS, type HedgeOptions, type ResolvedHedgeOptions } from '../retrying/hedge-options.ts'
import { RETRY_OPTIONS, type ResolvedRetryOptions, type RetryOptions } from '../retrying/retry-options.ts'
import { MIRROR_OPTIONS, type MirrorOptions, type ResolvedMirrorOptions } from '../routing/mirror-options.ts'
import { type ResolvedVersionRoute, ROUTES_OPTIONS, type VersionRoute } from '../routing/route-options.ts'
import { SPLIT_OPTIONS, type VersionShare } from '../routing/split-options.ts'

/** The layers of a policy as a user writes them. A layer exists only where it is named; `true` means all defaults. */
export interface PolicyLayers {
  /** Length of the whole call, retries included; above 0. None by default. */
  readonly timeout?: Duration | false
  readonly retry?: RetryOptions | boolean
  /** Sends a second copy of a call that takes long. */
  readonly hedge?: HedgeOptions | boolean
  readonly circuitBreaker?: CircuitBreakerOptions | boolean
  readonly concurrency?: ConcurrencyOptions | false
  readonly rateLimit?: RateLimitOptions | false
  /** Client-side adaptive throttling: refuses here a share of what the target would refuse anyway. */
  readonly throttle?: ThrottleOptions | boolean
  /** Equal calls that are under way share one answer. */
  readonly coalesce?: CoalesceOptions | boolean
  /** Answers are kept, and given out instead of a call. */
  readonly cache?: CacheOptions | false
  readonly outlier?: OutlierOptions | boolean
  /** Active checks of the endpoints. */
  readonly health?: HealthOptions | false
  /** Default `p2c-ewma`; a word is that algorithm with all defaults. */
  readonly loadBalancing?: BalancingAlgorithm | BalancingOptions
  /** Calls with certain headers go to one version. */
  readonly routes?: readonly VersionRoute[] | false
  /** Each version's part of the other calls. */
  readonly split?: readonly VersionShare[] | false
  /** Copies of calls go somewhere else as well. */
  readonly mirror?: MirrorOptions | false
}

/** A policy after validation: every number known, every layer there or not. */
export interface ResolvedPolicy {
  readonly timeoutMs: number | undefined
  readonly retry: ResolvedRetryOptions | undefined
  readonly hedge?: ResolvedHedgeOptions | undefined
  readonly circuitBreaker: ResolvedCircuitBreakerOptions | undefined
  readonly concurrency: ResolvedConcurrencyOptions | undefined
  readonly rateLimit: ResolvedRateLimitOptions | undefined
  readonly throttle?: ResolvedThrottleOptions | undefined
  readonly coalesce?: ResolvedCoalesceOptions | undefined
  readonly cache?: ResolvedCacheOptions | undefined
  readonly outlier: ResolvedOutlierOptions | undefined
  readonly health?: ResolvedHealthOptions | undefined
  readonly loadBalancing: ResolvedBalancingOptions
  readonly routes?: readonly ResolvedVersionRoute[] | undefined
  readonly split?: readonly VersionShare[] | undefined
  readonly mirror?: ResolvedMirrorOptions | undefined
}

/** The description from which validation, defaults and schema of a policy follow. */
export const POLICY_LAYERS: RecordField<ResolvedPolicy> = record(
  {
    timeout: orFalse(duration({ above: 0, about: 'Length of the whole call, retries included' })),
    retry: layer(RETRY_OPTIONS),
    hedge: layer(HEDGE_OPTIONS),
    circuitBreaker: layer(CIRCUIT_BREAKER_OPTIONS),
    concurrency: layer(CONCURRENCY_OPTIONS),
    rateLimit: layer(RATE_LIMIT_OPTIONS),
    throttle: layer(THROTTLE_OPTIONS),
    coalesce: layer(COALESCE_OPTIONS),
    cache: layer(CACHE_OPTIONS),
    outlier: layer(OUTLIER_OPTIONS),
    health: layer(HEALTH_OPTIONS),
    loadBalancing: BALANCING_OPTIONS,
    routes: ROUTES_OPTIONS,
    split: SPLIT_OPTIONS,
    mirror: layer(MIRROR_OPTIONS),
  } satisfies FieldsOf<PolicyLayers>,
  { notYet: ['mode'] },
)

/** The policy of a call that no policy speaks for: one bare attempt, round-robin, no timeout. */
export const BARE_POLICY: ResolvedPolicy = resolvePolicy({ loadBalancing: 'round-robin' })

/** The built-in policy `standard`: every layer whose defaults are safe for a call of which nothing is known. */
export const STANDARD_POLICY: PolicyLayers = Object.freeze({ retry: true, circuitBreaker: true, outlier: true })

/** The policy that the layers make, all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolvePolicy(layers: PolicyLayers, path: string | Place = ''): ResolvedPolicy {
  return POLICY_LAYERS.resolve(layers, placeOf(path))
}

/** What an instance admits of the requests that reach it, as a user writes it. */
export interface InboundLayers {
  /** Counted in requests rather than attempts. */
  readonly concurrency?: ConcurrencyOptions | false
  /** Counted in requests rather than attempts. */
  readonly rateLimit?: RateLimitOptions | false
  /** Refuses the least important while the event loop has more to do than it can. */
  readonly shed?: ShedOptions | boolean
}

export interface InboundPolicy {
  readonly concurrency: ResolvedConcurrencyOptions | undefined
  readonly rateLimit: ResolvedRateLimitOptions | undefined
  readonly shed?: ResolvedShedOptions | undefined
}

/** The description from which validation, defaults and schema of an inbound policy follow. */
export const INBOUND_LAYERS: RecordField<InboundPolicy> = record(
  {
    concurrency: layer(CONCURRENCY_OPTIONS, { about: 'Bounds how many requests an instance works on' }),
    rateLimit: layer(RATE_LIMIT_OPTIONS, { about: 'Bounds how many requests an instance admits in a second' }),
    shed: layer(SHED_OPTIONS, { about: 'What an instance refuses while its event loop is too busy' }),
  } satisfies FieldsOf<InboundLayers>,
  { about: 'What each instance of the service admits', notYet: ['mode'] },
)

/** The inbound policy that the layers make, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveInbound(layers: InboundLayers, path: string | Place = 'inbound'): InboundPolicy {
  return INBOUND_LAYERS.resolve(layers, placeOf(path))
}
