import { describe, expect, test } from 'vitest'
import { classify } from '../call/classification.ts'
import { isRejectedError } from '../errors/seakeep-error.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Policy } from '../runtime/policy.ts'
import type { PolicyOptions } from '../runtime/policy-options.ts'
import { PolicyTable } from '../runtime/policy-table.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import { type GovernanceEvent, NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { realClock } from '../time/real-clock.ts'
import { CircuitBreaker } from './breaker.ts'
import { type ResolvedCircuitBreakerOptions, resolveCircuitBreakerOptions } from './breaker-options.ts'
import { BreakerState } from './breaker-state.ts'
import { REFUSED } from './circuit-breaker.ts'

/**
 * The defects of other breakers that `docs/breaking.md` tells of, each as its user met it: through a whole policy, or where
 * a policy does not show it, in the state machine. `owner/repo#n` is `https://github.com/owner/repo/issues/n`.
 */
class World {
  readonly clock = new ManualClock()
  readonly told: GovernanceEvent[] = []
  readonly table: PolicyTable
  readonly policy: Policy

  constructor(options: Omit<PolicyOptions, 'name'>) {
    const events = new EventStream(NO_EVENTS)
    events.events$.subscribe((event) => this.told.push(event))
    const createBalancer = (): never => {
      throw new Error('a policy that guards a function balances nothing')
    }
    const ports = { clock: this.clock, random: new SeededRandom(7), events, classifier: classify, createBalancer }
    this.table = new PolicyTable({ ...ports, transportFor: () => undefined } as never, events)
    this.policy = this.table.policy({ name: 'payments', ...options })
  }

  /** Starts a call; what became of it so far stands in the answer. */
  call(run: (signal: AbortSignal) => unknown, key?: string): { how: string } {
    const call = { how: 'under way' }
    this.policy
      .execute(({ signal }) => run(signal), key === undefined ? {} : { key })
      .then(
        () => {
          call.how = 'ok'
        },
        (error: unknown) => {
          call.how = isRejectedError(error) ? error.reason : ((error as { code?: string }).code ?? 'error')
        },
      )
    return call
  }

  events(type: GovernanceEvent['type']): GovernanceEvent[] {
    return this.told.filter((event) => event.type === type)
  }
}

const never = (): Promise<never> => new Promise(() => {})
const fail = (): Promise<never> => Promise.reject(new Error('boom'))

async function opened(options: PolicyOptions['circuitBreaker'] = { minimumCalls: 4 }): Promise<World> {
  const it = new World({ circuitBreaker: options ?? true, timeout: '2s' })
  for (let i = 0; i < 4; i++) it.call(fail)
  await it.clock.advanceAsync(0)
  expect(it.policy.state.value.breaker).toBe('open')
  return it
}

// nodeshift/opossum#119, Netflix/Hystrix#1647, safe-global/safe-client-gateway#3442 (17 times the calls, p95 of 30 s in an
// outage), smallrye/smallrye-fault-tolerance#323: half-open let everybody through that came before the first answer.
test('1. half-open lets three of a herd of 1,000 probe and refuses the others', async () => {
  const it = await opened()
  await it.clock.advanceAsync(6_000)
  let reached = 0
  const calls = Array.from({ length: 1_000 }, () =>
    it.call(() => {
      reached++
      return never()
    }),
  )
  await it.clock.advanceAsync(0)
  expect([reached, calls.filter(({ how }) => how === 'circuit-open').length]).toEqual([3, 997])
})

// resilience4j/resilience4j#903, #935, #1568, getnora-io/nora#585, github/gh-aw-mcpg#10686: a probe that ended with a 4xx,
// an abort or a broken body was never recorded, and the circuit refused everything until the restart. (cockatiel parks
// such callers for ever.)
test('2. a probe gives its place back however it ends', async () => {
  // What a second call meets in the same turn: a place where the probe is over and told nothing, else none.
  const endings = { '4xx': 'ok', 429: 'ok', throw: 'circuit-open', reject: 'circuit-open' }
  for (const [ending, meanwhile] of Object.entries({ ...endings, abort: 'circuit-open', timeout: 'circuit-open' })) {
    const it = await opened({ minimumCalls: 4, halfOpenProbes: 1, jitter: 0, openFor: '5s', maxOpenFor: '5s' })
    await it.clock.advanceAsync(5_000)
    const aborting = new AbortController()
    let reached = 0
    const probe = it.policy.execute(
      () => {
        reached++
        if (ending === '4xx') throw Object.assign(new Error('not found'), { status: 404 })
        if (ending === 'throw') throw new Error('boom')
        if (ending === 'reject') return fail()
        if (ending === '429') throw Object.assign(new Error('busy'), { status: 429 })
        return never()
      },
      { signal: aborting.signal },
    )
    probe.catch(() => {})
    const during = it.call(() => 'fine')
    if (ending === 'abort') aborting.abort()
    // Past the timeout of 2 s, and past the open time that a failed probe begins.
    await it.clock.advanceAsync(10_000)
    const next = it.call(() => 'fine')
    await it.clock.advanceAsync(0)
    expect({ ending, reached, during: during.how, next: next.how, state: it.policy.state.value.breaker }).toEqual({
      ending,
      reached: 1,
      during: meanwhile,
      next: 'ok',
      state: 'closed',
    })
  }
})

// jaseci-labs/jac#8064, dsx-ai-factory/nv-redfish#211: the success of a call from before the trip closed the circuit, the
// failure of one opened it again after it had recovered.
test('3. what comes back late from before a transition moves nothing', async () => {
  const it = new World({ circuitBreaker: { minimumCalls: 4, halfOpenProbes: 1, failureRatio: 1, rampFor: false } })
  const ends: { succeed: () => void; fail: () => void }[] = []
  for (let i = 0; i < 10; i++) {
    it.call(() => new Promise<void>((resolve, reject) => ends.push({ succeed: resolve, fail: () => reject('boom') })))
  }
  for (let i = 0; i < 4; i++) it.call(fail)
  await it.clock.advanceAsync(0)
  const states = [it.policy.state.value.breaker]
  const look = async (passMs: number): Promise<void> => {
    await it.clock.advanceAsync(passMs)
    states.push(it.policy.state.value.breaker)
  }
  ends[0]?.succeed()
  await look(0)
  await look(6_000)
  ends[1]?.succeed()
  await look(0)
  ends[2]?.fail()
  await look(0)
  it.call(() => 'fine')
  await look(0)
  for (const late of ends.slice(3)) late.fail()
  await look(0)
  expect(states).toEqual(['open', 'open', 'half-open', 'half-open', 'half-open', 'closed', 'closed'])
})

// nodeshift/opossum#613, connor4312/cockatiel#73: one success closed the circuit, and no option asked for more.
test('4. as many probes as were asked for have to succeed, not the first', async () => {
  const it = await opened({ minimumCalls: 4, halfOpenProbes: 5 })
  await it.clock.advanceAsync(6_000)
  for (let i = 1; i <= 5; i++) {
    it.call(() => 'fine')
    await it.clock.advanceAsync(0)
    expect(it.policy.state.value.breaker).toBe(i < 5 ? 'half-open' : 'closed')
  }
})

// zoharbabin/web-researcher-mcp#471, bolshakov/stoplight#364: a constant open time; all clients probed at one instant.
test('5. circuits that open at one instant probe at different ones', async () => {
  const it = new World({ circuitBreaker: { minimumCalls: 1 } })
  for (let i = 0; i < 50; i++) it.call(fail, `key ${i}`)
  await it.clock.advanceAsync(0)
  const lengths = it.events('circuitOpened').map((event) => (event as { openForMs?: number }).openForMs)
  expect([lengths.length, new Set(lengths).size]).toEqual([50, 50])
})

// Netflix/Hystrix#1647, resilience4j/resilience4j#2001: closing meant full load at once, and the target fell over again.
describe('6. a target that has come back is not met by all that waited', () => {
  async function closed(options: PolicyOptions['circuitBreaker']): Promise<World> {
    const it = await opened(options)
    await it.clock.advanceAsync(6_000)
    for (let i = 0; i < 3; i++) it.call(() => 'fine')
    await it.clock.advanceAsync(0)
    expect(it.policy.state.value.breaker).toBe('closed')
    return it
  }
  const passedOf = async (it: World, calls: number): Promise<number> => {
    let passed = 0
    for (let i = 0; i < calls; i++) {
      it.call(() => {
        passed++
        return never()
      })
    }
    await it.clock.advanceAsync(0)
    return passed
  }

  test('the share that passes grows', async () => {
    const it = await closed({ minimumCalls: 4, rampFor: '1s' })
    expect(await passedOf(it, 103)).toBe(3 + 10)
    await it.clock.advanceAsync(250)
    expect(await passedOf(it, 100)).toBe(25)
    await it.clock.advanceAsync(125)
    expect(await passedOf(it, 100)).toBe(37)
    await it.clock.advanceAsync(625)
    expect(await passedOf(it, 100)).toBe(100)
  })

  test('one call after the other never notices', async () => {
    const it = await closed({ minimumCalls: 4 })
    for (let i = 0; i < 1_000; i++) expect(await it.policy.execute(() => i)).toBe(i)
  })

  test('or not, where it is not wanted', async () => {
    expect(await passedOf(await closed({ minimumCalls: 4, rampFor: false }), 100)).toBe(100)
  })

  test('a refusal says when the ramp is over', async () => {
    const it = await closed({ minimumCalls: 4, rampFor: '5s' })
    await passedOf(it, 3)
    const error = await it.policy.execute(() => 'fine').catch((thrown: unknown) => thrown)
    expect(isRejectedError(error) && [error.reason, error.retryAfterMs]).toEqual(['circuit-open', 5_000])
  })
})

// connor4312/cockatiel#64, closed without a fix: the window was only cleared where calls came.
test('7. nine failures, an idle hour and one more open nothing, whatever is counted', () => {
  const ways: Partial<Parameters<typeof resolveCircuitBreakerOptions>[0]>[] = [
    { minimumCalls: 10 },
    { minimumCalls: 10, windowCalls: 10 },
    { failureRatio: false, consecutiveFailures: 10 },
  ]
  for (const way of ways) {
    const machine = new BreakerState(resolveCircuitBreakerOptions(way))
    for (let i = 0; i < 9; i++) expect(machine.leave(machine.enter(i), 'failure', i, i)).toBeUndefined()
    expect(machine.leave(machine.enter(3_600_000), 'failure', 3_600_000, 3_600_000)).toBeUndefined()
    for (let i = 1; i < 9; i++) expect(machine.leave(machine.enter(3_600_000), 'failure', 0, 3_600_000)).toBeUndefined()
    expect(machine.leave(machine.enter(3_600_000), 'failure', 0, 3_600_000)?.to).toBe('open')
  }
})

// nodeshift/opossum#481, #558, #560: by default one failure opened it, and no event said on what numbers.
test('8. with all defaults the first error opens nothing, and the opening says on what', async () => {
  const it = new World({ circuitBreaker: true })
  it.call(fail)
  await it.clock.advanceAsync(0)
  expect(it.policy.state.value.breaker).toBe('closed')
  for (let i = 0; i < 19; i++) it.call(fail)
  await it.clock.advanceAsync(0)
  expect(it.events('circuitOpened')).toMatchObject([{ why: 'failure ratio 1 of 20 calls in 10 s (threshold 0.5)' }])
})

// nodeshift/opossum#780, #861: one AbortController for the breaker; a slow call aborted ten of ten.
test('9. one slow call that times out aborts itself and none of nine others', async () => {
  const it = new World({ circuitBreaker: true, timeout: '100ms' })
  let aborted = 0
  const start = (): { how: string } =>
    it.call((signal) => {
      signal.addEventListener('abort', () => aborted++)
      return never()
    })
  const slow = start()
  await it.clock.advanceAsync(50)
  const others = Array.from({ length: 9 }, start)
  await it.clock.advanceAsync(50)
  expect([slow.how, aborted]).toEqual(['SEAKEEP_DEADLINE_EXCEEDED', 1])
  expect(others.every(({ how }) => how === 'under way')).toBe(true)
})

// nodeshift/opossum#648, #245: percentiles by concatenating and sorting all samples, 40 to 61 ms for each failing call.
test('10. a failing call costs the same with 200,000 calls in the window', () => {
  const clock = realClock()
  for (const windowCalls of [undefined, 10_000]) {
    const options: ResolvedCircuitBreakerOptions = {
      ...resolveCircuitBreakerOptions(windowCalls === undefined ? {} : { windowCalls }),
      failureRatio: 1,
      slowCall: { overMs: 100, ratio: 1 },
    }
    const machine = new BreakerState(options)
    const calls = (count: number, verdict: 'success' | 'failure'): void => {
      for (let i = 0; i < count; i++) {
        machine.onSend(0, i / 1_000)
        machine.leave(machine.enter(i / 1_000), verdict, i / 1_000, i / 1_000)
      }
    }
    calls(200_000, 'success')
    const beganMs = clock.now()
    calls(20_000, 'failure')
    // At opossum's 40 ms for each these take more than ten minutes; here a few milliseconds.
    expect(clock.now() - beganMs).toBeLessThan(2_000)
  }
})

// nodeshift/opossum#404: a breaker made for each request never counted to two, and nothing found the one by its name.
test('11. a policy asked for on each request is one circuit, and keys in excess are forgotten', async () => {
  const it = new World({ circuitBreaker: { minimumCalls: 4 }, maxKeys: 2 })
  const { table } = it
  for (let i = 0; i < 4; i++) {
    const again = table.policy({ name: 'payments', circuitBreaker: { minimumCalls: 4 }, maxKeys: 2 })
    await again.execute(fail).catch(() => {})
  }
  expect(it.policy.state.value.breaker).toBe('open')
  for (let i = 0; i < 4; i++) await it.policy.execute(fail, { key: 'eu' }).catch(() => {})
  expect(it.policy.for('eu').state.value.breaker).toBe('open')
  for (const key of ['us', 'as']) await it.policy.execute(() => 'fine', { key })
  expect(it.policy.for('eu').state.value.breaker).toBe('closed')
})

// resilience4j/resilience4j#1597, failsafe-go/failsafe-go#28: only what had ended was counted, so calls that hang were
// invisible. (moleculer never counts a peer that does not answer.)
describe('13. a target that never answers', () => {
  test('opens the circuit by the age of the calls under way, long before any of them times out', async () => {
    const it = new World({ timeout: '30s', circuitBreaker: { slowCall: { over: '800ms', ratio: 0.5 } } })
    const calls: { how: string }[] = []
    for (let i = 0; i < 200; i++) {
      calls.push(it.call(never))
      await it.clock.advanceAsync(10)
    }
    const [event] = it.events('circuitOpened')
    expect(event?.atMs).toBeGreaterThanOrEqual(800)
    expect(event?.atMs).toBeLessThanOrEqual(1_100)
    expect(event).toMatchObject({
      why: expect.stringMatching(/^slow-call ratio 1 of \d+ calls in 10 s, \d+ of them under way for over 800 ms/),
    })
    expect(calls.filter(({ how }) => how === 'circuit-open').length).toBeGreaterThan(85)
    await it.clock.advanceAsync(60_000)
    expect(it.events('circuitOpened').length).toBe(1)
  })

  test('opens it where slow calls are not asked for, too: a timeout inside the breaker is a failure', async () => {
    const it = new World({ circuitBreaker: true, retry: { maxAttempts: 1, attemptTimeout: '1s' } })
    for (let i = 0; i < 20; i++) it.call(never)
    await it.clock.advanceAsync(1_000)
    expect(it.policy.state.value.breaker).toBe('open')
  })

  test('quick answers beside a few that hang keep it closed', async () => {
    const it = new World({ timeout: '30s', circuitBreaker: { slowCall: { over: '800ms', ratio: 0.5 } } })
    for (let i = 0; i < 200; i++) {
      it.call(i % 4 === 0 ? never : () => 'fine')
      await it.clock.advanceAsync(10)
    }
    expect(it.policy.state.value.breaker).toBe('closed')
  })
})

// nodeshift/opossum#450, #550, resilience4j/resilience4j#2325, #299, #975: other numbers meant another breaker, which had
// counted nothing and let an outage through anew.
describe('14. new numbers keep what was counted', () => {
  test('in each kind of window', () => {
    for (const windowCalls of [undefined, 50]) {
      const options = { ...resolveCircuitBreakerOptions(), windowCalls }
      const machine = new BreakerState(options)
      for (let i = 0; i < 10; i++) machine.leave(machine.enter(0), 'failure', 0, 0)
      machine.update({ ...options, minimumCalls: 11, consecutiveFailures: 50 })
      expect(machine.leave(machine.enter(0), 'failure', 0, 0)?.to).toBe('open')
    }
    const inARow = new BreakerState(resolveCircuitBreakerOptions({ failureRatio: false, consecutiveFailures: 9 }))
    for (let i = 0; i < 4; i++) inARow.leave(inARow.enter(0), 'failure', 0, 0)
    inARow.update(resolveCircuitBreakerOptions({ failureRatio: false, consecutiveFailures: 5 }))
    expect(inARow.leave(inARow.enter(0), 'failure', 0, 0)?.why).toBe('5 failures in a row (threshold 5)')
  })

  test('and an open circuit open, its probes out, its openings in a row', () => {
    const clock = new ManualClock()
    const random = new SeededRandom(7).stream('breaker')
    const options = resolveCircuitBreakerOptions({ minimumCalls: 1, jitter: 0, openFor: '5s', halfOpenProbes: 2 })
    const breaker = new CircuitBreaker(options, { clock, random, events: NO_EVENTS, service: 'payments' })
    const longer = { ...options, openForMs: 7_000, probeTimeoutMs: 50_000 }
    breaker.leave(breaker.enter(0), 'failure', 0, 0)
    breaker.update(longer)
    expect([breaker.value, breaker.dueAtMs]).toEqual(['open', 5_000])
    breaker.onTime(5_000)
    const probe = breaker.enter(5_000)
    breaker.update(options)
    // One of two places is still taken, by a probe that was lent its place for as long as it was told.
    expect([breaker.enter(5_000), breaker.enter(5_000), breaker.dueAtMs]).toEqual([probe + 1, REFUSED, 35_000])
    breaker.update(longer)
    breaker.leave(probe, 'failure', 5_000, 6_000)
    // The second opening in a row: twice the open time of the new numbers.
    expect([breaker.value, breaker.dueAtMs]).toEqual(['open', 20_000])
  })
})
