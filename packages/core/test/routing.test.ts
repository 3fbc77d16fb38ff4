// Calls by version, and copies of them, through the whole pipeline.
import { describe, expect, it } from 'vitest'
import { answering, Bench, silent } from './bench.ts'

function canary(policy: object, two = answering()): Bench {
  const bench = new Bench({ orders: { loadBalancing: 'round-robin', ...policy } })
  for (const id of ['a', 'b']) bench.up(id, answering(), { version: '1' })
  return bench.up('c', two, { version: '2' })
}

function share(bench: Bench, id: string): number {
  return bench.sent.filter((one) => one === id).length / bench.sent.length
}

describe('a split', () => {
  const split = [
    { version: '1', weight: 90 },
    { version: '2', weight: 10 },
  ]

  it('sends each version its part, whatever the number of its endpoints', async () => {
    const bench = canary({ split })
    for (let i = 0; i < 2000; i++) bench.call()
    await bench.pass(0)
    expect(share(bench, 'c')).toBeGreaterThan(0.08)
    expect(share(bench, 'c')).toBeLessThan(0.12)
    expect(share(bench, 'a')).toBeCloseTo(share(bench, 'b'), 2)
  })

  it('keeps a user with a version, and all calls when the version is gone', async () => {
    const bench = canary({ split })
    for (let i = 0; i < 20; i++) await bench.callOnce(0, {}, { key: 'user-1' })
    expect(new Set(bench.sent.map((id) => (id === 'c' ? '2' : '1'))).size).toBe(1)
    bench.leave('c')
    bench.sent.length = 0
    for (let i = 0; i < 50; i++) await bench.callOnce(0, {}, { key: `user-${i}` })
    expect(share(bench, 'c')).toBe(0)
    bench.up('d', answering(), { version: '2' })
    for (let i = 0; i < 500; i++) bench.call({}, { key: `user-${i}` })
    await bench.pass(0)
    expect(share(bench, 'd')).toBeGreaterThan(0.04)
  })

  it('tries again within the version', async () => {
    const bench = canary({
      split: [{ version: '2', weight: 1 }],
      retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } },
    })
    bench.serve('c', answering(500))
    bench.up('d', answering(200), { version: '2' })
    for (let i = 0; i < 10; i++) expect((await bench.callOnce(1)).value).toMatchObject({ status: 200 })
    expect(share(bench, 'a') + share(bench, 'b')).toBe(0)
  })

  it('health counts within the version: one bad endpoint of two is left out there', async () => {
    const bench = canary({ split: [{ version: '1', weight: 1 }], outlier: { consecutiveFailures: 1, maxEjected: 0.5 } })
    bench.serve('a', answering(500))
    for (let i = 0; i < 4; i++) await bench.callOnce()
    bench.sent.length = 0
    for (let i = 0; i < 10; i++) await bench.callOnce()
    expect(share(bench, 'b')).toBe(1)
  })
})

describe('routes', () => {
  it('send calls with certain headers to a version, before any split', async () => {
    const routes = [{ headers: { 'x-canary': '*' }, version: '2' }]
    const bench = canary({ routes, split: [{ version: '1', weight: 1 }] })
    for (let i = 0; i < 5; i++) await bench.callOnce(0, { headers: { 'X-Canary': 'yes' } })
    expect(share(bench, 'c')).toBe(1)
    bench.sent.length = 0
    for (let i = 0; i < 5; i++) await bench.callOnce()
    expect(share(bench, 'c')).toBe(0)
  })
})

describe('a mirror', () => {
  it('sends a copy to a version, which nobody waits for and whose failures nobody counts', async () => {
    const bench = canary(
      {
        split: [{ version: '1', weight: 1 }],
        mirror: { version: '2' },
        circuitBreaker: { minimumCalls: 2 },
        timeout: '1s',
      },
      silent,
    )
    for (let i = 0; i < 10; i++) expect((await bench.callOnce()).value).toMatchObject({ status: 200 })
    expect(share(bench, 'c')).toBe(0.5)
    await bench.pass(1000)
    expect(bench.gone).toHaveLength(10)
    expect(bench.runtime.breaker('orders').value).toBe('closed')
    expect(bench.clock.pending).toBe(0)
    const [, copy] = bench.far
    expect(copy?.request.headers['x-seakeep-mirror']).toBe('1')
  })

  it('copies no writing calls, none back to where the call went, and none to a version that is not there', async () => {
    const bench = canary({ mirror: { version: '3' } })
    await bench.callOnce()
    expect(bench.sent).toHaveLength(1)
    const own = canary({ split: [{ version: '2', weight: 1 }], mirror: { version: '2' } })
    await own.callOnce()
    await own.callOnce(0, { method: 'POST /charges' })
    expect(own.sent).toEqual(['c', 'c'])
  })

  it('copies nothing that was not sent: refused here, or answered from the cache', async () => {
    const limited = canary({
      mirror: { version: '2' },
      split: [{ version: '1', weight: 1 }],
      rateLimit: { rate: 1, burst: 1 },
    })
    for (let i = 0; i < 20; i++) limited.call()
    await limited.pass(0)
    expect(limited.sent).toHaveLength(2)
    const cached = canary({ mirror: { version: '2' }, split: [{ version: '1', weight: 1 }], cache: { ttl: '1m' } })
    for (let i = 0; i < 20; i++) await cached.callOnce()
    expect(cached.sent).toHaveLength(2)
  })

  it('copies to another service under its own policy', async () => {
    const bench = new Bench({ orders: { mirror: { service: 'orders-next', ratio: 0.5 } } }).up('a')
    bench.up('next', answering(500), { service: 'orders-next' })
    for (let i = 0; i < 400; i++) bench.call()
    await bench.pass(0)
    expect(bench.sent.filter((id) => id === 'next').length / 400).toBeCloseTo(0.5, 1)
  })
})
