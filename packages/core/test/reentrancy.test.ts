// Whoever is told of a step may end the call within it: nothing follows its end, and nothing it was lent is kept.
import { describe, expect, it } from 'vitest'
import { isCancelledError } from '../src/index.ts'
import { answering, Bench, silent } from './bench.ts'

const AT_ONCE = { backoff: { initial: 0, max: 0 } }

describe('a call that ends inside its own step', () => {
  it('by the signal of its attempt, which was too slow: the function is not run again', async () => {
    const bench = new Bench()
    const { runtime, clock } = bench
    const policy = runtime.policy({
      name: 'quotes',
      retry: { maxAttempts: 3, attemptTimeout: '10ms', ...AT_ONCE },
      concurrency: { limit: 5 },
    })
    const caller = new AbortController()
    let runs = 0
    const call = bench.watch(
      policy.execute(
        ({ signal }) => {
          runs += 1
          signal.addEventListener('abort', () => caller.abort())
          return new Promise(() => {})
        },
        { signal: caller.signal },
      ),
    )
    await clock.advanceAsync(1000)
    expect(isCancelledError(call.error)).toBe(true)
    expect([runs, policy.state.value.inFlight, clock.pending]).toEqual([1, 0, 0])
  })

  it('by who follows the circuit that its failure opens', async () => {
    const bench = new Bench()
    const { runtime, clock } = bench
    const policy = runtime.policy({ name: 'quotes', retry: AT_ONCE, circuitBreaker: { minimumCalls: 1 } })
    const caller = new AbortController()
    policy.state.changes$.subscribe(() => caller.abort())
    let runs = 0
    const fail = (): never => {
      runs += 1
      throw new Error('down')
    }
    const call = bench.watch(policy.execute(fail, { signal: caller.signal }))
    await clock.advanceAsync(1000)
    expect(isCancelledError(call.error)).toBe(true)
    expect(runs).toBe(1)
  })

  it('is told once', async () => {
    const bench = new Bench({
      orders: { circuitBreaker: { minimumCalls: 1, per: 'service' }, concurrency: { limit: 3 } },
    })
    bench.up('a', silent)
    const told: string[] = []
    let cancel = (): void => {}
    bench.runtime.breaker('orders').changes$.subscribe(() => cancel())
    cancel = bench.runtime.start('orders', {}, {}, { commit: () => {}, settle: ({ ending }) => void told.push(ending) })
    await bench.pass(0)
    bench.far[0]?.answer(500)
    expect(told).toEqual(['cancelled'])
    expect(bench.runtime.limiter('orders').value.inFlight).toBe(0)
  })

  it('by who hears of a panic while it is being placed: nothing is sent, no permit kept', async () => {
    const outlier = { consecutiveFailures: 1, maxEjected: 1 }
    const policy = { loadBalancing: 'round-robin', outlier, retry: AT_ONCE, concurrency: { limit: 5 } }
    const bench = new Bench({ orders: policy }).up('a', answering(500)).up('b', answering(500))
    const caller = new AbortController()
    bench.runtime.events$.subscribe(({ type }) => {
      if (type === 'panicEntered') caller.abort()
    })
    for (let i = 0; i < 3; i++) bench.call({}, { signal: caller.signal })
    await bench.pass(10)
    const { length } = bench.sent
    await bench.pass(60_000)
    expect(bench.sent).toHaveLength(length)
    expect(bench.runtime.limiter('orders').value).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('by the signal of a copy that lost: the good answer stands', async () => {
    const bench = new Bench()
    const { runtime, clock } = bench
    const policy = runtime.policy({ name: 'quotes', hedge: { delay: '10ms', maxExtraLoad: 1 } })
    const caller = new AbortController()
    const call = bench.watch(
      policy.execute(
        ({ signal, attempt }) => {
          if (attempt === 2) return 'second'
          signal.addEventListener('abort', () => caller.abort())
          return new Promise(() => {})
        },
        { signal: caller.signal },
      ),
    )
    await clock.advanceAsync(100)
    expect(call.value).toBe('second')
    expect(clock.pending).toBe(0)
  })
})
