import { CircuitBreaker } from '../breaking/breaker.ts'
import type { BreakerLoop } from '../breaking/breaker-loop.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { AdaptiveThrottle } from '../limiting/adaptive-throttle.ts'
import { createLimiter } from '../limiting/create-limiter.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitLoop } from '../limiting/limit-loop.ts'
import { createBackoff } from '../retrying/backoff.ts'
import { WindowedRetryBudget } from '../retrying/retry-budget.ts'
import type { Placement, Route } from './route.ts'
import type { TargetPorts } from './target-ports.ts'

/** Longest wait for a permit where the policy names neither `maxWait` nor an attempt timeout. */
const DEFAULT_MAX_WAIT_MS = 1000

/**
 * Puts a route together. Where `base` (the route of the whole service) has an equal layer, its state is shared: a method
 * with a timeout of its own still counts in the service's breaker.
 */
export function createRoute(
  service: string,
  policy: ResolvedPolicy,
  ports: TargetPorts,
  placement: Placement,
  loop: BreakerLoop,
  limits: LimitLoop,
  base?: Route,
): Route {
  const shares = (layer: 'circuitBreaker' | 'throttle' | 'rateLimit' | 'concurrency'): boolean =>
    base !== undefined && JSON.stringify(base.policy[layer]) === JSON.stringify(policy[layer])
  const { retry, circuitBreaker, throttle, rateLimit, concurrency } = policy
  const budget = retry?.budget
  const sharesBudget = JSON.stringify(base?.policy.retry?.budget) === JSON.stringify(budget)
  return {
    service,
    policy,
    clock: ports.clock,
    random: ports.random,
    events: ports.events,
    classifier: ports.classifier,
    timeoutMs: policy.timeoutMs,
    attemptTimeoutMs: retry?.attemptTimeoutMs,
    maxAttempts: retry?.maxAttempts ?? 1,
    backoff: retry === undefined ? undefined : createBackoff(retry.backoff),
    budget: sharesBudget ? base?.budget : budget === undefined ? undefined : new WindowedRetryBudget(budget),
    maxWaitMs: concurrency?.maxWaitMs ?? retry?.attemptTimeoutMs ?? DEFAULT_MAX_WAIT_MS,
    breaker: shares('circuitBreaker')
      ? base?.breaker
      : circuitBreaker === undefined || circuitBreaker.per === 'endpoint'
        ? undefined
        : loop.add(
            new CircuitBreaker(circuitBreaker, {
              random: ports.random.stream(`breaker/${service}`),
              clock: ports.clock,
              events: ports.events,
              service,
            }),
          ),
    throttle: shares('throttle') ? base?.throttle : throttle === undefined ? undefined : new AdaptiveThrottle(throttle),
    rateLimit: shares('rateLimit')
      ? base?.rateLimit
      : rateLimit === undefined
        ? undefined
        : createRateLimiter(rateLimit),
    limiter: shares('concurrency')
      ? base?.limiter
      : concurrency === undefined
        ? undefined
        : createLimiter(concurrency, { clock: ports.clock, random: ports.random, loop: limits, service }),
    placement,
  }
}
