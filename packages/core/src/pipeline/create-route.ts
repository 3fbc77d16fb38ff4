import { CircuitBreaker } from '../breaking/breaker.ts'
import type { BreakerLoop } from '../breaking/breaker-loop.ts'
import { CallCache } from '../caching/call-cache.ts'
import { Coalescing } from '../caching/coalescing.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { asError } from '../errors/as-error.ts'
import { AdaptiveThrottle } from '../limiting/adaptive-throttle.ts'
import { createLimiter } from '../limiting/create-limiter.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitLoop } from '../limiting/limit-loop.ts'
import { createBackoff } from '../retrying/backoff.ts'
import { createRetryBudget } from '../retrying/create-retry-budget.ts'
import { Hedging } from '../retrying/hedging.ts'
import { Mirror } from '../routing/mirror.ts'
import { VersionRouter } from '../routing/version-router.ts'
import { callFactories } from './create-call.ts'
import type { Placement, Route } from './route.ts'
import type { TargetPorts } from './target-ports.ts'
import type { TargetSharing } from './target-sharing.ts'

/** Longest wait for a permit where the policy names neither `maxWait` nor an attempt timeout. */
const DEFAULT_MAX_WAIT_MS = 1000

/** What all routes of a target are made with. */
export interface RouteParts {
  readonly service: string
  readonly ports: TargetPorts
  readonly placement: Placement
  readonly breakers: BreakerLoop
  readonly limits: LimitLoop
  /** Undefined where there is no board: then nothing is shared. */
  readonly sharing: (() => TargetSharing) | undefined
}

/**
 * Where the state of a layer comes from, in this order: `base`, the route of the whole service, where it has an equal
 * layer (a method with a timeout of its own still counts in the service's breaker); `before`, the route that this one
 * takes the place of, whose state learns the new numbers and forgets nothing; else it is new.
 */
export interface RouteOrigins {
  readonly base?: Route | undefined
  readonly before?: Route | undefined
  /** The service's route when `before` was made: what stood in both was the service's, and is not taken over from it. */
  readonly baseBefore?: Route | undefined
}

export function createRoute(
  parts: RouteParts,
  policy: ResolvedPolicy,
  { base, before, baseBefore }: RouteOrigins = {},
): Route {
  const { service, ports, placement, breakers, limits, sharing } = parts
  const { clock, random, events, classifier, createLimit: createAlgorithm } = ports
  const state = <Options, State>(
    part: Part<Options, State>,
    make: (options: Options) => State,
    learn: (known: State, options: Options) => void,
  ): State | undefined => {
    const options = part.options(policy)
    if (options === undefined) return undefined
    const shared = base === undefined ? undefined : part.state(base)
    if (base !== undefined && shared !== undefined && isEqual(part.options(base.policy), options)) return shared
    const known = before === undefined ? undefined : part.state(before)
    const old = before === undefined ? undefined : part.options(before.policy)
    const isOfService = baseBefore !== undefined && known === part.state(baseBefore)
    if (
      known === undefined ||
      old === undefined ||
      isOfService ||
      known === shared ||
      part.kind?.(old) !== part.kind?.(options)
    ) {
      return make(options)
    }
    if (!isEqual(old, options)) learn(known, options)
    return known
  }
  const { retry, concurrency, routes, split } = policy
  const name = { policy, isBase: base === undefined }
  const breaker = state(
    BREAKER,
    (options) =>
      breakers.add(
        new CircuitBreaker(options, { random: random.stream(`breaker/${service}`), clock, events, service }),
      ),
    (known, options) => known.update(options),
  )
  if (breaker !== undefined && breaker !== base?.breaker) {
    if ((policy.circuitBreaker?.quorum ?? breaker.peers) !== undefined) sharing?.().joinCircuit(breaker, name)
  }
  const budget = state(BUDGET, createRetryBudget, (known, options) => known.update(options))
  const throttle = state(
    THROTTLE,
    (options) => new AdaptiveThrottle(options),
    (known, options) => known.update(options),
  )
  return {
    service,
    caller: ports.caller,
    policy,
    clock,
    random,
    events,
    classifier,
    ...callFactories(policy),
    timeoutMs: policy.timeoutMs,
    attemptTimeoutMs: retry?.attemptTimeoutMs,
    timeouts: undefined,
    maxAttempts: retry?.maxAttempts ?? 1,
    requiresKey: retry?.requireIdempotencyKey === true,
    backoff: retry === undefined ? undefined : createBackoff(retry.backoff),
    budget,
    hedging: state(
      HEDGING,
      (options) => new Hedging(options),
      (known, options) => known.update(options),
    ),
    maxWaitMs: concurrency?.maxWaitMs ?? retry?.attemptTimeoutMs ?? DEFAULT_MAX_WAIT_MS,
    cache: state(
      CACHE,
      (options) => new CallCache(service, options),
      (known, options) => known.update(options),
    ),
    coalescing: state(
      COALESCING,
      (options) =>
        new Coalescing(service, options, (thrown) => {
          const error = asError(thrown)
          events.emit({ type: 'listenerFailed', atMs: clock.now(), name: service, error })
        }),
      (known, options) => known.update(options),
    ),
    router: routes === undefined && split === undefined ? undefined : new VersionRouter(service, routes, split),
    mirror: state(
      MIRROR,
      (options) => new Mirror(options),
      (known, options) => known.update(options),
    ),
    breaker,
    throttle,
    isAttemptTold: throttle !== undefined || budget?.onAttempt !== undefined,
    rateLimit: state(
      RATE_LIMIT,
      (options) =>
        options.shared === undefined || sharing === undefined
          ? createRateLimiter(options)
          : sharing().joinRate(options, limits, name),
      (known, options) => known.update(options, clock.now()),
    ),
    limiter: state(
      CONCURRENCY,
      (options) => createLimiter(options, { clock, random, loop: limits, service, createAlgorithm }),
      (known, options) => known.update(options),
    ),
    placement,
  }
}

/** One layer of a policy and its state in a route. */
interface Part<Options, State> {
  options(policy: ResolvedPolicy): Options | undefined
  state(route: Route): State | undefined
  /** States of different kinds cannot take each other's place. */
  kind?(options: Options): string
}

function part<Options, State>(
  options: (policy: ResolvedPolicy) => Options | undefined,
  state: (route: Route) => State | undefined,
  kind?: (options: Options) => string,
): Part<Options, State> {
  return kind === undefined ? { options, state } : { options, state, kind }
}

const BUDGET = part(
  ({ retry }) => retry?.budget,
  ({ budget }) => budget,
  ({ algorithm }) => `${algorithm}`,
)
const HEDGING = part(
  ({ hedge }) => hedge,
  ({ hedging }) => hedging,
)
const CACHE = part(
  ({ cache }) => cache,
  ({ cache }) => cache,
)
const COALESCING = part(
  ({ coalesce }) => coalesce,
  ({ coalescing }) => coalescing,
)
const MIRROR = part(
  ({ mirror }) => mirror,
  ({ mirror }) => mirror,
)
const BREAKER = part(
  ({ circuitBreaker }) => (circuitBreaker?.per === 'endpoint' ? undefined : circuitBreaker),
  ({ breaker }) => breaker,
)
const THROTTLE = part(
  ({ throttle }) => throttle,
  ({ throttle }) => throttle,
)
const RATE_LIMIT = part(
  ({ rateLimit }) => rateLimit,
  ({ rateLimit }) => rateLimit,
  ({ algorithm, maxKeys, shared }) => `${algorithm} ${maxKeys} ${shared}`,
)
const CONCURRENCY = part(
  ({ concurrency }) => concurrency,
  ({ limiter }) => limiter,
  ({ adaptive, line }) => `${adaptive?.algorithm} ${JSON.stringify(line)}`,
)

function isEqual(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
