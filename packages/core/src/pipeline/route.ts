import type { Balancer } from '../balancing/balancer.ts'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { CallCache } from '../caching/call-cache.ts'
import type { Coalescing } from '../caching/coalescing.ts'
import type { CallRequest, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { Classifier } from '../call/classification.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import type { AdaptiveThrottle } from '../limiting/adaptive-throttle.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import type { RateLimiter } from '../limiting/rate-limiter.ts'
import type { Random } from '../random/random.ts'
import type { Hedging } from '../retrying/hedging.ts'
import type { Backoff, RetryBudget } from '../retrying/retry-policy.ts'
import type { Mirror } from '../routing/mirror.ts'
import type { VersionRouter } from '../routing/version-router.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { ShadowCounter } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import { TimeoutQueue } from '../time/timeout-queue.ts'
import type { Transport } from '../transport/transport.ts'
import type { EndpointRow } from './endpoint-row.ts'
import type { IdleAttempts } from './idle-attempts.ts'
import type { StartedCall } from './started-call.ts'

/** Makes a call of a route, ready to start. */
export type CallFactory = (
  route: Route,
  request: CallRequest,
  options: StartOptions,
  callKey: number,
  sink: CallSink,
) => StartedCall

/**
 * A resolved policy made ready for calls: the numbers and the shared state one governed call reads, in one flat object,
 * put together when the policy is resolved and not per call. A target has one route, and one more for each method whose
 * policy differs; layers that are equal are the same object in both.
 */
export interface Route {
  readonly service: string
  /** The service that calls. */
  readonly caller: string | undefined
  readonly policy: ResolvedPolicy
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
  readonly classifier: Classifier
  /** A call as the policy has it: what it does not ask for costs its calls nothing. */
  readonly prepareCall: CallFactory
  /** The same, of which nobody else has the answer. */
  readonly createCall: CallFactory

  readonly timeoutMs: number | undefined
  readonly attemptTimeoutMs: number | undefined
  /** Where its attempts wait for the end of what the policy gives them; made for the first that has one. */
  timeouts: TimeoutQueue | undefined
  /** Attempts in all; 1 where the policy does not retry. */
  readonly maxAttempts: number
  /** Only calls with an idempotency key are repeated. */
  readonly requiresKey: boolean
  readonly backoff: Backoff | undefined
  readonly budget: RetryBudget | undefined
  readonly hedging: Hedging | undefined
  /** Longest wait for a permit. */
  readonly maxWaitMs: number

  readonly cache: CallCache | undefined
  readonly coalescing: Coalescing | undefined

  /** Undefined where neither routes nor a split send calls to versions. */
  readonly router: VersionRouter | undefined
  /** Undefined where no copies are sent. */
  readonly mirror: Mirror | undefined

  readonly breaker: CircuitBreaker | undefined
  readonly throttle: AdaptiveThrottle | undefined
  /** The throttle or the budget goes by how each attempt ends. */
  readonly isAttemptTold: boolean
  readonly rateLimit: RateLimiter | undefined
  readonly limiter: ConcurrencyLimiter | undefined

  /** Undefined where every layer acts. */
  readonly shadow: RouteShadow | undefined

  readonly placement: Placement
}

/** The states behind a route: what its layers have learnt, whether they act or only watch. */
export interface RouteStates {
  readonly breaker: CircuitBreaker | undefined
  readonly throttle: AdaptiveThrottle | undefined
  readonly rateLimit: RateLimiter | undefined
  readonly limiter: ConcurrencyLimiter | undefined
  readonly hedging: Hedging | undefined
  readonly budget: RetryBudget | undefined
}

/** What a route has beside its fields where layers of its policy are in shadow. */
export interface RouteShadow {
  /** The states themselves; in the route's own fields stand faces of those in shadow. */
  readonly states: RouteStates
  readonly counter: ShadowCounter
  readonly retry: ShadowRetry | undefined
}

/** How a policy in shadow would retry. */
export interface ShadowRetry {
  readonly maxAttempts: number
  readonly attemptTimeoutMs: number | undefined
  readonly backoff: Backoff
  readonly budget: RetryBudget | undefined
}

/** The states of a route, which are its own fields but for those in shadow. */
export function statesOf(route: Route): RouteStates {
  return route.shadow?.states ?? route
}

/** What a call says of where it wants to go. */
export interface PlacementWish {
  /** Calls of the same key go to the same endpoint, where the balancer hashes. */
  readonly key?: string | undefined
  /** Only endpoints of this version, while it has one. */
  readonly version?: string | undefined
}

/** Where attempts go: to endpoints that are picked, or to the one function which a policy guards. */
export interface Placement {
  /** Undefined where a policy guards a function. */
  readonly balancer: Balancer | undefined
  /** What sends an attempt that has no row. */
  readonly transport: Transport | undefined
  /** Set while the runtime is closing: new calls are refused. */
  readonly isClosing: boolean
  /** Those that have to wait before they are sent. */
  readonly idle: IdleAttempts
  /** The row for an attempt; undefined where there is no endpoint. */
  pick(key: number, avoid: EndpointRow | undefined, nowMs: number, wish: PlacementWish): EndpointRow | undefined
  /** The versions that have an endpoint. */
  readonly versions: { has(version: string): boolean }
  /** Endpoints that could still be asked. */
  readonly size: number
  /** The rows of those endpoints. */
  readonly present: readonly EndpointRow[]
  /** Tells the passive health of a row how an attempt ended. */
  onVerdict(row: EndpointRow, verdict: 'success' | 'failure', nowMs: number): void
}

export function timeoutsOf(route: Route): TimeoutQueue {
  return route.timeouts ?? makeTimeouts(route)
}

function makeTimeouts(route: Route): TimeoutQueue {
  route.timeouts = new TimeoutQueue(route.clock)
  return route.timeouts
}
