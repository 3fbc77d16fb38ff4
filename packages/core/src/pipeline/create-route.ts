import { CircuitBreaker } from '../breaking/breaker.ts'
import type { BreakerLoop } from '../breaking/breaker-loop.ts'
import { CallCache } from '../caching/call-cache.ts'
import { Coalescing } from '../caching/coalescing.ts'
import { contentHash } from '../config/content-hash.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { asError } from '../errors/as-error.ts'
import { AdaptiveThrottle } from '../limiting/adaptive-throttle.ts'
import { createLimiter } from '../limiting/create-limiter.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitLoop } from '../limiting/limit-loop.ts'
import type { Random } from '../random/random.ts'
import { scopedRandom } from '../random/scoped-random.ts'
import { createBackoff } from '../retrying/backoff.ts'
import { createRetryBudget } from '../retrying/create-retry-budget.ts'
import { Hedging } from '../retrying/hedging.ts'
import { Mirror } from '../routing/mirror.ts'
import { VersionRouter } from '../routing/version-router.ts'
import type { ShadowHost } from '../telemetry/shadow-tally.ts'
import { callFactories } from './create-call.ts'
import { type Placement, type Route, type RouteStates, statesOf } from './route.ts'
import { hasShadow, shadowed } from './shadow-route.ts'
import type { TargetPorts } from './target-ports.ts'
import type { TargetSharing } from './target-sharing.ts'

/** Longest wait for a permit where the policy names neither `maxWait` nor an attempt timeout. */
const DEFAULT_MAX_WAIT_MS = 1000

/** What all routes of a target are made with. */
export interface RouteParts extends ShadowHost {
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
  /** Other methods' routes. */
  readonly siblings?: Iterable<Route> | undefined
}

export function createRoute(parts: RouteParts, policy: ResolvedPolicy, origins: RouteOrigins = {}): Route {
  const { service, ports, placement, breakers, limits, sharing } = parts
  const { clock, events, classifier, createLimit: createAlgorithm } = ports
  const { base } = origins
  const isBase = base === undefined
  const isFirst = isBase && origins.before === undefined
  // What a method has for itself draws from streams of its own.
  const chance = (): Random => (isBase ? ports.random : scopedRandom(ports.random, contentHash(policy)))
  const state = <Options, State>(
    part: Part<Options, State>,
    make: (options: Options) => State,
    learn: (known: State, options: Options) => void,
  ): State | undefined => {
    const options = part.options(policy)
    if (options === undefined) return undefined
    const found = isFirst ? undefined : originOf(part, options, origins)
    if (found === undefined) return make(options)
    if (found.isOther) learn(found.state, options)
    return found.state
  }
  const { retry, concurrency, routes, split } = policy
  const breaker = state(
    BREAKER,
    (options) => {
      const random = chance().stream(`breaker/${service}`)
      return breakers.add(new CircuitBreaker(options, { random, clock, events, service }))
    },
    (known, options) => known.update(options),
  )
  if (breaker !== undefined && breaker !== (base && statesOf(base).breaker)) {
    if ((policy.circuitBreaker?.quorum ?? breaker.peers) !== undefined) {
      sharing?.().joinCircuit(breaker, policy.circuitBreaker, isBase)
    }
  }
  const states: RouteStates = {
    breaker,
    throttle: state(
      THROTTLE,
      (options) => new AdaptiveThrottle(options),
      (known, options) => known.update(options),
    ),
    rateLimit: state(
      RATE_LIMIT,
      (options) =>
        options.shared === undefined || sharing === undefined
          ? createRateLimiter(options)
          : sharing().joinRate(options, limits, isBase),
      (known, options) => known.update(options, clock.now()),
    ),
    limiter: state(
      CONCURRENCY,
      (options) => createLimiter(options, { clock, random: chance(), loop: limits, service, createAlgorithm }),
      (known, options) => known.update(options),
    ),
    hedging: state(
      HEDGING,
      (options) => new Hedging(options),
      (known, options) => known.update(options),
    ),
    budget: state(BUDGET, createRetryBudget, (known, options) => known.update(options)),
  }
  const enforcedRetry = retry?.isShadow ? undefined : retry
  const route: Route = {
    // What every call reads comes first: it lies in three lines of the cache.
    placement,
    ...callFactories(policy),
    clock,
    // Each by name: an object that is spread is larger, and there is one for each target.
    breaker: states.breaker,
    throttle: states.throttle,
    rateLimit: states.rateLimit,
    limiter: states.limiter,
    budget: states.budget,
    timeoutMs: policy.timeoutMs,
    attemptTimeoutMs: enforcedRetry?.attemptTimeoutMs,
    timeouts: undefined,
    classifier,
    isAttemptTold: states.throttle !== undefined || states.budget?.onAttempt !== undefined,
    router: routes === undefined && split === undefined ? undefined : new VersionRouter(service, routes, split),
    mirror: state(
      MIRROR,
      (options) => new Mirror(options),
      (known, options) => known.update(options),
    ),
    maxAttempts: enforcedRetry?.maxAttempts ?? 1,
    service,
    caller: ports.caller,
    policy,
    random: ports.random,
    events,
    requiresKey: enforcedRetry?.requireIdempotencyKey === true,
    backoff: enforcedRetry === undefined ? undefined : createBackoff(enforcedRetry.backoff),
    hedging: states.hedging,
    maxWaitMs: concurrency?.maxWaitMs ?? enforcedRetry?.attemptTimeoutMs ?? DEFAULT_MAX_WAIT_MS,
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
    shadow: undefined,
  }
  return hasShadow(policy) ? { ...route, ...shadowed(policy, states, parts.shadow) } : route
}

/** A state that is known already, and whether it is to learn other numbers. */
interface Found<State> {
  readonly state: State
  readonly isOther: boolean
}

function originOf<Options, State>(
  part: Part<Options, State>,
  options: Options,
  { base, before, baseBefore, siblings = [] }: RouteOrigins,
): Found<State> | undefined {
  const stateIn = (route: Route | undefined) => route && part.state(statesOf(route), route)
  const isIn = (route: Route) => isEqual(part.options(route.policy), options)
  const ofService = stateIn(base)
  if (base !== undefined && ofService !== undefined && isIn(base)) return { state: ofService, isOther: false }
  // What is shared with other instances is known to them by what it says, and so is one state here.
  const same = part.isShared?.(options) ? [...siblings].find(isIn) : undefined
  const known = stateIn(same)
  if (known !== undefined) return { state: known, isOther: false }
  const old = before && part.options(before.policy)
  const mine = stateIn(before)
  if (old === undefined || mine === undefined || mine === ofService) return undefined
  if (baseBefore !== undefined && mine === stateIn(baseBefore)) return undefined
  const isBase = base === undefined
  if (part.kind?.(old, isBase) !== part.kind?.(options, isBase)) return undefined
  return { state: mine, isOther: !isEqual(old, options) }
}

/** One layer of a policy and its state in a route. */
interface Part<Options, State> {
  options(policy: ResolvedPolicy): Options | undefined
  state(states: RouteStates, route: Route): State | undefined
  /** States of different kinds cannot take each other's place; nor those that other instances know by another name. */
  kind?: ((options: Options, isBase: boolean) => string) | undefined
  /** Whether other instances take part in it. */
  isShared?: ((options: Options) => boolean) | undefined
}

function part<Options, State>(
  options: (policy: ResolvedPolicy) => Options | undefined,
  state: (states: RouteStates, route: Route) => State | undefined,
  kind?: (options: Options, isBase: boolean) => string,
  isShared?: (options: Options) => boolean,
): Part<Options, State> {
  return { options, state, kind, isShared }
}

const BUDGET = part(
  // One on paper and one that counts are two.
  ({ retry }) => retry?.budget && { ...retry.budget, isShadow: retry.isShadow },
  ({ budget }) => budget,
  ({ algorithm }) => `${algorithm}`,
)
const HEDGING = part(
  ({ hedge }) => hedge,
  ({ hedging }) => hedging,
)
const CACHE = part(
  ({ cache }) => cache,
  (_, { cache }) => cache,
)
const COALESCING = part(
  ({ coalesce }) => coalesce,
  (_, { coalescing }) => coalescing,
)
const MIRROR = part(
  ({ mirror }) => mirror,
  (_, { mirror }) => mirror,
)
const BREAKER = part(
  ({ circuitBreaker }) => (circuitBreaker?.per === 'endpoint' ? undefined : circuitBreaker),
  ({ breaker }) => breaker,
  undefined,
  ({ quorum }) => quorum !== undefined,
)
const THROTTLE = part(
  ({ throttle }) => throttle,
  ({ throttle }) => throttle,
)
const RATE_LIMIT = part(
  ({ rateLimit }) => rateLimit,
  ({ rateLimit }) => rateLimit,
  (options, isBase) => {
    const { algorithm, maxKeys, shared, isShadow } = options
    if (shared !== undefined && !isBase) return contentHash(options)
    return `${algorithm} ${maxKeys} ${shared} ${shared !== undefined && isShadow === true}`
  },
  ({ shared }) => shared !== undefined,
)
const CONCURRENCY = part(
  ({ concurrency }) => concurrency,
  ({ limiter }) => limiter,
  ({ adaptive, line }) => `${adaptive?.algorithm} ${JSON.stringify(line)}`,
)

function isEqual(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
