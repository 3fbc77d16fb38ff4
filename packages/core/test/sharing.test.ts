// Equal calls and kept answers, through the whole pipeline.
import { describe, expect, it } from 'vitest'
import { isCancelledError, isDeadlineExceededError } from '../src/index.ts'
import { answering, Bench, silent } from './bench.ts'

const get = (path = '/') => ({ method: `GET ${path}` })

describe('coalesce', () => {
  it('makes one call of equal ones that are under way, and tells all', async () => {
    const bench = new Bench({ orders: { coalesce: true } }).up('a', answering(200, 50))
    const calls = [bench.call(get()), bench.call(get()), bench.call(get('/other')), bench.call(get())]
    await bench.pass(50)
    expect(bench.sent).toHaveLength(2)
    expect(calls.map(({ value }) => value)).toMatchObject([
      { status: 200 },
      { status: 200 },
      { status: 200 },
      { status: 200 },
    ])
    await bench.callOnce(50, get())
    expect(bench.sent).toHaveLength(3)
    expect(bench.clock.pending).toBe(0)
  })

  it('does not share what writes, nor failures of one with calls that come later', async () => {
    const bench = new Bench({ orders: { coalesce: true } }).up('a', answering(500, 10))
    bench.call({ method: 'POST /charges' })
    bench.call({ method: 'POST /charges' })
    const [one, two] = [bench.call(get()), bench.call(get())]
    await bench.pass(10)
    expect(bench.sent).toHaveLength(3)
    expect([one.failure.status, two.failure.status]).toEqual([500, 500])
    expect((await bench.callOnce(10, get())).failure.status).toBe(500)
    expect(bench.sent).toHaveLength(4)
  })

  it('who gives up leaves alone; the work is called off with the last', async () => {
    const bench = new Bench({ orders: { coalesce: true, timeout: '10s' } }).up('a', silent)
    const [first, second] = [new AbortController(), new AbortController()]
    const leader = bench.call(get(), { signal: first.signal })
    const follower = bench.call(get(), { signal: second.signal })
    const hasty = bench.call(get(), { timeout: '20ms' })
    first.abort()
    await bench.pass(20)
    expect(isCancelledError(leader.error)).toBe(true)
    expect(isDeadlineExceededError(hasty.error)).toBe(true)
    expect([follower.isSettled, bench.gone]).toEqual([false, []])
    second.abort()
    await bench.pass(0)
    expect(isCancelledError(follower.error)).toBe(true)
    expect(bench.gone).toEqual([0])
    // The one timer behind the timeouts of a target outlives those it was armed for.
    await bench.pass(10_000)
    expect(bench.clock.pending).toBe(0)
  })

  it('ends by the timeout of the policy for all', async () => {
    const bench = new Bench({ orders: { coalesce: true, timeout: '100ms' } }).up('a', silent)
    const leader = bench.call(get())
    await bench.pass(60)
    const late = bench.call(get())
    await bench.pass(40)
    expect(isDeadlineExceededError(leader.error)).toBe(true)
    expect(isDeadlineExceededError(late.error)).toBe(true)
    expect(bench.clock.pending).toBe(0)
  })

  it('shares the value of a function by the key it is given', async () => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'quotes', coalesce: true })
    let runs = 0
    const run = async (): Promise<number> => {
      runs += 1
      return runs
    }
    const values = await Promise.all([
      policy.execute(run, { coalesceKey: 'eu' }),
      policy.execute(run, { coalesceKey: 'eu' }),
      policy.execute(run, { coalesceKey: 'us' }),
      policy.execute(run),
      policy.execute(run),
    ])
    expect(values).toEqual([1, 1, 2, 3, 4])
  })
})

describe('cache', () => {
  it('answers fresh, then stale while one call renews it, then not at all', async () => {
    const cache = { ttl: '1s', staleWhileRevalidate: '1s' }
    const bench = new Bench({ orders: { cache } }).up('a', answering(200, 10))
    await bench.callOnce(10, get())
    expect((await bench.callOnce(0, get())).value).toMatchObject({ status: 200 })
    expect(bench.sent).toHaveLength(1)
    await bench.pass(1500)
    const stale = [bench.call(get()), bench.call(get())]
    await bench.pass(0)
    expect(stale.every(({ isSettled }) => isSettled)).toBe(true)
    await bench.pass(10)
    expect(bench.sent).toHaveLength(2)
    await bench.pass(500)
    await bench.callOnce(0, get())
    expect(bench.sent).toHaveLength(2)
    await bench.pass(5000)
    await bench.callOnce(10, get())
    expect(bench.sent).toHaveLength(3)
  })

  it('answers stale where the call fails, is refused or is too late', async () => {
    const cache = { ttl: '1s', staleIfError: '1h' }
    const bench = new Bench({ orders: { cache, timeout: '100ms', circuitBreaker: { minimumCalls: 2 } } })
    bench.up('a', answering(200))
    await bench.callOnce(0, get())
    await bench.pass(2000)
    bench.serve('a', silent)
    const late = await bench.callOnce(100, get())
    expect(late.value).toMatchObject({ status: 200 })
    bench.serve('a', answering(500))
    for (let i = 0; i < 4; i++) expect((await bench.callOnce(0, get())).value).toMatchObject({ status: 200 })
    expect(bench.runtime.breaker('orders').value).toBe('open')
    // What was never kept still fails.
    expect((await bench.callOnce(0, get('/new'))).failure).toMatchObject({ reason: 'circuit-open' })
  })

  it('keeps values of functions under the key they are given', async () => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'quotes', cache: { ttl: '1m', staleIfError: '1h' } })
    let runs = 0
    const run = async (): Promise<number> => ++runs
    expect(await policy.execute(run, { cacheKey: 'eu' })).toBe(1)
    expect(await policy.execute(run, { cacheKey: 'eu' })).toBe(1)
    expect(await policy.execute(run)).toBe(2)
    await bench.pass(120_000)
    expect(await policy.execute(() => Promise.reject(new Error('down')), { cacheKey: 'eu' })).toBe(1)
  })

  it('with coalesce: one call fills it for all who came meanwhile', async () => {
    const bench = new Bench({ orders: { cache: { ttl: '1s' }, coalesce: true } }).up('a', answering(200, 10))
    const calls = Array.from({ length: 20 }, () => bench.call(get()))
    await bench.pass(10)
    expect(calls.every(({ isSettled }) => isSettled)).toBe(true)
    await bench.callOnce(0, get())
    expect(bench.sent).toHaveLength(1)
  })
})
