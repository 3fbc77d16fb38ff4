import type { CircuitBreaker } from '../breaking/breaker.ts'
import { REFUSED } from '../breaking/circuit-breaker.ts'
import type { Attempt, AttemptSink, Cancel } from '../call/call.ts'
import type { AttemptResult } from '../call/outcome.ts'
import { asError } from '../errors/as-error.ts'
import type { Transport } from '../transport/transport.ts'
import type { CallRecord } from './call-record.ts'
import type { EndpointRow } from './endpoint-row.ts'
import {
  type Placement,
  type PlacementWish,
  type Route,
  type RouteShadow,
  type RouteStates,
  timeoutsOf,
} from './route.ts'
import { shadowed } from './shadow-route.ts'

/**
 * A route for one call that is explained: the same parts, each behind a face that writes down what it answers. So calls
 * that are not explained pay nothing, and the pipeline knows of none of this.
 */
export function explainedRoute(route: Route, record: CallRecord): Route {
  const { budget, backoff, classifier, clock } = route
  const { breaker, throttle, rateLimit, limiter } = actingIn(route)
  const told = <Answer>(answer: Answer, tell: (answer: Answer) => void): Answer => {
    tell(answer)
    return answer
  }
  const faces = {
    breaker: breaker && explainedBreaker(breaker, record),
    throttle: throttle && {
      refusalRatio: (now: number) =>
        told(throttle.refusalRatio(now), (refusalRatio) => {
          if (refusalRatio > 0) record.add({ step: 'throttle', isAdmitted: true, refusalRatio })
        }),
      onRefused: (now: number) => {
        record.add({ step: 'throttle', isAdmitted: false, refusalRatio: throttle.refusalRatio(now) })
        return throttle.onRefused(now)
      },
      onEnd: (isAccepted: boolean, now: number) => throttle.onEnd(isAccepted, now),
    },
    rateLimit: rateLimit && {
      tryTake: (now: number, key?: string) =>
        told(rateLimit.tryTake(now, key), (isAdmitted) => {
          const retryAfterMs = isAdmitted ? 0 : rateLimit.retryAfterMs(now, key)
          record.add({ step: 'rate-limit', isAdmitted, retryAfterMs })
        }),
      retryAfterMs: (now: number, key?: string) => rateLimit.retryAfterMs(now, key),
    },
    limiter: limiter && {
      get isShut() {
        return limiter.isShut
      },
      tryAcquire: () => {
        const { limit, inFlight, queued } = limiter
        return told(limiter.tryAcquire(), (isAdmitted) =>
          record.add({ step: 'concurrency', isAdmitted, limit, inFlight, queued }),
        )
      },
      join: (waiter: Parameters<typeof limiter.join>[0]) =>
        told(limiter.join(waiter), (isAdmitted) => record.add({ step: 'line', isAdmitted, queued: limiter.queued })),
      leave: (waiter: Parameters<typeof limiter.leave>[0]) => limiter.leave(waiter),
      release: (...settled: Parameters<typeof limiter.release>) => limiter.release(...settled),
    },
    budget: budget && {
      deposit: (now: number) => budget.deposit(now),
      withdraw: (now: number) =>
        told(budget.withdraw(now), (isAdmitted) => record.add({ step: 'retry-budget', isAdmitted })),
      get isExhausted() {
        return budget.isExhausted
      },
      ...(budget.onAttempt === undefined ? {} : { onAttempt: budget.onAttempt.bind(budget) }),
    },
    backoff: backoff && {
      delayMs: (retry: number, previousMs: number, u: number) =>
        told(backoff.delayMs(retry, previousMs, u), (delayMs) => record.add({ step: 'backoff', retry, delayMs })),
    },
    classifier: (ended: Parameters<typeof classifier>[0]) =>
      told(classifier(ended), (verdict) => record.add({ step: 'judged', verdict })),
    placement: new ExplainedPlacement(route.placement, record, clock.now.bind(clock)),
  }
  // A call reads of a route's parts what stands above; the parts themselves are more.
  const watching = route.shadow === undefined ? undefined : watchingIn(route, route.shadow, record)
  const acting = Object.fromEntries(Object.entries(faces).filter(([, face]) => face !== undefined))
  return { ...route, timeouts: timeoutsOf(route), ...watching, ...(acting as Partial<Route>) }
}

/** The states that act. */
function actingIn({ shadow, ...route }: Route): Pick<RouteStates, 'breaker' | 'throttle' | 'rateLimit' | 'limiter'> {
  if (shadow === undefined) return route
  const { states } = shadow
  const acting = Object.entries(states).filter(([name, state]) => route[name as keyof RouteStates] === state)
  return Object.fromEntries(acting) as unknown as RouteStates
}

/** What only watches writes down what it counts. */
function watchingIn({ policy }: Route, { states, counter }: RouteShadow, record: CallRecord): Partial<Route> {
  return shadowed(policy, states, {
    count: (act) => {
      record.add({ step: 'shadow', act })
      counter.count(act)
    },
  })
}

function explainedBreaker(breaker: CircuitBreaker, record: CallRecord): CircuitBreaker {
  const face: Pick<CircuitBreaker, 'isAdmitting' | 'enter' | 'onSend' | 'leave' | 'retryAfterMs'> = {
    get isAdmitting() {
      return breaker.isAdmitting
    },
    enter: (nowMs) => {
      const epoch = breaker.enter(nowMs)
      const isAdmitted = epoch !== REFUSED
      const { endpoint, value: state, why } = breaker
      const retryAfterMs = isAdmitted ? undefined : breaker.retryAfterMs(nowMs)
      record.add({ step: 'breaker', isAdmitted, endpoint, state, why, retryAfterMs })
      return epoch
    },
    onSend: (epoch, nowMs) => breaker.onSend(epoch, nowMs),
    leave: (epoch, verdict, sentMs, nowMs) => breaker.leave(epoch, verdict, sentMs, nowMs),
    retryAfterMs: (nowMs) => breaker.retryAfterMs(nowMs),
  }
  return face as CircuitBreaker
}

/** Hands out rows whose transport and circuit tell, and takes them back for those behind them. */
class ExplainedPlacement implements Placement {
  readonly #real: Placement
  readonly #record: CallRecord
  readonly #now: () => number
  readonly transport: Transport | undefined

  constructor(real: Placement, record: CallRecord, now: () => number) {
    this.#real = real
    this.#record = record
    this.#now = now
    this.transport = real.transport && explainedTransport(real.transport, record, now)
  }

  get balancer(): Placement['balancer'] {
    return this.#real.balancer
  }
  get isClosing(): boolean {
    return this.#real.isClosing
  }
  get idle(): Placement['idle'] {
    return this.#real.idle
  }
  get versions(): Placement['versions'] {
    return this.#real.versions
  }
  get size(): number {
    return this.#real.size
  }
  get present(): readonly EndpointRow[] {
    return this.#real.present
  }

  pick(key: number, avoid: EndpointRow | undefined, nowMs: number, wish: PlacementWish): EndpointRow | undefined {
    const candidates = this.#real.present.map((row) => ({
      id: row.id,
      isEligible: row.eligible,
      weight: row.weight,
      inFlight: row.load.inFlight,
      costMs: row.load.costMs < 0 ? undefined : row.load.costMs,
      failedForMs: row.load.failedUntilMs > nowMs ? row.load.failedUntilMs - nowMs : undefined,
      circuit: row.breaker?.value,
    }))
    const row = this.#real.pick(key, avoid && realOf(avoid), nowMs, wish)
    this.#record.add({ step: 'pick', endpoint: row?.id, avoided: avoid?.id, candidates })
    return row && this.#explained(row)
  }

  onVerdict(row: EndpointRow, verdict: 'success' | 'failure', nowMs: number): void {
    this.#real.onVerdict(realOf(row), verdict, nowMs)
  }

  #explained(row: EndpointRow): EndpointRow {
    const { transport, breaker } = row
    return Object.create(row, {
      id: { value: row.id },
      real: { value: row },
      transport: { value: transport && explainedTransport(transport, this.#record, this.#now) },
      breaker: { value: breaker && explainedBreaker(breaker, this.#record) },
    })
  }
}

function realOf(row: EndpointRow): EndpointRow {
  return (row as EndpointRow & { readonly real?: EndpointRow }).real ?? row
}

function explainedTransport(transport: Transport, record: CallRecord, now: () => number): Transport {
  return {
    protocol: transport.protocol,
    send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
      const { number } = attempt
      const sentMs = now()
      let isOver = false
      record.add({ step: 'sent', attempt: number, endpoint: attempt.endpoint?.id, leftMs: attempt.deadlineMs - sentMs })
      const cancel = transport.send(attempt, {
        commit: (answer) => sink.commit(answer),
        settle: (result) => {
          if (!isOver) {
            const { ending, status, retryAfterMs } = result
            const error = result.error === undefined ? undefined : asError(result.error).message
            record.add({
              step: 'answered',
              attempt: number,
              ending,
              tookMs: now() - sentMs,
              status,
              error,
              retryAfterMs,
            })
          }
          isOver = true
          sink.settle(result)
        },
      })
      return (reason) => {
        if (!isOver) {
          record.add({ step: 'called-off', attempt: number, why: reason ?? 'cancelled', tookMs: now() - sentMs })
        }
        isOver = true
        cancel(reason)
      }
    },
    close: (deadlineMs, done) => transport.close(deadlineMs, done),
  }
}
