import { describe, expect, it } from 'vitest'
import { classify } from '../call/classification.ts'
import { isAttemptError, isCancelledError, isDeadlineExceededError, isRejectedError } from '../errors/seakeep-error.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import { NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Policy } from './policy.ts'
import type { PolicyOptions } from './policy-options.ts'
import { PolicyTable } from './policy-table.ts'

function given(options: Omit<PolicyOptions, 'name'>): { policy: Policy; clock: ManualClock; table: PolicyTable } {
  const clock = new ManualClock()
  const events = new EventStream(NO_EVENTS)
  const ports = {
    clock,
    random: new SeededRandom(7),
    events,
    classifier: classify,
    createBalancer: () => {
      throw new Error('a policy that guards a function balances nothing')
    },
    transportFor: () => undefined,
  }
  const table = new PolicyTable(ports, events)
  return { policy: table.policy({ name: 'payments', ...options }), clock, table }
}

/** The error a promise ends with. */
async function failureOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome === undefined) throw new Error('it did not fail')
  return outcome as Error & Record<string, unknown>
}

const never = (): Promise<never> => new Promise(() => {})

describe('a policy', () => {
  it('gives back what the function gives, sync or async', async () => {
    const { policy } = given({ timeout: '1s', retry: true, circuitBreaker: true, concurrency: { limit: 2 } })
    expect(await policy.execute(() => 42)).toBe(42)
    expect(await policy.execute(async () => 43)).toBe(43)
    expect(await policy.wrap(async (a: number, b: number) => a + b)(1, 2)).toBe(3)
  })

  it('throws the error of the function itself, and says why it was not tried again', async () => {
    const { policy, clock } = given({ retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } })
    const boom = new Error('boom')
    let calls = 0
    const failure = failureOf(
      policy.execute(() => {
        calls += 1
        throw boom
      }),
    )
    await clock.advanceAsync(1)
    expect(await failure).toBe(boom)
    expect((await failure).retryStopped).toBe('attempts')
    expect(calls).toBe(3)
  })

  it('does not say so where it never retries', async () => {
    const { policy } = given({ circuitBreaker: true })
    const failure = await failureOf(policy.execute(() => Promise.reject(new Error('boom'))))
    expect('retryStopped' in failure).toBe(false)
  })

  it('ends a call at its timeout, aborts the signal and drops the late result', async () => {
    const { policy, clock } = given({ timeout: '100ms' })
    let aborted: unknown
    let answer: (value: string) => void = () => {}
    const failure = failureOf(
      policy.execute(({ signal }) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason
        })
        return new Promise<string>((resolve) => {
          answer = resolve
        })
      }),
    )
    const events: string[] = []
    policy.events$.subscribe((event) => events.push(event.type))
    await clock.advanceAsync(100)
    expect(isDeadlineExceededError(await failure)).toBe(true)
    expect((aborted as DOMException).name).toBe('TimeoutError')
    answer('late')
    await clock.advanceAsync(0)
    expect(events).toContain('attemptAbandoned')
  })

  it('times out an attempt and tries another; the timeout of the last is the error', async () => {
    const { policy, clock } = given({
      retry: { maxAttempts: 2, attemptTimeout: '50ms', backoff: { initial: 0, max: 0 } },
    })
    const attempts: number[] = []
    const failure = failureOf(
      policy.execute(({ attempt }) => {
        attempts.push(attempt)
        return never()
      }),
    )
    await clock.advanceAsync(200)
    const error = await failure
    expect(attempts).toEqual([1, 2])
    expect(isAttemptError(error)).toBe(true)
    expect(error).toMatchObject({ failure: 'timeout', retryStopped: 'attempts', attempt: 2, callId: 'payments-1' })
    expect(policy.state.value.inFlight).toBe(0)
  })

  it('frees the permit at the timeout, though the function runs on', async () => {
    const { policy, clock } = given({ timeout: '100ms', concurrency: { limit: 1 } })
    const first = failureOf(policy.execute(never))
    expect(policy.state.value.inFlight).toBe(1)
    await clock.advanceAsync(100)
    await first
    expect(policy.state.value.inFlight).toBe(0)
    expect(await policy.execute(() => 'next')).toBe('next')
  })

  it('carries the last error as the cause of an exceeded deadline', async () => {
    const { policy, clock } = given({
      timeout: '100ms',
      retry: { maxAttempts: 5, backoff: { initial: '30ms', max: '30ms', jitter: 'none' } },
    })
    let calls = 0
    const failure = failureOf(
      policy.execute(() => {
        calls += 1
        return calls === 1 ? Promise.reject(new Error('first')) : never()
      }),
    )
    await clock.advanceAsync(100)
    const error = await failure
    expect(isDeadlineExceededError(error)).toBe(true)
    expect((error.cause as Error).message).toBe('first')
  })

  it('does not begin a wait that would pass the deadline', async () => {
    const { policy, clock } = given({
      timeout: '100ms',
      retry: { backoff: { initial: '150ms', max: '150ms', jitter: 'none' } },
    })
    const failure = failureOf(policy.execute(() => Promise.reject(new Error('boom'))))
    await clock.advanceAsync(0)
    expect((await failure).retryStopped).toBe('deadline')
    expect(clock.now()).toBe(0)
  })

  // cockatiel: an abort during the backoff was noticed at its end, and one more attempt followed it.
  it('ends the wait at once when its caller aborts, and makes no further attempt', async () => {
    const { policy, clock } = given({ retry: { backoff: { initial: '1s', max: '1s', jitter: 'none' } } })
    const controller = new AbortController()
    let calls = 0
    const failure = failureOf(
      policy.execute(
        () => {
          calls += 1
          return Promise.reject(new Error('boom'))
        },
        { signal: controller.signal },
      ),
    )
    await clock.advanceAsync(50)
    controller.abort(new Error('enough'))
    const error = await failure
    expect(isCancelledError(error)).toBe(true)
    expect((error.cause as Error).message).toBe('enough')
    await clock.advanceAsync(5000)
    expect(calls).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('refuses a caller who has aborted before, without calling anything', async () => {
    const { policy } = given({})
    let calls = 0
    const error = await failureOf(policy.execute(() => ++calls, { signal: AbortSignal.abort() }))
    expect(isCancelledError(error)).toBe(true)
    expect(calls).toBe(0)
  })

  // opossum#780: one AbortController for all calls; a slow one aborted ten of ten.
  it('aborts only the call that is over', async () => {
    const { policy, clock } = given({ timeout: '100ms' })
    const signals: AbortSignal[] = []
    const slow = failureOf(
      policy.execute(({ signal }) => {
        signals.push(signal)
        return never()
      }),
    )
    await clock.advanceAsync(60)
    void failureOf(
      policy.execute(({ signal }) => {
        signals.push(signal)
        return never()
      }),
    )
    await clock.advanceAsync(40)
    await slow
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
  })

  it('opens its breaker on failures and refuses with the reason and when to come back', async () => {
    const { policy, clock } = given({ circuitBreaker: { minimumCalls: 5, jitter: 0, openFor: '5s' } })
    const states: string[] = []
    policy.state.changes$.subscribe(({ breaker }) => states.push(breaker))
    for (let i = 0; i < 5; i++) await failureOf(policy.execute(() => Promise.reject(new Error('boom'))))
    const error = await failureOf(policy.execute(() => 1))
    expect(isRejectedError(error)).toBe(true)
    expect(error).toMatchObject({ reason: 'circuit-open', retryAfterMs: 5000, callId: 'payments-6' })
    await clock.advanceAsync(5000)
    for (let i = 0; i < 3; i++) await policy.execute(() => 1)
    expect(states).toEqual(['open', 'half-open', 'closed'])
  })

  it('counts a function that never answers against its target', async () => {
    const { policy, clock } = given({ timeout: '100ms', circuitBreaker: { minimumCalls: 5 } })
    const all = Array.from({ length: 5 }, () => failureOf(policy.execute(never)))
    await clock.advanceAsync(100)
    await Promise.all(all)
    expect(policy.state.value.breaker).toBe('open')
  })

  it('lets waiting calls wait for a permit, in order, and no longer than maxWait', async () => {
    const { policy, clock } = given({ concurrency: { limit: 1, queue: 2, maxWait: '50ms' } })
    let free: (value: string) => void = () => {}
    const first = policy.execute(() => new Promise<string>((resolve) => (free = resolve)))
    const second = policy.execute(() => 'second')
    const third = failureOf(policy.execute(never))
    const fourth = await failureOf(policy.execute(() => 'fourth'))
    expect(fourth).toMatchObject({ reason: 'concurrency' })
    expect(policy.state.value).toMatchObject({ limit: 1, inFlight: 1, queued: 2 })
    free('first')
    expect(await first).toBe('first')
    expect(await second).toBe('second')
    const fifth = failureOf(policy.execute(() => 'fifth'))
    await clock.advanceAsync(50)
    expect(await fifth).toMatchObject({ reason: 'concurrency' })
    void third
  })

  it('refuses beyond the rate and says when a token is there again', async () => {
    const { policy, clock } = given({ rateLimit: { rate: 10, burst: 2 } })
    await policy.execute(() => 1)
    await policy.execute(() => 1)
    const error = await failureOf(policy.execute(() => 1))
    expect(error).toMatchObject({ reason: 'rate-limited' })
    expect(error.retryAfterMs).toBeCloseTo(100)
    await clock.advanceAsync(100)
    expect(await policy.execute(() => 1)).toBe(1)
  })

  it('stops retrying when the budget is spent', async () => {
    const { policy, clock } = given({
      retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 }, budget: { ratio: 0, minPerSecond: 0.1 } },
    })
    const told: string[] = []
    policy.events$.subscribe((event) => told.push(event.type))
    const fail = (): Promise<never> => Promise.reject(new Error('boom'))
    for (let i = 0; i < 3; i++) {
      const one = failureOf(policy.execute(fail))
      await clock.advanceAsync(1)
      expect((await one).retryStopped).toBe('retry-budget')
    }
    // Told when it begins to refuse, not for each refusal.
    expect(told).toEqual(['retryBudgetExhausted'])
  })

  it('answers with the fallback, also for refusals and timeouts, but not for who aborted', async () => {
    const { policy, clock } = given({ timeout: '10ms', fallback: ({ error }) => (error as Error).name })
    const slow = policy.execute(never as () => Promise<unknown>)
    await clock.advanceAsync(10)
    expect(await slow).toBe('DeadlineExceededError')
    expect(isCancelledError(await failureOf(policy.execute(never, { signal: AbortSignal.abort() })))).toBe(true)
  })

  it('keeps state apart by key, and forgets the least recently used', async () => {
    const { policy } = given({ circuitBreaker: { minimumCalls: 1 }, maxKeys: 2 })
    await failureOf(policy.execute(() => Promise.reject(new Error('boom')), { key: 'eu' }))
    expect(policy.for('eu').state.value.breaker).toBe('open')
    expect(await policy.execute(() => 1, { key: 'us' })).toBe(1)
    expect(policy.state.value.breaker).toBe('closed')
    policy.for('eu')
    policy.for('asia')
    expect(policy.for('eu').state.value.breaker).toBe('open')
    expect(policy.for('us').state.value.breaker).toBe('closed')
  })

  // opossum#404: a breaker made for each request never counted to two.
  it('is the same policy under the same name, and says so when options differ', () => {
    const { policy, table } = given({ timeout: '1s' })
    const told: string[] = []
    policy.events$.subscribe((event) => told.push(event.type))
    expect(table.policy({ name: 'payments', timeout: '1s' })).toBe(policy)
    expect(told).toEqual([])
    expect(table.policy({ name: 'payments', timeout: '2s' })).toBe(policy)
    expect(told).toEqual(['policyConflicted'])
  })

  it('neither retries nor counts what is the caller’s fault', async () => {
    const { policy } = given({ retry: true, circuitBreaker: { minimumCalls: 1 } })
    const error = await failureOf(
      policy.execute(() => Promise.reject(Object.assign(new Error('bad'), { status: 400 }))),
    )
    expect(error.message).toBe('bad')
    expect('retryStopped' in error).toBe(false)
    expect(policy.state.value.breaker).toBe('closed')
  })

  it('waits as long as a 429 or 503 asks for, by its headers or by itself', async () => {
    const { policy, clock } = given({ retry: { maxAttempts: 4, backoff: { initial: 0, max: 0 } } })
    const calledAt: number[] = []
    const answer = policy.execute(() => {
      calledAt.push(clock.now())
      const headers = new Headers({ 'retry-after': '2' })
      if (calledAt.length === 1) return { status: 503, headers }
      if (calledAt.length === 2) throw Object.assign(new Error('later'), { status: 429, retryAfterMs: 50 })
      if (calledAt.length === 3) return { status: 500, headers }
      return { status: 200 }
    })
    await clock.advanceAsync(3000)
    expect(await answer).toEqual({ status: 200 })
    // A 500 with the header asks for nothing.
    expect(calledAt).toEqual([0, 2000, 2050, 2050])
  })

  it('hands out a failed value once retrying has ended', async () => {
    const { policy, clock } = given({ retry: { backoff: { initial: 0, max: 0 } } })
    let calls = 0
    const answer = policy.execute(() => ({ status: 503, call: ++calls }))
    await clock.advanceAsync(1)
    expect(await answer).toEqual({ status: 503, call: 3 })
  })

  // It threw out of the settling: the call never ended, and its permit was gone for good.
  it.each([
    ['later', () => Promise.resolve(1)],
    ['at once', () => 1],
  ])('judges by default where the classifier throws %s', async (_when, run) => {
    const classifier = () => {
      throw new Error('mine')
    }
    const { policy } = given({ classify: classifier, concurrency: { limit: 1 } })
    const told: string[] = []
    policy.events$.subscribe((event) => told.push(event.type))
    expect(await policy.execute(run)).toBe(1)
    expect(told).toEqual(['listenerFailed'])
    expect(policy.state.value.inFlight).toBe(0)
  })

  it('does not take a word for a verdict that is none', async () => {
    const { policy } = given({ classify: () => 'failed' as 'failure', circuitBreaker: { minimumCalls: 1 } })
    await failureOf(policy.execute(() => Promise.reject(new Error('boom'))))
    expect(policy.state.value.breaker).toBe('open')
  })

  it('is the built-in standard where only the name is given', async () => {
    const { table } = given({})
    const policy = table.policy('quotes')
    let calls = 0
    const error = await failureOf(policy.execute(() => Promise.reject(new Error(`${++calls}`)), { timeout: 1 }))
    expect(error).toMatchObject({ message: '1', retryStopped: 'deadline' })
    expect(table.policy('quotes')).toBe(policy)
  })

  it('compares options by what they mean', () => {
    const { policy, table } = given({ timeout: '1s', retry: true, fallback: () => 1 })
    const told: string[] = []
    policy.events$.subscribe((event) => told.push(event.type))
    table.policy({ fallback: () => 2, retry: { maxAttempts: 3 }, timeout: 1000, name: 'payments' })
    expect(told).toEqual([])
    table.policy({ name: 'payments', timeout: '1s', retry: true })
    expect(told).toEqual(['policyConflicted'])
    expect(() => table.policy({ name: 'payments', timeout: 'soon' as '1s' })).toThrow('payments.timeout: "soon"')
  })

  it.each([
    [{ fallback: 5 }, 'p.fallback: 5 is not allowed'],
    [{ fallback: { timeout: '1s' } }, 'p.fallback.run: missing'],
    [{ fallback: { run: () => 1, timeOut: 5 } }, 'p.fallback.timeOut: unknown key'],
    [{ classify: 'failure' }, 'p.classify: "failure" is not allowed; a function'],
    [{ maxKeys: 0 }, 'p.maxKeys: 0 is not allowed'],
  ])('refuses %j', (options, message) => {
    const { table } = given({})
    expect(() => table.policy({ name: 'p', ...options } as unknown as PolicyOptions)).toThrow(message)
  })

  it('falls back where the function was cancelled by another, and not its caller', async () => {
    const { policy, table } = given({ fallback: () => 'from the cache' })
    const inner = table.policy({ name: 'inner' })
    const gone = AbortSignal.abort()
    expect(await policy.execute(() => inner.execute(never, { signal: gone }))).toBe('from the cache')
  })

  it('names each call once, whatever its key', async () => {
    const { policy } = given({ concurrency: { limit: 1 } })
    const ids: unknown[] = []
    for (const key of ['eu', 'us']) {
      void policy.execute(never, { key })
      ids.push((await failureOf(policy.execute(never, { key }))).callId)
    }
    expect(ids).toEqual(['payments-2', 'payments-4'])
  })

  it('leaves no timer of a key that was forgotten, and a handle to it begins anew', async () => {
    const { policy, clock, table } = given({ circuitBreaker: { minimumCalls: 1 }, maxKeys: 1 })
    const eu = policy.for('eu')
    await eu.execute(() => Promise.reject(new Error('down'))).catch(() => {})
    expect([eu.state.value.breaker, clock.pending]).toEqual(['open', 1])
    await policy.execute(() => 1, { key: 'us' })
    expect(clock.pending).toBe(0)
    expect(eu.state.value.breaker).toBe('closed')
    table.close()
    expect(clock.pending).toBe(0)
  })

  it('asks one fallback after the other, each with the failure of the one before', async () => {
    const heard: string[] = []
    const { policy, clock } = given({
      fallback: [
        ({ error }) => {
          heard.push((error as Error).message)
          throw new Error('no cache')
        },
        {
          run: ({ error }) => {
            heard.push((error as Error).message)
            return never()
          },
          timeout: '1s',
        },
        ({ error }) => `default after ${(error as Error).name}`,
      ],
    })
    const answer = policy.execute(() => Promise.reject(new Error('no service')))
    await clock.advanceAsync(1000)
    expect(await answer).toBe('default after DeadlineExceededError')
    expect(heard).toEqual(['no service', 'no cache'])
    const { policy: last } = given({ fallback: [() => Promise.reject(new Error('the last one'))] })
    expect(await failureOf(last.execute(() => Promise.reject(new Error('no service'))))).toMatchObject({
      message: 'the last one',
    })
    expect(() => given({ fallback: [] })).toThrow('fallback: 0 items are not enough; a list with at least 1 item')
  })

  it('tells by which call a late fallback was late', async () => {
    const { policy, clock } = given({ fallback: { run: never, timeout: '1s' } })
    const failure = failureOf(policy.execute(() => Promise.reject(new Error('boom'))))
    await clock.advanceAsync(1000)
    expect(await failure).toMatchObject({ service: 'payments', callId: 'payments-1', cause: { message: 'boom' } })
  })

  it('wraps a method in place', async () => {
    const { policy } = given({})
    const account = {
      balance: 7,
      read: policy.wrap(function (this: { balance: number }, plus: number) {
        return this.balance + plus
      }),
    }
    expect(await account.read(1)).toBe(8)
  })

  it('makes 10,000 waiting calls fail at once without recursion', async () => {
    const { policy } = given({ concurrency: { limit: 1, queue: 10_000, maxWait: '1m' } })
    let fail: (error: Error) => void = () => {}
    const first = failureOf(policy.execute(() => new Promise((_, reject) => (fail = reject))))
    const rest = Array.from({ length: 10_000 }, () =>
      failureOf(
        policy.execute(() => {
          throw new Error('at once')
        }),
      ),
    )
    fail(new Error('first'))
    await first
    const errors = await Promise.all(rest)
    expect(errors.every((error) => error.message === 'at once')).toBe(true)
    expect(policy.state.value).toMatchObject({ inFlight: 0, queued: 0 })
  })
})
