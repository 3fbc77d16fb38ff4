import { beforeEach, describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { CircuitBreaker } from './breaker.ts'
import { BreakerLoop } from './breaker-loop.ts'
import type { ResolvedCircuitBreakerOptions } from './breaker-options.ts'
import { type CircuitState, REFUSED } from './circuit-breaker.ts'

const OPTIONS: ResolvedCircuitBreakerOptions = {
  failureRatio: 0.5,
  consecutiveFailures: undefined,
  windowMs: 10_000,
  windowCalls: undefined,
  minimumCalls: 4,
  openForMs: 5_000,
  maxOpenForMs: 60_000,
  jitter: 0,
  halfOpenProbes: 2,
  probeTimeoutMs: 30_000,
  rampForMs: 0,
  per: 'both',
  slowCall: undefined,
}

let clock: ManualClock
let told: GovernanceEvent[]
let loop: BreakerLoop
const events = { emit: (event: GovernanceEvent): void => void told.push(event) }

beforeEach(() => {
  clock = new ManualClock()
  told = []
  loop = new BreakerLoop(clock, events)
})

function breakerOf(
  options: Partial<ResolvedCircuitBreakerOptions> = {},
  endpoint?: string,
  onAdmittingChange?: () => void,
): CircuitBreaker {
  const random = new Sfc32(1, 2)
  const parts = { clock, random, events, service: 'payments', endpoint, onAdmittingChange }
  return loop.add(new CircuitBreaker({ ...OPTIONS, ...options }, parts))
}

function trip(breaker: CircuitBreaker): void {
  for (let i = 0; i < 4; i++) breaker.leave(breaker.enter(clock.now()), 'failure', clock.now() - 1, clock.now())
  expect(breaker.value).toBe('open')
}

function probe(breaker: CircuitBreaker, verdict: 'success' | 'failure'): void {
  breaker.leave(breaker.enter(clock.now()), verdict, clock.now() - 1, clock.now())
}

describe('a circuit breaker', () => {
  test('goes round: opens, half-opens by itself, closes; and tells of each step once, with the numbers', () => {
    const breaker = breakerOf({}, 'payments#2')
    const states: CircuitState[] = []
    breaker.changes$.subscribe((state) => states.push(state))
    trip(breaker)
    expect(breaker.retryAfterMs(1_000)).toBe(4_000)
    clock.advance(4_999)
    expect(breaker.value).toBe('open')
    clock.advance(1)
    expect([breaker.value, breaker.isAdmitting, breaker.retryAfterMs(clock.now())]).toEqual(['half-open', true, 0])
    probe(breaker, 'success')
    probe(breaker, 'success')
    expect(breaker.value).toBe('closed')
    expect(states).toEqual(['open', 'half-open', 'closed'])
    const of = { service: 'payments', endpoint: 'payments#2' }
    expect(told).toEqual([
      {
        type: 'circuitOpened',
        ...of,
        atMs: 0,
        why: 'failure ratio 1 of 4 calls in 10 s (threshold 0.5)',
        openForMs: 5_000,
      },
      { type: 'circuitHalfOpened', ...of, atMs: 5_000, why: 'was open for 5 s' },
      { type: 'circuitClosed', ...of, atMs: 5_000, why: '2 of 2 probes succeeded' },
    ])
    expect(breaker.why).toBe('2 of 2 probes succeeded')
  })

  test('a lost probe reopens it without anybody calling', () => {
    const breaker = breakerOf()
    trip(breaker)
    clock.advance(6_000)
    breaker.enter(clock.now())
    clock.advance(29_999)
    expect(breaker.value).toBe('half-open')
    clock.advance(1)
    expect([breaker.value, breaker.retryAfterMs(clock.now())]).toEqual(['open', 10_000])
    clock.advance(10_000)
    expect(breaker.value).toBe('half-open')
  })

  test('tells the owner of the row whenever it begins or ceases to admit, probes included', () => {
    const seen: boolean[] = []
    const breaker: CircuitBreaker = breakerOf({}, 'a', () => seen.push(breaker.isAdmitting))
    trip(breaker)
    expect(seen).toEqual([false])
    clock.advance(5_000)
    expect(seen).toEqual([false, true])
    const first = breaker.enter(clock.now())
    const second = breaker.enter(clock.now())
    expect(breaker.enter(clock.now())).toBe(REFUSED)
    expect(seen).toEqual([false, true, false])
    expect(breaker.retryAfterMs(clock.now())).toBeUndefined()
    breaker.leave(first, 'ignored', 1, clock.now())
    expect(seen).toEqual([false, true, false, true])
    breaker.leave(second, 'failure', 1, clock.now())
    expect(seen).toEqual([false, true, false, true, false])
  })

  test('is isolated and released by hand, with events of their own', () => {
    const breaker = breakerOf()
    breaker.release()
    breaker.isolate()
    breaker.isolate()
    expect([breaker.value, breaker.enter(0), breaker.retryAfterMs(0)]).toEqual(['isolated', REFUSED, undefined])
    clock.advance(1e6)
    breaker.release()
    expect(breaker.value).toBe('closed')
    expect(told.map((event) => event.type)).toEqual(['circuitIsolated', 'circuitReleased'])
  })

  test('an isolation during the open time is not ended by the timer of that open time', () => {
    const breaker = breakerOf()
    trip(breaker)
    breaker.isolate()
    clock.advance(100_000)
    expect(breaker.value).toBe('isolated')
  })

  test('a listener that moves the circuit is told of its own move after the one it was told of', () => {
    const breaker = breakerOf()
    const states: CircuitState[] = []
    breaker.changes$.subscribe((state) => {
      states.push(state)
      if (state === 'open') breaker.isolate()
      if (state === 'isolated') expect(breaker.value).toBe('isolated')
    })
    for (let i = 0; i < 4; i++) breaker.leave(breaker.enter(0), 'failure', 1, 0)
    expect(states).toEqual(['open', 'isolated'])
    expect(told.map((event) => event.type)).toEqual(['circuitOpened', 'circuitIsolated'])
    expect(breaker.value).toBe('isolated')
  })

  test('the transition is whole before anybody is told', () => {
    const seen: unknown[] = []
    const breaker: CircuitBreaker = breakerOf({}, 'a', () => seen.push([breaker.value, breaker.why, breaker.dueAtMs]))
    breaker.changes$.subscribe(() => seen.push([breaker.value, breaker.why, breaker.dueAtMs]))
    trip(breaker)
    const whole = ['open', 'failure ratio 1 of 4 calls in 10 s (threshold 0.5)', 5_000]
    expect(seen).toEqual([whole, whole])
  })

  test('web-researcher-mcp#471: a hundred circuits that open together half-open spread over the jitter', () => {
    const at = new Set<number>()
    const random = new Sfc32(9, 9)
    for (let i = 0; i < 100; i++) {
      const breaker = loop.add(
        new CircuitBreaker({ ...OPTIONS, jitter: 0.2 }, { clock, random, events, service: `s${i}` }),
      )
      trip(breaker)
      at.add(breaker.dueAtMs)
    }
    expect(at.size).toBe(100)
    expect(Math.min(...at)).toBeGreaterThanOrEqual(4_000)
    expect(Math.max(...at)).toBeLessThanOrEqual(6_000)
    clock.advance(6_000)
    expect(told.filter((event) => event.type === 'circuitHalfOpened').length).toBe(100)
  })

  test('opossum#450: new numbers keep counts, state and the time it is open', () => {
    const breaker = breakerOf()
    for (let i = 0; i < 3; i++) probe(breaker, 'failure')
    breaker.update({ ...OPTIONS, openForMs: 60_000, failureRatio: 0.7 })
    probe(breaker, 'failure')
    expect([breaker.value, breaker.retryAfterMs(0)]).toEqual(['open', 60_000])
    breaker.update(OPTIONS)
    expect(breaker.retryAfterMs(0)).toBe(60_000)
  })

  test('close ends changes$; the circuit goes on for whoever still holds it', () => {
    const breaker = breakerOf()
    let isComplete = false
    breaker.changes$.subscribe({ complete: () => (isComplete = true) })
    breaker.close()
    expect(isComplete).toBe(true)
    trip(breaker)
  })
})

describe('the loop of a target', () => {
  test('moves each of its circuits at its own time', () => {
    const [early, late] = [breakerOf({ openForMs: 1_000 }, 'a'), breakerOf({ openForMs: 2_000 }, 'b')]
    trip(late)
    trip(early)
    clock.advance(1_000)
    expect([early.value, late.value]).toEqual(['half-open', 'open'])
    clock.advance(1_000)
    expect([early.value, late.value]).toEqual(['half-open', 'half-open'])
  })

  test('a circuit that was taken off is not moved; one that is taken on while open is', () => {
    const breaker = breakerOf()
    trip(breaker)
    loop.remove(breaker)
    clock.advance(60_000)
    expect(breaker.value).toBe('open')
    loop.add(breaker)
    clock.advance(1)
    expect(breaker.value).toBe('half-open')
  })

  test('a row whose callback throws is reported and does not keep the others from their time', () => {
    let isBroken = true
    const broken = breakerOf({}, 'a', () => {
      if (isBroken && broken.isAdmitting) throw new Error('mine')
    })
    const sound = breakerOf({}, 'b')
    trip(broken)
    trip(sound)
    clock.advance(5_000)
    expect(told.find((event) => event.type === 'listenerFailed')).toMatchObject({ error: { message: 'mine' } })
    clock.advance(1_000)
    expect([broken.value, sound.value]).toEqual(['half-open', 'half-open'])
    isBroken = false
  })

  test('once closed moves nothing', () => {
    const breaker = breakerOf()
    trip(breaker)
    loop.close()
    clock.advance(60_000)
    expect(breaker.value).toBe('open')
  })
})
