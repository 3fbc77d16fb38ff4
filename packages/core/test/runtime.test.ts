// A runtime as a whole, on ManualClock, a registry in memory and servers that follow the test: from discovery to the end
// of a call, and from its first call to its closing.
import { describe, expect, it } from 'vitest'
import {
  isAttemptError,
  isCancelledError,
  isConfigError,
  isDeadlineExceededError,
  isRejectedError,
} from '../src/index.ts'
import { answering, Bench, silent } from './bench.ts'

const NO_WAIT = { backoff: { initial: 0, max: 0 } }

/** How often each endpoint was asked. */
function shares(sent: readonly string[]): Readonly<Record<string, number>> {
  const shares: Record<string, number> = {}
  for (const id of sent) shares[id] = (shares[id] ?? 0) + 1
  return shares
}

describe('from discovery to a call', () => {
  it('an unknown service has no endpoint; once one is there, calls go to it', async () => {
    const bench = new Bench()
    const early = await bench.callOnce()
    expect(isRejectedError(early.error)).toBe(true)
    expect(early.failure).toMatchObject({ reason: 'no-endpoint', service: 'orders', attempt: undefined })
    bench.up('a')
    const call = await bench.callOnce()
    expect(call.value).toEqual({ status: 200, headers: {}, body: { status: 200 } })
    expect(bench.sent).toEqual(['a'])
  })

  it('follows the registry: who joins gets calls, who leaves gets none, what is under way ends', async () => {
    const bench = new Bench().up('a', silent)
    const snapshots: (readonly string[])[] = []
    bench.runtime
      .endpoints('orders')
      .changes$.subscribe(({ endpoints }) => snapshots.push(endpoints.map(({ id }) => id)))
    const underWay = bench.call()
    bench.up('b').leave('a')
    for (let i = 0; i < 5; i++) await bench.callOnce()
    expect(bench.sent).toEqual(['a', 'b', 'b', 'b', 'b', 'b'])
    bench.far[0]?.answer(200, 'late')
    await bench.pass(0)
    expect(underWay.value).toMatchObject({ status: 200, body: 'late' })
    expect(snapshots).toEqual([['a', 'b'], ['b']])
    expect(bench.runtime.endpoints('orders').value).toMatchObject({ service: 'orders', endpoints: [{ id: 'b' }] })
    expect(bench.events.filter(({ type }) => type === 'endpointsChanged')).toMatchObject([
      { service: 'orders', added: ['a'], removed: [] },
      { added: ['b'], removed: [] },
      { added: [], removed: ['a'] },
    ])
  })

  it('goes round without a policy, and tells once that there is none', async () => {
    const bench = new Bench().up('a').up('b').up('c')
    for (let i = 0; i < 9; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ a: 3, b: 3, c: 3 })
    bench.watch(bench.runtime.client('payments').call())
    await bench.pass(0)
    expect(bench.events.filter(({ type }) => type === 'policyMissing')).toEqual([
      { type: 'policyMissing', atMs: 0, name: 'web' },
    ])
  })

  it('tells that too where a document does not speak of the service, and not where it does', async () => {
    const other = new Bench({ payments: { timeout: '1s' } }).up('a')
    await other.callOnce()
    expect(other.typesOfEvents()).toContain('policyMissing')
    const known = new Bench({ orders: { timeout: '1s' } }).up('a')
    await known.callOnce()
    expect(known.typesOfEvents()).not.toContain('policyMissing')
  })

  it('an endpoint whose protocol nobody speaks is unreachable, and says why', async () => {
    const bench = new Bench().up('a', answering(), { protocol: 'carrier-pigeon' })
    const { failure } = await bench.callOnce()
    expect(failure).toMatchObject({ failure: 'unreachable', endpoint: 'a', attempt: 1 })
    expect((failure.cause as Error).message).toContain('carrier-pigeon')
  })

  it('an instance whose weight is 0 gets nothing while others are there', async () => {
    const bench = new Bench({ orders: { loadBalancing: 'p2c' } }).up('a').up('b', answering(), { weight: 0 })
    for (let i = 0; i < 20; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ a: 20 })
  })
})

describe('answers and errors', () => {
  it('a status of 400 or more rejects, with status, body, endpoint and cause', async () => {
    const bench = new Bench().up('a', (far) => far.answer(404, { missing: true }))
    const { error, failure } = await bench.callOnce()
    expect(isAttemptError(error)).toBe(true)
    expect(failure).toMatchObject({
      status: 404,
      body: { missing: true },
      endpoint: 'a',
      attempt: 1,
      service: 'orders',
    })
  })

  it('a broken connection rejects with what the transport saw as its cause', async () => {
    const bench = new Bench().up('a', (far) => far.reset())
    const { failure } = await bench.callOnce()
    expect(failure).toMatchObject({ failure: 'error', cause: { message: 'the connection was reset' } })
  })

  it('every error names its call, and no two calls have one name', async () => {
    const bench = new Bench().up('a', answering(500))
    const client = bench.runtime.client('orders')
    const calls = Array.from({ length: 3 }, () => [
      bench.watch(client.call()),
      bench.watch(bench.runtime.client('orders').call()),
      bench.watch(bench.runtime.client('nobody').call()),
    ]).flat()
    await bench.pass(0)
    const ids = calls.map(({ failure }) => failure.callId)
    for (const id of ids) expect(id).toMatch(/^(orders|nobody)-\d+$/)
    expect(new Set(ids).size).toBe(9)
  })

  it('a caller who gives up gets a CancelledError with its reason; the far side is told', async () => {
    const bench = new Bench().up('a', silent)
    const caller = new AbortController()
    const call = bench.call({}, { signal: caller.signal })
    let isGone = false
    bench.far[0]?.onGone(() => {
      isGone = true
    })
    caller.abort('enough')
    await bench.pass(0)
    expect(isCancelledError(call.error)).toBe(true)
    expect(call.failure).toMatchObject({ cause: 'enough', service: 'orders' })
    expect(isGone).toBe(true)
    bench.far[0]?.answer(200)
    const never = bench.call({}, { signal: caller.signal })
    await bench.pass(0)
    expect(isCancelledError(never.error)).toBe(true)
    expect(bench.sent).toEqual(['a'])
  })

  it('a caller who gives up while the attempt is being sent is heard, too', async () => {
    const caller = new AbortController()
    const bench = new Bench()
    let isGone = false
    bench.up('a', (far) => {
      far.onGone(() => {
        isGone = true
      })
      caller.abort('changed my mind')
    })
    const call = await bench.callOnce(0, {}, { signal: caller.signal })
    expect(call.failure).toMatchObject({ code: 'SEAKEEP_CANCELLED', cause: 'changed my mind' })
    expect(isGone).toBe(true)
    // A guarded function that aborts its own caller is told by its own signal.
    const other = new AbortController()
    let heard: unknown
    const run = bench.runtime.policy({ name: 'own' }).execute(
      ({ signal }) => {
        other.abort('me too')
        heard = signal.reason
        return Promise.reject(signal.reason)
      },
      { signal: other.signal },
    )
    const execution = bench.watch(run)
    await bench.pass(0)
    expect(execution.failure).toMatchObject({ code: 'SEAKEEP_CANCELLED', cause: 'me too' })
    expect((heard as Error).name).toBe('AbortError')
  })

  it('a call that is over listens to nobody’s signal', async () => {
    const bench = new Bench({ orders: { rateLimit: { rate: 1, burst: 1 } } }).up('a')
    const caller = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = caller.signal
    caller.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1
      addEventListener.apply(caller.signal, args)
    }
    caller.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1
      removeEventListener.apply(caller.signal, args)
    }
    for (let i = 0; i < 5; i++) await bench.callOnce(0, {}, { signal: caller.signal })
    bench.serve('a', answering(200, 10))
    await bench.pass(1000)
    expect((await bench.callOnce(10, {}, { signal: caller.signal })).value).toBeDefined()
    expect(listeners).toBe(0)
  })

  it('options that cannot be used are errors of the call', async () => {
    const bench = new Bench().up('a')
    const call = await bench.callOnce(0, {}, { timeout: 'soon' as '1s' })
    expect(isConfigError(call.error)).toBe(true)
  })
})

describe('circuit breakers', () => {
  const BREAKER = { minimumCalls: 4, openFor: '5s', jitter: 0, halfOpenProbes: 1 }

  it('an endpoint whose circuit is open gets no calls while others remain', async () => {
    const bench = new Bench({
      orders: { circuitBreaker: { ...BREAKER, per: 'endpoint' }, loadBalancing: 'round-robin' },
    })
    bench.up('a', answering(500)).up('b').up('c')
    for (let i = 0; i < 12; i++) await bench.callOnce()
    expect(bench.runtime.breaker('orders', 'a').value).toBe('open')
    expect(bench.runtime.breaker('orders', 'b').value).toBe('closed')
    expect(shares(bench.sent)).toEqual({ a: 4, b: 4, c: 4 })
    bench.sent.length = 0
    for (let i = 0; i < 12; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ b: 6, c: 6 })
  })

  it('also where most are open: the one that remains is found', async () => {
    for (const loadBalancing of ['round-robin', 'p2c', 'p2c-ewma']) {
      const bench = new Bench({ orders: { circuitBreaker: { ...BREAKER, per: 'endpoint' }, loadBalancing } })
      for (const id of 'abcdefghi') bench.up(id, answering(500))
      for (let i = 0; i < 200; i++) await bench.callOnce()
      bench.up('z')
      for (let i = 0; i < 20; i++) expect((await bench.callOnce()).value).toMatchObject({ status: 200 })
    }
  })

  it('it is probed after its time, and gets calls again', async () => {
    const bench = new Bench({
      orders: { circuitBreaker: { ...BREAKER, per: 'endpoint' }, loadBalancing: 'round-robin' },
    })
    bench.up('a', answering(500)).up('b')
    const states: string[] = []
    for (let i = 0; i < 8; i++) await bench.callOnce()
    bench.runtime.breaker('orders', 'a').changes$.subscribe((state) => states.push(state))
    bench.serve('a', answering())
    await bench.pass(5000)
    expect(bench.runtime.breaker('orders', 'a').value).toBe('half-open')
    bench.sent.length = 0
    for (let i = 0; i < 10; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ a: 5, b: 5 })
    expect(states).toEqual(['half-open', 'closed'])
    expect(bench.typesOfEvents().filter((type) => type.startsWith('circuit'))).toEqual([
      'circuitOpened',
      'circuitHalfOpened',
      'circuitClosed',
    ])
  })

  it('all of them open: calls are refused, and told when to come back', async () => {
    const bench = new Bench({
      orders: { circuitBreaker: { ...BREAKER, per: 'endpoint' }, loadBalancing: 'round-robin' },
    })
    bench.up('a', answering(500)).up('b', answering(500))
    for (let i = 0; i < 8; i++) await bench.callOnce()
    await bench.pass(1000)
    const { failure } = await bench.callOnce()
    expect(failure).toMatchObject({ reason: 'circuit-open', retryAfterMs: 4000 })
    expect(bench.sent).toHaveLength(8)
  })

  it('the service’s own refuses before anything is picked, and counts all endpoints together', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { ...BREAKER, per: 'service' } } })
    bench.up('a', answering(500)).up('b', answering(500)).up('c', answering(500)).up('d', answering(500))
    for (let i = 0; i < 4; i++) await bench.callOnce()
    expect(bench.runtime.breaker('orders').value).toBe('open')
    expect(() => bench.runtime.breaker('orders', 'a')).toThrow(/no circuit breaker is kept for orders, endpoint a/)
    expect((await bench.callOnce()).failure).toMatchObject({ reason: 'circuit-open', retryAfterMs: 5000 })
    expect(bench.sent).toHaveLength(4)
  })

  it('counts both apart by default', async () => {
    const bench = new Bench({ orders: { circuitBreaker: BREAKER, loadBalancing: 'round-robin' } })
    bench.up('a', answering(500)).up('b').up('c')
    for (let i = 0; i < 12; i++) await bench.callOnce()
    expect(bench.runtime.breaker('orders', 'a').value).toBe('open')
    expect(bench.runtime.breaker('orders').value).toBe('closed')
  })

  it('a circuit held open by hand refuses until it is released', async () => {
    const bench = new Bench({ orders: { circuitBreaker: true } }).up('a')
    await bench.callOnce()
    bench.runtime.breaker('orders').isolate()
    expect((await bench.callOnce()).failure).toMatchObject({ reason: 'circuit-open', retryAfterMs: undefined })
    bench.runtime.breaker('orders').release()
    expect((await bench.callOnce()).value).toMatchObject({ status: 200 })
  })

  it('429 and a caller who gives up count neither way; any other answer below 500 is a success', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { ...BREAKER, failureRatio: 0.6 } } }).up('a', answering(429))
    for (let i = 0; i < 6; i++) await bench.callOnce()
    bench.serve('a', silent)
    for (let i = 0; i < 6; i++) {
      const caller = new AbortController()
      bench.call({}, { signal: caller.signal })
      caller.abort()
      await bench.pass(0)
    }
    for (const status of [404, 400, 500, 500]) {
      bench.serve('a', answering(status))
      await bench.callOnce()
    }
    expect(bench.runtime.breaker('orders').value).toBe('closed')
    await bench.callOnce()
    expect(bench.runtime.breaker('orders').value).toBe('open')
    expect(bench.runtime.breaker('orders').why).toMatch(/failure ratio 0.6 of 5 calls/)
  })

  it('the same of what a guarded function gives', async () => {
    const bench = new Bench()
    const guard = bench.runtime.policy({ name: 'own', retry: { ...NO_WAIT }, circuitBreaker: { minimumCalls: 1 } })
    let runs = 0
    const run = async (answer: object): Promise<void> => {
      bench.watch(
        guard.execute(() => {
          runs += 1
          return answer
        }),
      )
      await bench.pass(1)
    }
    await run({ status: 429 })
    expect([runs, guard.state.value.breaker]).toEqual([3, 'closed'])
    await run({ status: 404 })
    expect([runs, guard.state.value.breaker]).toEqual([4, 'closed'])
    await run({ status: 500 })
    expect(guard.state.value.breaker).toBe('open')
  })

  it('timeouts count', async () => {
    const bench = new Bench({ orders: { circuitBreaker: BREAKER, timeout: '100ms' } }).up('a', silent)
    for (let i = 0; i < 4; i++) await bench.callOnce(100)
    expect(bench.runtime.breaker('orders').value).toBe('open')
  })
})

describe('outliers', () => {
  const targets = { orders: { outlier: { consecutiveFailures: 3, baseEjection: '30s' }, loadBalancing: 'round-robin' } }

  it('an endpoint that fails in a row is set aside, and taken back after its time', async () => {
    const bench = new Bench(targets).up('a', answering(500)).up('b').up('c')
    for (let i = 0; i < 9; i++) await bench.callOnce()
    bench.sent.length = 0
    for (let i = 0; i < 10; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ b: 5, c: 5 })
    expect(bench.events.filter(({ type }) => type === 'endpointEjected')).toMatchObject([
      { service: 'orders', endpoint: 'a', ejectedForMs: 30_000 },
    ])
    await bench.pass(30_000)
    bench.sent.length = 0
    for (let i = 0; i < 9; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ a: 3, b: 3, c: 3 })
    expect(bench.typesOfEvents()).toContain('endpointReturned')
  })

  it('a success in between starts the count anew', async () => {
    const bench = new Bench(targets).up('a').up('b')
    for (const status of [500, 500, 200, 500, 500]) {
      bench.serve('a', answering(status))
      await bench.callOnce()
      await bench.callOnce()
    }
    expect(bench.typesOfEvents()).not.toContain('endpointEjected')
  })

  it('all of them set aside: calls are tried all the same', async () => {
    const outlier = { consecutiveFailures: 1, maxEjected: 1, minHealthy: 0 }
    const bench = new Bench({ orders: { outlier, loadBalancing: 'round-robin' } })
    bench.up('a', answering(500)).up('b', answering(500))
    for (let i = 0; i < 2; i++) await bench.callOnce()
    expect(bench.events.filter(({ type }) => type === 'endpointEjected')).toHaveLength(2)
    bench.serve('a', answering())
    bench.serve('b', answering())
    for (let i = 0; i < 4; i++) expect((await bench.callOnce()).value).toMatchObject({ status: 200 })
    expect(shares(bench.sent)).toEqual({ a: 3, b: 3 })
  })

  it('comes back from a short absence as it was', async () => {
    const bench = new Bench(targets).up('a', answering(500)).up('b').up('c')
    for (let i = 0; i < 9; i++) await bench.callOnce()
    bench.leave('a')
    bench.up('a', answering(500))
    bench.sent.length = 0
    for (let i = 0; i < 6; i++) await bench.callOnce()
    expect(shares(bench.sent)).toEqual({ b: 3, c: 3 })
  })
})

describe('p2c-ewma', () => {
  it('is what a policy has by default, and prefers who answers sooner', async () => {
    const bench = new Bench({ orders: { timeout: '10s' } }).up('a', answering(200, 10)).up('b', answering(200, 100))
    for (let i = 0; i < 50; i++) await bench.callOnce(200)
    // Of two, both are looked at each time: after the first answers of both, the slower one gets nothing.
    expect(shares(bench.sent).b).toBeLessThan(4)
  })

  it('keeps away from who fails quickly, for a while', async () => {
    const bench = new Bench({ orders: { timeout: '10s' } }).up('a', answering(200, 10)).up('b', answering(500))
    for (let i = 0; i < 50; i++) await bench.callOnce(20)
    expect(shares(bench.sent).b).toBeLessThan(3)
  })
})

describe('retries', () => {
  it('go to another endpoint while there is one', async () => {
    for (const loadBalancing of ['round-robin', 'p2c', 'p2c-ewma']) {
      const bench = new Bench({ orders: { retry: { ...NO_WAIT, budget: false }, loadBalancing } })
      bench.up('a', answering(500)).up('b')
      for (let i = 0; i < 10; i++) expect((await bench.callOnce()).value).toMatchObject({ status: 200 })
      expect(shares(bench.sent).b).toBe(10)
      for (let i = 1; i < bench.sent.length; i++) {
        if (bench.sent[i - 1] === 'a') expect(bench.sent[i]).toBe('b')
      }
    }
  })

  it('go to the same one where there is no other', async () => {
    const bench = new Bench({ orders: { retry: NO_WAIT } }).up('a', answering(500))
    const { failure } = await bench.callOnce(1)
    expect(failure).toMatchObject({ status: 500, attempt: 3, retryStopped: 'attempts', endpoint: 'a' })
    expect(bench.sent).toEqual(['a', 'a', 'a'])
  })

  it('number their attempts for the far side', async () => {
    const bench = new Bench({ orders: { retry: NO_WAIT } }).up('a', answering(500))
    await bench.callOnce(1)
    expect(bench.far.map(({ request }) => request.attempt)).toEqual([1, 2, 3])
  })

  it('wait as long as the server asks, if that is longer than they would', async () => {
    const busy = new Bench({ orders: { retry: { backoff: { initial: 100, max: 100, jitter: 'none' } } } })
    busy.up('a', (far) => far.answer(503, '', { 'retry-after': '2' }))
    busy.call()
    await busy.pass(5000)
    expect(busy.sentAtMs).toEqual([0, 2000, 4000])
    const brief = new Bench({ orders: { retry: { backoff: { initial: 3000, max: 3000, jitter: 'none' } } } })
    brief.up('a', (far) => far.answer(429, '', { 'retry-after': '2' }))
    brief.call()
    await brief.pass(7000)
    expect(brief.sentAtMs).toEqual([0, 3000, 6000])
  })

  it('but no longer than 5 minutes, and not past the deadline', async () => {
    const bench = new Bench({ orders: { retry: { maxAttempts: 2, backoff: { initial: 0, max: 0 } } } })
    bench.up('a', (far) => far.answer(503, '', { 'retry-after': '86400' }))
    bench.call()
    await bench.pass(300_000)
    expect(bench.sentAtMs).toEqual([0, 300_000])
    const late = new Bench({ orders: { timeout: '1s', retry: NO_WAIT } })
    late.up('a', (far) => far.answer(503, '', { 'retry-after': '1' }))
    const { failure, atMs } = await late.callOnce()
    expect(failure).toMatchObject({ failure: 'refused', status: 503, retryStopped: 'deadline', retryAfterMs: 1000 })
    expect(atMs).toBe(0)
  })

  it('are drawn apart: no two calls wait alike', async () => {
    const bench = new Bench({ orders: { retry: { maxAttempts: 2, backoff: { initial: 50, max: 2000 } } } })
    bench.up('a', answering(500))
    for (let i = 0; i < 5; i++) bench.call()
    await bench.pass(2000)
    const waits = bench.sentAtMs.slice(5)
    expect(new Set(waits).size).toBe(5)
    for (const wait of waits) expect(wait >= 50 && wait < 150).toBe(true)
  })

  it('answer a 429 after its wait, and no other 4xx', async () => {
    const bench = new Bench({ orders: { retry: NO_WAIT } }).up('a', answering(429))
    expect((await bench.callOnce(1)).failure).toMatchObject({ status: 429, retryStopped: 'attempts' })
    expect(bench.sent).toHaveLength(3)
    bench.serve('a', answering(404))
    expect((await bench.callOnce(1)).failure).toMatchObject({ status: 404, retryStopped: undefined })
    expect(bench.sent).toHaveLength(4)
  })

  it('end with the budget, which says so', async () => {
    const bench = new Bench({ orders: { retry: { ...NO_WAIT, budget: { ratio: 0, minPerSecond: 0.5 } } } })
    bench.up('a', answering(500))
    const stops: unknown[] = []
    for (let i = 0; i < 4; i++) stops.push((await bench.callOnce(1)).failure.retryStopped)
    // Five in ten seconds.
    expect(stops).toEqual(['attempts', 'attempts', 'retry-budget', 'retry-budget'])
    expect(bench.sent).toHaveLength(4 + 5)
  })

  it.each<[string, Parameters<Bench['call']>, number]>([
    ['GET is tried again', [{ method: 'GET /orders' }], 3],
    ['PUT is tried again', [{ method: 'PUT /orders/1' }], 3],
    ['a method of another protocol is tried again', [{ method: 'shop.Orders/Place' }], 3],
    ['POST is not', [{ method: 'POST /orders' }], 1],
    ['PATCH is not', [{ method: 'PATCH /orders/1' }], 1],
    ['POST with an idempotency key is', [{ method: 'POST /orders', headers: { 'Idempotency-Key': 'k' } }], 3],
    ['POST that is said to be idempotent is', [{ method: 'POST /orders' }, { idempotent: true }], 3],
    ['GET that is said not to be idempotent is not', [{ method: 'GET /orders' }, { idempotent: false }], 1],
  ])('%s', async (_, args, attempts) => {
    for (const fate of [answering(500), (far: { reset(): void }) => far.reset()]) {
      const bench = new Bench({ orders: { retry: NO_WAIT } }).up('a', fate)
      expect((await bench.callOnce(1, ...args)).failure.attempt).toBe(attempts)
      expect(bench.sent).toHaveLength(attempts)
    }
  })

  it.each<[string, Parameters<Bench['call']>, number]>([
    ['a POST with a key is', [{ method: 'POST /orders', headers: { 'Idempotency-Key': 'k' } }], 3],
    ['a POST that is only said to be idempotent is not', [{ method: 'POST /orders' }, { idempotent: true }], 1],
    ['a GET without a key is not', [{ method: 'GET /orders' }], 1],
  ])('where a key is required, %s tried again', async (_, args, attempts) => {
    const retry = { ...NO_WAIT, requireIdempotencyKey: true }
    const bench = new Bench({ orders: { retry } }).up('a', answering(500))
    expect((await bench.callOnce(1, ...args)).failure.attempt).toBe(attempts)
    const failing = bench.runtime.policy({ name: 'charge', retry: { ...retry, backoff: { initial: 0, max: 0 } } })
    let tried = 0
    const charge = (): Promise<never> => Promise.reject(new Error(`no ${++tried}`))
    void failing.execute(charge).catch(() => {})
    for (let i = 0; i < 4; i++) await bench.clock.advance(1)
    expect(tried).toBe(1)
    void failing.execute(charge, { idempotent: true }).catch(() => {})
    for (let i = 0; i < 4; i++) await bench.clock.advance(1)
    expect(tried).toBe(1 + 3)
  })

  it('what surely was not sent is tried again in any case', async () => {
    const bench = new Bench({ orders: { retry: NO_WAIT, loadBalancing: 'round-robin' } }).up('a').up('b')
    bench.transport.serve('a', undefined)
    for (let i = 0; i < 4; i++) {
      expect((await bench.callOnce(1, { method: 'POST /orders' })).value).toMatchObject({ status: 200 })
    }
    expect(shares(bench.sent)).toEqual({ b: 4 })
  })

  it('are not made for a call that serves a retry (chain-stop), unless the budget is off', async () => {
    const parent = { attempt: 2 }
    const bench = new Bench({ orders: { retry: NO_WAIT } }).up('a', answering(500))
    expect((await bench.callOnce(1, {}, { parent })).failure).toMatchObject({ attempt: 1, retryStopped: undefined })
    expect((await bench.callOnce(1, {}, { parent: { attempt: 1 } })).failure.attempt).toBe(3)
    const unbound = new Bench({ orders: { retry: { ...NO_WAIT, budget: false } } }).up('a', answering(500))
    expect((await unbound.callOnce(1, {}, { parent })).failure.attempt).toBe(3)
  })

  it('an attempt that takes too long is called off, and tried elsewhere', async () => {
    const bench = new Bench({ orders: { retry: { ...NO_WAIT, attemptTimeout: '50ms' }, loadBalancing: 'round-robin' } })
    bench.up('a', silent).up('b', answering(200, 10))
    let gone = 0
    const call = bench.call()
    bench.far[0]?.onGone(() => gone++)
    await bench.pass(70)
    expect(call.value).toMatchObject({ status: 200 })
    expect([call.atMs, bench.sent.at(-1)]).toEqual(bench.sent.length === 2 ? [60, 'b'] : [10, 'b'])
    const second = bench.call()
    await bench.pass(70)
    expect(second.value).toMatchObject({ status: 200 })
    expect(shares(bench.sent)).toEqual({ a: 1, b: 2 })
    const slow = new Bench({ orders: { retry: { ...NO_WAIT, maxAttempts: 2, attemptTimeout: '50ms' } } }).up(
      'a',
      silent,
    )
    const { failure, atMs } = await slow.callOnce(200)
    expect(failure).toMatchObject({ failure: 'timeout', attempt: 2, retryStopped: 'attempts' })
    expect(atMs).toBe(100)
    expect(gone).toBe(bench.sent[0] === 'a' ? 1 : 0)
  })
})

describe('deadlines', () => {
  it('the timeout ends the whole call, retries and waits included, with the last failure as cause', async () => {
    const bench = new Bench({ orders: { timeout: '100ms', retry: { maxAttempts: 9, ...NO_WAIT } } })
    bench.up('a', (far, clock) => clock.schedule(clock.now() + 30, { onTimer: () => far.reset() }))
    const { error, failure, atMs } = await bench.callOnce(200)
    expect(isDeadlineExceededError(error)).toBe(true)
    expect(atMs).toBe(100)
    expect(bench.sentAtMs).toEqual([0, 30, 60, 90])
    expect(failure).toMatchObject({ attempt: 4, cause: { message: 'the connection was reset' } })
  })

  it('also where the last failure was an answer', async () => {
    const bench = new Bench({ orders: { timeout: '100ms', retry: { maxAttempts: 2, ...NO_WAIT } } })
    bench.up('a', (far) => {
      if (far.request.attempt === 1) far.answer(503, { busy: true })
    })
    const { failure } = await bench.callOnce(200)
    expect(isAttemptError(failure.cause)).toBe(true)
    expect(failure.cause).toMatchObject({ failure: 'refused', status: 503, body: { busy: true } })
  })

  it('of own timeout, policy and caller’s deadline the earliest counts, and the far side is told what is left', async () => {
    const bench = new Bench({ orders: { timeout: '300ms' } }).up('a', silent)
    const calls = [
      bench.call(),
      bench.call({}, { timeout: '100ms' }),
      bench.call({}, { timeout: '500ms' }),
      bench.call({}, { parent: { deadlineMs: 200 } }),
      bench.call({}, { timeout: '100ms', parent: { deadlineMs: 50 } }),
    ]
    await bench.pass(1000)
    expect(calls.map(({ atMs }) => atMs)).toEqual([300, 100, 300, 200, 50])
    for (const { error } of calls) expect(isDeadlineExceededError(error)).toBe(true)
    expect(bench.far.map(({ request }) => request.timeoutMs)).toEqual([300, 100, 300, 200, 50])
  })

  it('one that has passed ends the call before anything is sent', async () => {
    const bench = new Bench().up('a')
    await bench.pass(100)
    const { error, failure } = await bench.callOnce(0, {}, { parent: { deadlineMs: 100 } })
    expect(isDeadlineExceededError(error)).toBe(true)
    expect(failure.attempt).toBeUndefined()
    expect(bench.sent).toEqual([])
  })

  it('the far side is told of the attempt timeout where that is earlier', async () => {
    const bench = new Bench({ orders: { timeout: '300ms', retry: { attemptTimeout: '120ms', ...NO_WAIT } } }).up(
      'a',
      silent,
    )
    await bench.callOnce(400)
    expect(bench.far.map(({ request }) => request.timeoutMs)).toEqual([120, 120, 60])
  })
})

describe('a streamed answer', () => {
  const stream = { stream: true } as object

  async function read(answer: unknown): Promise<string> {
    let text = ''
    const { body } = answer as { readonly body: AsyncIterable<Uint8Array> }
    for await (const piece of body) text += new TextDecoder().decode(piece)
    return text
  }

  it('resolves with its head, and ends with its last piece', async () => {
    const bench = new Bench({ orders: { concurrency: { limit: 1 } } }).up('a', silent)
    const call = bench.call(stream)
    bench.far[0]?.begin(200, { 'x-kind': 'stream' })
    await bench.pass(0)
    expect(call.value).toMatchObject({ status: 200, headers: { 'x-kind': 'stream' } })
    expect(bench.runtime.limiter('orders').value.inFlight).toBe(1)
    const text = bench.watch(read(call.value))
    bench.far[0]?.write('one ')
    bench.far[0]?.write('two')
    bench.far[0]?.end()
    await bench.pass(0)
    expect(text.value).toBe('one two')
    expect(bench.runtime.limiter('orders').value.inFlight).toBe(0)
  })

  it('that breaks off after its head is never tried again', async () => {
    const bench = new Bench({ orders: { retry: NO_WAIT } }).up('a', silent).up('b', silent)
    const call = bench.call(stream)
    bench.far[0]?.begin(200)
    await bench.pass(0)
    const text = bench.watch(read(call.value))
    bench.far[0]?.write('half')
    bench.far[0]?.reset()
    await bench.pass(1000)
    expect(bench.sent).toHaveLength(1)
    expect((text.error as Error).message).toBe('the connection was reset')
  })

  it('that breaks off counts as a failure, also after its head', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { minimumCalls: 1 } } }).up('a', silent)
    bench.call(stream)
    bench.far[0]?.begin(200)
    await bench.pass(0)
    expect(bench.runtime.breaker('orders').value).toBe('closed')
    bench.far[0]?.reset()
    expect(bench.runtime.breaker('orders').value).toBe('open')
  })

  it('that breaks off before its head is', async () => {
    const bench = new Bench({ orders: { retry: NO_WAIT } })
    bench.up('a', (far) => (far.request.attempt === 1 ? far.reset() : far.begin(200)))
    expect((await bench.callOnce(1, stream)).value).toMatchObject({ status: 200 })
    expect(bench.sent).toHaveLength(2)
  })

  it('has its timeout and attempt timeout up to the head only; the caller’s deadline covers it all', async () => {
    const targets = { orders: { timeout: '100ms', retry: { attemptTimeout: '50ms', ...NO_WAIT } } }
    const bench = new Bench(targets).up('a', silent)
    const call = bench.call(stream)
    await bench.pass(40)
    bench.far[0]?.begin(200)
    await bench.pass(10_000)
    const text = bench.watch(read(call.value))
    bench.far[0]?.write('at last')
    bench.far[0]?.end()
    await bench.pass(0)
    expect(text.value).toBe('at last')

    const bounded = bench.call(stream, { timeout: '5s' })
    bench.far.at(-1)?.begin(200)
    await bench.pass(0)
    const half = bench.watch(read(bounded.value))
    bench.far.at(-1)?.write('half')
    await bench.pass(4999)
    expect(half.isSettled).toBe(false)
    await bench.pass(1)
    expect((half.error as Error).message).toMatch(/called off/)
    expect(bench.sent).toHaveLength(2)
  })

  it('whose head takes too long is timed out like any other', async () => {
    const bench = new Bench({ orders: { timeout: '100ms' } }).up('a', silent)
    const { error, atMs } = await bench.callOnce(100, stream)
    expect(isDeadlineExceededError(error)).toBe(true)
    expect(atMs).toBe(100)
  })
})

describe('methods', () => {
  it('with a policy of their own share the state of the layers they do not change', async () => {
    const bench = new Bench({
      orders: { timeout: '1s', circuitBreaker: { minimumCalls: 4 }, concurrency: { limit: 3 } },
      'orders/POST /charges': { timeout: '50ms' },
    }).up('a', silent)
    const slow = bench.call({ method: 'POST /charges' })
    const other = bench.call({ method: 'GET /charges' })
    expect(bench.runtime.limiter('orders').value.inFlight).toBe(2)
    await bench.pass(50)
    expect(slow.isSettled).toBe(true)
    expect(other.isSettled).toBe(false)
    bench.serve('a', answering(500))
    for (let i = 0; i < 3; i++) await bench.callOnce(0, { method: 'POST /charges' })
    expect(bench.runtime.breaker('orders').value).toBe('open')
    expect((await bench.callOnce(0, { method: 'GET /orders' })).failure).toMatchObject({ reason: 'circuit-open' })
  })

  it('with a breaker of their own have one of their own', async () => {
    const bench = new Bench({
      orders: { circuitBreaker: { minimumCalls: 10, per: 'service' } },
      'orders/POST /charges': { circuitBreaker: { minimumCalls: 2 } },
    }).up('a', answering(500))
    for (let i = 0; i < 2; i++) await bench.callOnce(0, { method: 'POST /charges' })
    expect((await bench.callOnce(0, { method: 'POST /charges' })).failure).toMatchObject({ reason: 'circuit-open' })
    expect(bench.runtime.breaker('orders').value).toBe('closed')
    expect((await bench.callOnce(0, { method: 'GET /orders' })).failure).toMatchObject({ status: 500 })
  })

  it('may retry where the service does not', async () => {
    const bench = new Bench({ orders: { timeout: '1s' }, 'orders/GET /**': { retry: NO_WAIT } }).up('a', answering(500))
    await bench.callOnce(1, { method: 'GET /orders/17' })
    expect(bench.sent).toHaveLength(3)
    await bench.callOnce(1, { method: 'DELETE /orders/17' })
    expect(bench.sent).toHaveLength(4)
  })
})

describe('limits', () => {
  it('no more than so many at once; some wait in order, the others are refused', async () => {
    const bench = new Bench({ orders: { concurrency: { limit: 1, queue: 2 } } }).up('a', silent)
    const calls = [bench.call(), bench.call(), bench.call(), bench.call()]
    await bench.pass(0)
    expect(calls[3]?.failure).toMatchObject({ reason: 'concurrency', retryAfterMs: undefined })
    expect(bench.runtime.limiter('orders').value).toEqual({ limit: 1, inFlight: 1, queued: 2 })
    for (let i = 0; i < 3; i++) {
      bench.far[i]?.answer(200, i)
      await bench.pass(0)
      expect(calls[i]?.value).toMatchObject({ body: i })
    }
    expect(bench.runtime.limiter('orders').value).toEqual({ limit: 1, inFlight: 0, queued: 0 })
  })

  it('nobody waits for a permit longer than maxWait, or past the deadline: the reason is concurrency', async () => {
    const bench = new Bench({ orders: { concurrency: { limit: 1, queue: 5, maxWait: '70ms' } } }).up('a', silent)
    bench.call()
    const [waiting, hurried] = [bench.call(), bench.call({}, { timeout: '30ms' })]
    await bench.pass(100)
    expect([waiting.atMs, hurried.atMs]).toEqual([70, 30])
    for (const call of [waiting, hurried]) expect(call.failure).toMatchObject({ reason: 'concurrency' })
    expect(bench.sent).toHaveLength(1)
  })

  it('who gives up while waiting leaves the line; who is timed out gives its permit back', async () => {
    const bench = new Bench({ orders: { timeout: '100ms', concurrency: { limit: 1, queue: 1 } } }).up('a', silent)
    bench.call()
    const caller = new AbortController()
    const waiting = bench.call({}, { signal: caller.signal })
    caller.abort()
    await bench.pass(0)
    expect(isCancelledError(waiting.error)).toBe(true)
    expect(bench.runtime.limiter('orders').value).toMatchObject({ inFlight: 1, queued: 0 })
    await bench.pass(100)
    expect(bench.runtime.limiter('orders').value).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('no more than so many a second, and it says when to come back', async () => {
    const bench = new Bench({ orders: { rateLimit: { rate: 10, burst: 2 } } }).up('a')
    for (let i = 0; i < 2; i++) expect((await bench.callOnce()).value).toBeDefined()
    expect((await bench.callOnce()).failure).toMatchObject({ reason: 'rate-limited', retryAfterMs: 100 })
    await bench.pass(100)
    expect((await bench.callOnce()).value).toBeDefined()
    expect(bench.sent).toHaveLength(3)
  })

  it('refusals of our own are not tried again and move no breaker', async () => {
    const targets = {
      orders: { retry: NO_WAIT, circuitBreaker: { minimumCalls: 2 }, rateLimit: { rate: 1, burst: 1 } },
    }
    const bench = new Bench(targets).up('a')
    for (let i = 0; i < 20; i++) await bench.callOnce()
    expect(bench.sent).toHaveLength(1)
    expect(bench.runtime.breaker('orders').value).toBe('closed')
  })

  it('a hundred thousand that wait and fail at once are served by a loop', async () => {
    const bench = new Bench({ orders: { concurrency: { limit: 1, queue: 100_000, maxWait: '1h' } } }).up('a', silent)
    let failed = 0
    const sink = { commit: () => {}, settle: () => void failed++ }
    for (let i = 0; i <= 100_000; i++) bench.runtime.start('orders', {}, {}, sink)
    bench.serve('a', answering(500))
    bench.far[0]?.answer(500)
    expect(failed).toBe(100_001)
  })
})

describe('events', () => {
  it('are told to the port and to everyone who follows', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { minimumCalls: 1 } } })
    const followed: string[] = []
    bench.runtime.events$.subscribe(({ type }) => followed.push(type))
    bench.up('a', answering(500))
    await bench.callOnce()
    expect(followed).toEqual(['endpointsChanged', 'circuitOpened', 'circuitOpened'])
    expect(bench.typesOfEvents()).toEqual(followed)
    expect(bench.events[1]).toMatchObject({ service: 'orders', endpoint: 'a', atMs: 0, openForMs: expect.any(Number) })
  })

  it('cells tell of changes after they are whole, and never repeat the present', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { minimumCalls: 1, per: 'service' } } }).up('a', answering(500))
    const told: [string, string][] = []
    const breaker = bench.runtime.breaker('orders')
    breaker.changes$.subscribe((state) => told.push([state, breaker.value]))
    await bench.callOnce()
    expect(told).toEqual([['open', 'open']])
  })

  it('what nobody keeps is an error that says so', () => {
    const bench = new Bench({ orders: { timeout: '1s' } })
    expect(() => bench.runtime.breaker('orders')).toThrow(/no circuit breaker is kept for orders/)
    expect(() => bench.runtime.limiter('orders')).toThrow(/no concurrency limit is kept for orders/)
  })
})

describe('closing', () => {
  it('lets what is under way end, refuses what is new, and then is closed', async () => {
    const bench = new Bench().up('a', silent)
    const underWay = bench.call()
    const closed = bench.watch(bench.runtime.close())
    const late = bench.call()
    await bench.pass(1000)
    expect(late.failure).toMatchObject({ reason: 'shutting-down' })
    expect(closed.isSettled).toBe(false)
    bench.far[0]?.answer(200)
    await bench.pass(0)
    expect(underWay.value).toMatchObject({ status: 200 })
    expect(closed.isSettled).toBe(true)
    expect(bench.typesOfEvents().at(-1)).toBe('runtimeClosed')
  })

  it('refuses calls to services it has never called, too', async () => {
    const bench = new Bench().up('a')
    await bench.runtime.close()
    expect((await bench.callOnce()).failure).toMatchObject({ reason: 'shutting-down' })
    expect(bench.sent).toEqual([])
  })

  it('refuses what waits to be tried again', async () => {
    const bench = new Bench({ orders: { retry: { backoff: { initial: 1000, max: 1000, jitter: 'none' } } } })
    bench.up('a', answering(500))
    const call = bench.call()
    await bench.pass(500)
    const closed = bench.watch(bench.runtime.close())
    await bench.pass(500)
    expect(closed.isSettled).toBe(true)
    expect(call.failure).toMatchObject({ reason: 'shutting-down' })
    expect(bench.sent).toHaveLength(1)
  })

  it('breaks off what does not end within 30 s', async () => {
    const bench = new Bench().up('a', silent)
    const underWay = bench.call()
    const closed = bench.watch(bench.runtime.close())
    await bench.pass(29_999)
    expect(closed.isSettled).toBe(false)
    await bench.pass(1)
    expect(closed.isSettled).toBe(true)
    expect(underWay.failure).toMatchObject({ failure: 'error' })
  })

  it('twice is once, ends the streams, and leaves no timer behind', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { minimumCalls: 1 }, outlier: { consecutiveFailures: 1 } } })
    bench.up('a', answering(500)).up('b', answering(500))
    for (let i = 0; i < 4; i++) await bench.callOnce()
    const own = bench.runtime.policy({ name: 'own', circuitBreaker: { minimumCalls: 1 } })
    await own.execute(() => Promise.reject(new Error('no'))).catch(() => {})
    const ended: string[] = []
    bench.runtime.events$.subscribe({ complete: () => ended.push('events') })
    bench.runtime.endpoints('orders').changes$.subscribe({ complete: () => ended.push('endpoints') })
    const both = [bench.watch(bench.runtime.close()), bench.watch(bench.runtime.close())]
    await bench.pass(0)
    expect(both.map(({ isSettled }) => isSettled)).toEqual([true, true])
    expect(ended.sort()).toEqual(['endpoints', 'events'])
    expect(bench.events.filter(({ type }) => type === 'runtimeClosed')).toHaveLength(1)
    expect(bench.clock.pending).toBe(0)
  })

  it('is what `await using` does', async () => {
    const bench = new Bench().up('a')
    {
      await using runtime = bench.runtime
      expect((await runtime.client('orders').call()).status).toBe(200)
    }
    expect(bench.typesOfEvents().at(-1)).toBe('runtimeClosed')
  })
})
