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
import { optional } from '../options/field.ts'
import { layer, orFalse } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { HEDGE_OPTIONS, type HedgeOptions, type ResolvedHedgeOptions } from '../retrying/hedge-options.ts'
import { RETRY_OPTIONS, type ResolvedRetryOptions, type RetryOptions } from '../retrying/retry-options.ts'
import { MIRROR_OPTIONS, type MirrorOptions, type ResolvedMirrorOptions } from '../routing/mirror-options.ts'
import { type ResolvedVersionRoute, ROUTES_OPTIONS, type VersionRoute } from '../routing/route-options.ts'
import { SPLIT_OPTIONS, type VersionShare } from '../routing/split-options.ts'
import { governedBy, governedTimeout, MODE, moded, modeless, type PolicyMode, type ShadowMark } from './policy-mode.ts'

/** A layer's options with its own {@link PolicyLayers.mode}. */
export type WithMode<Options> = Options & { readonly mode?: PolicyMode }

/** The layers of a policy as a user writes them. A layer exists only where it is named; `true` means all defaults. */
export interface PolicyLayers {
  /** Of all layers that do not say their own. Default `enforce`. */
  readonly mode?: PolicyMode
  /** Length of the whole call, retries included; above 0. None by default. */
  readonly timeout?: Duration | false
  readonly retry?: WithMode<RetryOptions> | boolean
  /** Sends a second copy of a call that takes long. */
  readonly hedge?: WithMode<HedgeOptions> | boolean
  readonly circuitBreaker?: WithMode<CircuitBreakerOptions> | boolean
  readonly concurrency?: WithMode<ConcurrencyOptions> | false
  readonly rateLimit?: WithMode<RateLimitOptions> | false
  /** Client-side adaptive throttling: refuses here a share of what the target would refuse anyway. */
  readonly throttle?: WithMode<ThrottleOptions> | boolean
  /** Equal calls that are under way share one answer. */
  readonly coalesce?: CoalesceOptions | boolean
  /** Answers are kept, and given out instead of a call. */
  readonly cache?: CacheOptions | false
  readonly outlier?: WithMode<OutlierOptions> | boolean
  /** Active checks of the endpoints. */
  readonly health?: WithMode<HealthOptions> | false
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
  /** What `timeoutMs` would be, were it enforced: for counting. */
  readonly shadowTimeoutMs?: number
  readonly retry: (ResolvedRetryOptions & ShadowMark) | undefined
  readonly hedge?: (ResolvedHedgeOptions & ShadowMark) | undefined
  readonly circuitBreaker: (ResolvedCircuitBreakerOptions & ShadowMark) | undefined
  readonly concurrency: (ResolvedConcurrencyOptions & ShadowMark) | undefined
  readonly rateLimit: (ResolvedRateLimitOptions & ShadowMark) | undefined
  readonly throttle?: (ResolvedThrottleOptions & ShadowMark) | undefined
  readonly coalesce?: ResolvedCoalesceOptions | undefined
  readonly cache?: ResolvedCacheOptions | undefined
  readonly outlier: (ResolvedOutlierOptions & ShadowMark) | undefined
  readonly health?: (ResolvedHealthOptions & ShadowMark) | undefined
  readonly loadBalancing: ResolvedBalancingOptions
  readonly routes?: readonly ResolvedVersionRoute[] | undefined
  readonly split?: readonly VersionShare[] | undefined
  readonly mirror?: ResolvedMirrorOptions | undefined
}

/** The description from which validation, defaults and schema of a policy follow. */
export const POLICY_LAYERS: RecordField<ResolvedPolicy> = record(
  {
    timeout: orFalse(duration({ above: 0, about: 'Length of the whole call, retries included' })),
    retry: layer(moded(RETRY_OPTIONS)),
    hedge: layer(moded(HEDGE_OPTIONS)),
    circuitBreaker: layer(moded(CIRCUIT_BREAKER_OPTIONS)),
    concurrency: layer(moded(CONCURRENCY_OPTIONS)),
    rateLimit: layer(moded(RATE_LIMIT_OPTIONS)),
    throttle: layer(moded(THROTTLE_OPTIONS)),
    coalesce: layer(modeless(COALESCE_OPTIONS)),
    cache: layer(modeless(CACHE_OPTIONS)),
    outlier: layer(moded(OUTLIER_OPTIONS)),
    health: layer(moded(HEALTH_OPTIONS)),
    loadBalancing: BALANCING_OPTIONS,
    routes: ROUTES_OPTIONS,
    split: SPLIT_OPTIONS,
    mirror: layer(modeless(MIRROR_OPTIONS)),
    mode: optional(MODE),
  } satisfies FieldsOf<PolicyLayers>,
  {
    finish: ({ mode, ...values }): ResolvedPolicy => ({
      ...values,
      ...governedTimeout(mode, values.timeoutMs),
      retry: governedBy(mode, values.retry),
      hedge: governedBy(mode, values.hedge),
      circuitBreaker: governedBy(mode, values.circuitBreaker),
      concurrency: governedBy(mode, values.concurrency),
      rateLimit: governedBy(mode, values.rateLimit),
      throttle: governedBy(mode, values.throttle),
      outlier: governedBy(mode, values.outlier),
      health: governedBy(mode, values.health),
    }),
  },
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
  /** Of all layers that do not say their own. Default `enforce`. */
  readonly mode?: PolicyMode
  /** Counted in requests rather than attempts. */
  readonly concurrency?: WithMode<ConcurrencyOptions> | false
  /** Counted in requests rather than attempts. */
  readonly rateLimit?: WithMode<RateLimitOptions> | false
  /** Refuses the least important while the event loop has more to do than it can. */
  readonly shed?: WithMode<ShedOptions> | boolean
}

export interface InboundPolicy {
  readonly concurrency: (ResolvedConcurrencyOptions & ShadowMark) | undefined
  readonly rateLimit: (ResolvedRateLimitOptions & ShadowMark) | undefined
  readonly shed?: (ResolvedShedOptions & ShadowMark) | undefined
}

/** The description from which validation, defaults and schema of an inbound policy follow. */
export const INBOUND_LAYERS: RecordField<InboundPolicy> = record(
  {
    concurrency: layer(moded(CONCURRENCY_OPTIONS), {
      about: 'Bounds how many requests an instance works on',
    }),
    rateLimit: layer(moded(RATE_LIMIT_OPTIONS), {
      about: 'Bounds how many requests an instance admits in a second',
    }),
    shed: layer(moded(SHED_OPTIONS), {
      about: 'What an instance refuses while its event loop is too busy',
    }),
    mode: optional(MODE),
  } satisfies FieldsOf<InboundLayers>,
  {
    about: 'What each instance of the service admits',
    finish: ({ mode, concurrency, rateLimit, shed }): InboundPolicy => ({
      concurrency: governedBy(mode, concurrency),
      rateLimit: governedBy(mode, rateLimit),
      shed: governedBy(mode, shed),
    }),
  },
)

/** The inbound policy that the layers make, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveInbound(layers: InboundLayers, path: string | Place = 'inbound'): InboundPolicy {
  return INBOUND_LAYERS.resolve(layers, placeOf(path))
}
