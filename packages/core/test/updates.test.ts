// Other numbers while calls go on: what was learnt stays, what a layer held is given back when it is taken off.
import { describe, expect, it } from 'vitest'
import { isRejectedError } from '../src/index.ts'
import { parsePolicyDocument } from '../src/spi.ts'
import { answering, Bench, silent } from './bench.ts'

function apply(bench: Bench, targets: Readonly<Record<string, object>>): void {
  bench.runtime.applyPolicies(parsePolicyDocument({ version: 1, targets }))
}

describe('another document', () => {
  it('changes numbers and keeps an open circuit, and its isolation by hand', async () => {
    const breaker = { minimumCalls: 2, per: 'service' }
    const bench = new Bench({ orders: { circuitBreaker: breaker } }).up('a', answering(500))
    await bench.callOnce()
    await bench.callOnce()
    const { breaker: before } = { breaker: bench.runtime.breaker('orders') }
    expect(before.value).toBe('open')
    apply(bench, { orders: { circuitBreaker: { ...breaker, minimumCalls: 50 }, timeout: '1s' } })
    expect(bench.runtime.breaker('orders')).toBe(before)
    expect(isRejectedError((await bench.callOnce()).error)).toBe(true)
    expect(bench.typesOfEvents()).toContain('policyApplied')
    // The window learnt the new number: when it has closed again, two failures are not enough.
    bench.serve('a', answering(200))
    await bench.pass(20_000)
    for (let i = 0; i < 10; i++) await bench.callOnce(1000)
    expect(before.value).toBe('closed')
    bench.serve('a', answering(500))
    for (let i = 0; i < 10; i++) await bench.callOnce()
    expect(before.value).toBe('closed')
  })

  it('takes a layer off, and puts one on, for methods and endpoints too', async () => {
    const bench = new Bench({ orders: { circuitBreaker: { minimumCalls: 2 } }, 'orders/GET /x': { timeout: '1s' } })
    bench.up('a', answering(500))
    for (let i = 0; i < 3; i++) await bench.callOnce(0, { method: 'GET /x' })
    expect(bench.runtime.breaker('orders', 'a').value).toBe('open')
    apply(bench, { orders: { circuitBreaker: false, concurrency: { limit: 1 } } })
    expect((await bench.callOnce(0, { method: 'GET /x' })).failure).toMatchObject({ status: 500 })
    expect(() => bench.runtime.breaker('orders')).toThrow('its policy names none')
    expect(() => bench.runtime.breaker('orders', 'a')).toThrow('its policy names none')
    expect(bench.runtime.limiter('orders').value).toMatchObject({ limit: 1 })
    apply(bench, {})
    expect(() => bench.runtime.limiter('orders')).toThrow('its policy names none')
    expect((await bench.callOnce()).failure).toMatchObject({ status: 500 })
  })

  it('lets go of what only a method had, also where the service’s own policy stays the same', async () => {
    const method = { method: 'GET /x' }
    const bench = new Bench({
      'orders/GET /x': { circuitBreaker: { minimumCalls: 2, per: 'service', openFor: '60s' } },
    })
    bench.up('a', answering(500))
    for (let i = 0; i < 3; i++) await bench.callOnce(0, method)
    expect(isRejectedError((await bench.callOnce(0, method)).error)).toBe(true)
    // The circuit stays where its policy does, and is forgotten where it does not.
    const again = {
      'orders/GET /x': { circuitBreaker: { minimumCalls: 2, per: 'service', openFor: '60s' } },
      other: {},
    }
    apply(bench, again)
    expect(isRejectedError((await bench.callOnce(0, method)).error)).toBe(true)
    apply(bench, { other: {} })
    expect((await bench.callOnce(0, method)).failure).toMatchObject({ status: 500 })
    apply(bench, again)
    expect((await bench.callOnce(0, method)).failure).toMatchObject({ status: 500 })
  })

  it('keeps tokens, and what is in flight counts against a smaller limit', async () => {
    const bench = new Bench({ orders: { rateLimit: { rate: 1, burst: 5 }, concurrency: { limit: 10 } } })
    bench.up('a', silent)
    for (let i = 0; i < 4; i++) bench.call()
    await bench.pass(0)
    apply(bench, { orders: { rateLimit: { rate: 1, burst: 6 }, concurrency: { limit: 4 } } })
    // A fifth token was left; the limit of four is full.
    expect((await bench.callOnce()).failure).toMatchObject({ reason: 'concurrency' })
    expect(bench.runtime.limiter('orders').value).toMatchObject({ limit: 4, inFlight: 4 })
    for (const far of bench.far) far.answer(200)
    await bench.pass(0)
    expect(bench.runtime.limiter('orders').value.inFlight).toBe(0)
  })

  it('keeps ejections, and returns everybody when outliers are watched no more', async () => {
    const outlier = { consecutiveFailures: 2, maxEjected: 0.5 }
    const bench = new Bench({ orders: { loadBalancing: 'round-robin', outlier } })
    bench.up('a', answering(500)).up('b')
    for (let i = 0; i < 6; i++) await bench.callOnce()
    expect(bench.typesOfEvents()).toContain('endpointEjected')
    apply(bench, { orders: { loadBalancing: 'round-robin', outlier: { ...outlier, consecutiveFailures: 9 } } })
    bench.sent.length = 0
    for (let i = 0; i < 4; i++) await bench.callOnce()
    expect(bench.sent).toEqual(['b', 'b', 'b', 'b'])
    apply(bench, { orders: { loadBalancing: 'round-robin' } })
    for (let i = 0; i < 4; i++) await bench.callOnce()
    expect(bench.sent.filter((id) => id === 'a')).toHaveLength(2)
    expect(bench.typesOfEvents()).toContain('endpointReturned')
  })

  it('another balancer goes on with what is known of each endpoint', async () => {
    const bench = new Bench({ orders: { loadBalancing: 'p2c-ewma' } })
    bench.up('a', answering(200, 100)).up('b', answering(200, 1)).up('c', answering(200, 1))
    for (let i = 0; i < 30; i++) await bench.callOnce(200)
    apply(bench, { orders: { loadBalancing: 'round-robin' } })
    bench.sent.length = 0
    for (let i = 0; i < 6; i++) await bench.callOnce(200)
    expect(bench.sent.filter((id) => id === 'a')).toHaveLength(2)
    apply(bench, { orders: { loadBalancing: 'p2c-ewma' } })
    bench.sent.length = 0
    for (let i = 0; i < 12; i++) await bench.callOnce(10)
    expect(bench.sent.filter((id) => id === 'a').length).toBeLessThan(2)
  })

  it('what was the service’s does not become a method’s, whose own begins anew and lives', async () => {
    const breaker = { minimumCalls: 2, per: 'service', openFor: '1s' }
    const bench = new Bench({ orders: { circuitBreaker: breaker }, 'orders/GET /x': { timeout: '1s' } })
    bench.up('a', answering(500))
    const get = { method: 'GET /x' }
    await bench.callOnce(0, get)
    apply(bench, { orders: {}, 'orders/GET /x': { timeout: '1s', circuitBreaker: breaker } })
    for (let i = 0; i < 3; i++) await bench.callOnce(0, get)
    expect((await bench.callOnce(0, get)).failure).toMatchObject({ reason: 'circuit-open' })
    bench.serve('a', answering(200))
    await bench.pass(10_000)
    expect((await bench.callOnce(0, get)).value).toMatchObject({ status: 200 })
    // Two methods get one each.
    apply(bench, {
      orders: { concurrency: { limit: 9 } },
      'orders/GET /x': { timeout: '1s' },
      'orders/GET /y': { timeout: '2s' },
    })
    await bench.callOnce(0, get)
    await bench.callOnce(0, { method: 'GET /y' })
    bench.serve('a', silent)
    apply(bench, { 'orders/GET /x': { concurrency: { limit: 1 } }, 'orders/GET /y': { concurrency: { limit: 50 } } })
    for (let i = 0; i < 10; i++) bench.call(get)
    await bench.pass(0)
    expect(bench.far.slice(-1)[0]?.request.method).toBe('GET /x')
    expect((await bench.callOnce(0, get)).failure).toMatchObject({ reason: 'concurrency' })
    expect((await bench.callOnce(0, { method: 'GET /y' })).isSettled).toBe(false)
  })

  it('leaves calls under way to the policy they began with', async () => {
    const bench = new Bench({ orders: { timeout: '1s' } }).up('a', silent)
    const call = bench.call()
    apply(bench, { orders: { timeout: '10s' } })
    await bench.pass(1000)
    expect(call.failure).toMatchObject({ code: 'SEAKEEP_DEADLINE_EXCEEDED' })
  })
})

describe('a policy', () => {
  it('is held open by hand, and let go', async () => {
    const { runtime } = new Bench()
    const policy = runtime.policy({ name: 'quotes', circuitBreaker: true })
    policy.for('eu').isolate()
    expect([policy.for('eu').state.value.breaker, policy.state.value.breaker]).toEqual(['isolated', 'closed'])
    const refused = await policy.execute(() => 1, { key: 'eu' }).catch((error: unknown) => error)
    expect(isRejectedError(refused)).toBe(true)
    policy.for('eu').release()
    expect(await policy.execute(() => 1, { key: 'eu' })).toBe(1)
    expect(() => runtime.policy({ name: 'bare' }).isolate()).toThrow('the policy bare has no circuit breaker')
  })
})

describe('policy().update', () => {
  it('fewer keys are kept at once, and none of a policy that has closed', async () => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'quotes', circuitBreaker: { minimumCalls: 1 } })
    const fail = (): Promise<never> => Promise.reject(new Error('down'))
    for (let i = 0; i < 100; i++) await policy.execute(fail, { key: `k${i}` }).catch(() => {})
    expect(bench.clock.pending).toBe(100)
    policy.update({ circuitBreaker: { minimumCalls: 1 }, maxKeys: 10 })
    expect(bench.clock.pending).toBe(10)
    const closed = bench.runtime.close()
    await bench.pass(100)
    await closed
    for (const late of [policy.for('new'), bench.runtime.policy({ name: 'late' })]) {
      expect(await late.execute(() => 1).catch((error: unknown) => error)).toMatchObject({ reason: 'shutting-down' })
    }
  })

  it('keeps the circuit, for every key, and what cannot be used changes nothing', async () => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'quotes', circuitBreaker: { minimumCalls: 2 } })
    const fail = (): never => {
      throw new Error('no quote')
    }
    for (let i = 0; i < 2; i++) await policy.execute(fail, { key: 'eu' }).catch(() => {})
    expect(policy.for('eu').state.value.breaker).toBe('open')
    expect(() => policy.update({ circuitBreaker: { minimumCalls: 0 } })).toThrow('quotes.circuitBreaker.minimumCalls')
    policy.update({ circuitBreaker: { minimumCalls: 3 }, concurrency: { limit: 7 } })
    expect(policy.for('eu').state.value).toMatchObject({ breaker: 'open', limit: 7 })
    expect(policy.for('us').state.value).toMatchObject({ breaker: 'closed', limit: 7 })
    // The name means the new options now.
    bench.runtime.policy({ name: 'quotes', circuitBreaker: { minimumCalls: 3 }, concurrency: { limit: 7 } })
    expect(bench.typesOfEvents()).not.toContain('policyConflicted')
    bench.runtime.policy({ name: 'quotes', circuitBreaker: { minimumCalls: 2 } })
    expect(bench.typesOfEvents()).toContain('policyConflicted')
  })
})
