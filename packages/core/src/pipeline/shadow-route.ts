import type { CircuitBreaker } from '../breaking/breaker.ts'
import { UNKNOWN_EPOCH } from '../breaking/circuit-breaker.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import type { AdaptiveThrottle } from '../limiting/adaptive-throttle.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import type { RateLimiter } from '../limiting/rate-limiter.ts'
import { createBackoff } from '../retrying/backoff.ts'
import type { Hedging } from '../retrying/hedging.ts'
import type { ShadowAct } from '../telemetry/events.ts'
import type { ShadowCounter } from '../telemetry/shadow-tally.ts'
import type { Route, RouteShadow, RouteStates, ShadowRetry } from './route.ts'

/** Whether any layer of calls only watches. (`outlier` and `health` are read by the rows.) */
export function hasShadow(policy: ResolvedPolicy): boolean {
  const { circuitBreaker, throttle, rateLimit, concurrency, hedge, retry, shadowTimeoutMs } = policy
  const isAttemptWatched =
    circuitBreaker?.isShadow ?? throttle?.isShadow ?? rateLimit?.isShadow ?? concurrency?.isShadow ?? hedge?.isShadow
  return (isAttemptWatched ?? retry?.isShadow) === true || shadowTimeoutMs !== undefined
}

/**
 * The fields of a route whose policy has layers in shadow: the states, and faces before those that only watch, which count
 * and admit. So calls of other routes pay nothing, and the pipeline knows of none of this.
 *
 * An attempt counts once, by the first layer that would have refused it; what comes after takes nothing for it, as nothing
 * would have come so far. Those that ask stand in a fixed order within one step, so one flag serves all attempts.
 */
export function shadowed(policy: ResolvedPolicy, states: RouteStates, counter: ShadowCounter): Partial<Route> {
  const { circuitBreaker, throttle, rateLimit, concurrency, hedge, retry } = policy
  const steps = new Steps(counter)
  const { breaker } = states
  // In the order in which an attempt meets them.
  const faces = {
    ...(circuitBreaker?.isShadow && breaker && { breaker: breakerFace(breaker, steps) }),
    ...(throttle?.isShadow && states.throttle && { throttle: throttleFace(states.throttle, steps) }),
    ...(rateLimit?.isShadow && states.rateLimit && { rateLimit: rateFace(states.rateLimit, steps) }),
    ...(concurrency?.isShadow && states.limiter && { limiter: limiterFace(states.limiter, concurrency.queue, steps) }),
    ...(hedge?.isShadow && states.hedging && { hedging: hedgingFace(states.hedging, counter) }),
    ...(retry?.isShadow && { budget: undefined }),
  }
  const { maxAttempts = 1, attemptTimeoutMs } = retry ?? {}
  const shadowRetry: ShadowRetry | undefined = retry?.isShadow
    ? { maxAttempts, attemptTimeoutMs, backoff: createBackoff(retry.backoff), budget: states.budget }
    : undefined
  const shadow: RouteShadow = { states, counter, retry: shadowRetry }
  // A call reads of a route's parts what stands in the faces; the parts themselves are more.
  return { ...states, ...(faces as unknown as Partial<Route>), shadow }
}

/** Where an attempt stands among the layers in shadow. */
class Steps {
  readonly #counter: ShadowCounter
  #isJoined = false
  /** One before has counted the present attempt. */
  #isCounted = false

  constructor(counter: ShadowCounter) {
    this.#counter = counter
  }

  /** For each layer, in the order in which they are asked: begins its step, and answers whether one before has counted. */
  join(): () => boolean {
    const isFirst = !this.#isJoined
    this.#isJoined = true
    return () => {
      if (isFirst) this.#isCounted = false
      return this.#isCounted
    }
  }

  /** Whoever is told may begin another attempt within it: the flag is set last. */
  refuse(act: ShadowAct): void {
    this.#counter.count(act)
    this.#isCounted = true
  }
}

function breakerFace(breaker: CircuitBreaker, steps: Steps): Partial<CircuitBreaker> {
  const begin = steps.join()
  return {
    get isAdmitting() {
      return true
    },
    enter: (nowMs) => {
      begin()
      const epoch = breaker.enter(nowMs)
      if (epoch === UNKNOWN_EPOCH) steps.refuse('circuit-open')
      return epoch
    },
    onSend: (epoch, nowMs) => breaker.onSend(epoch, nowMs),
    leave: (epoch, verdict, sentMs, nowMs) => breaker.leave(epoch, verdict, sentMs, nowMs),
  }
}

/** What it would have refused is sent, and counts as what becomes of it. */
function throttleFace(throttle: AdaptiveThrottle, steps: Steps): Partial<AdaptiveThrottle> {
  const begin = steps.join()
  let isCounted = false
  return {
    refusalRatio: (nowMs) => {
      isCounted = begin()
      return throttle.refusalRatio(nowMs)
    },
    onRefused: () => {
      if (!isCounted) steps.refuse('shed')
      return false
    },
    onEnd: (isAccepted, nowMs) => throttle.onEnd(isAccepted, nowMs),
  }
}

function rateFace(rateLimit: RateLimiter, steps: Steps): Partial<RateLimiter> {
  const begin = steps.join()
  return {
    tryTake: (nowMs, key) => {
      if (!begin() && !rateLimit.tryTake(nowMs, key)) steps.refuse('rate-limited')
      return true
    },
    retryAfterMs: () => 0,
  }
}

/** Nobody waits: refused would be who finds more under way than limit and line hold together. */
function limiterFace(limiter: ConcurrencyLimiter, queue: number, steps: Steps): Partial<ConcurrencyLimiter> {
  const begin = steps.join()
  return {
    isShut: false,
    tryAcquire: () => {
      const isCounted = begin()
      if (limiter.tryAcquire()) return true
      if (!isCounted && limiter.inFlight >= limiter.limit + queue) steps.refuse('concurrency')
      limiter.takeAnyway()
      return true
    },
    release: (...settled) => limiter.release(...settled),
  }
}

/** Says when a copy would be sent, and that there is none to send. */
function hedgingFace(hedging: Hedging, counter: ShadowCounter): Partial<Hedging> {
  return {
    get maxAttempts() {
      return hedging.maxAttempts
    },
    onCall: () => hedging.onCall(),
    onLatency: (tookMs, nowMs) => hedging.onLatency(tookMs, nowMs),
    delayMs: (nowMs) => hedging.delayMs(nowMs),
    withdraw: () => {
      if (hedging.withdraw()) counter.count('hedged')
      return false
    },
  }
}
