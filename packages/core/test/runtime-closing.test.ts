// What waits when a runtime closes: `close` ended before calls in a long backoff or in a line did, and they were told when
// their time came, half a minute after the process had said that it is closed.
import { describe, expect, it } from 'vitest'
import { answering, Bench, silent } from './bench.ts'

const LONG = { retry: { backoff: { initial: '30s', max: '30s', jitter: 'none' } } } as const

describe('a runtime that closes', () => {
  it('refuses at once what is in its backoff', async () => {
    const bench = new Bench({ orders: LONG }).up('a', answering(500))
    const call = await bench.callOnce(100)
    expect(call.isSettled).toBe(false)
    const closed = bench.watch(bench.runtime.close())
    await bench.pass(0)
    expect(call.failure).toMatchObject({ reason: 'shutting-down' })
    expect([closed.isSettled, bench.sent.length]).toEqual([true, 1])
  })

  it('refuses at once what waits for a permit, and lets end what was sent', async () => {
    const limit = { concurrency: { limit: 1, queue: 5, maxWait: '60s' } }
    const bench = new Bench({ orders: limit }).up('a', answering(200, 500))
    const calls = [bench.call(), bench.call(), bench.call()]
    await bench.pass(10)
    const closed = bench.watch(bench.runtime.close())
    await bench.pass(0)
    expect(calls.map(({ isSettled }) => isSettled)).toEqual([false, true, true])
    for (const call of calls.slice(1)) expect(call.failure).toMatchObject({ reason: 'shutting-down' })
    await bench.pass(500)
    expect(calls[0]?.value).toMatchObject({ status: 200 })
    expect([closed.isSettled, bench.sent.length]).toEqual([true, 1])
  })

  it('leaves to its copy a call of which another attempt is under way', async () => {
    const hedged = { hedge: { delay: '10ms', maxExtraLoad: 1 }, retry: LONG.retry }
    const bench = new Bench({ orders: { ...hedged, loadBalancing: 'round-robin' } })
    bench.up('a', answering(200, 300)).up('b', answering(500, 50))
    const call = await bench.callOnce(100)
    void bench.runtime.close()
    await bench.pass(300)
    expect(call.value).toMatchObject({ status: 200 })
  })

  it('ends the waits of a function’s policy too, of each key', async () => {
    const bench = new Bench({})
    const policy = bench.runtime.policy({ name: 'quotes', ...LONG })
    const failing = () => Promise.reject(new Error('broken'))
    const calls = [policy.execute(failing), policy.execute(failing, { key: 'eu' })].map((one) => bench.watch(one))
    await bench.pass(100)
    await bench.runtime.close()
    for (const call of calls) expect(call.failure).toMatchObject({ reason: 'shutting-down' })
    expect(bench.clock.pending).toBe(0)
  })

  it('has nothing left of those that were called off, served or given up meanwhile', async () => {
    const bench = new Bench({ orders: { ...LONG, concurrency: { limit: 1, queue: 5, maxWait: '50ms' } } })
    bench.up('a', silent)
    const aborts = new AbortController()
    const first = bench.call({}, { signal: aborts.signal })
    const [given, off] = [bench.call(), bench.call({}, { signal: aborts.signal })]
    await bench.pass(60)
    expect(given.failure).toMatchObject({ reason: 'concurrency' })
    aborts.abort()
    await bench.pass(0)
    expect([first.isSettled, off.isSettled]).toEqual([true, true])
    await bench.runtime.close()
    expect(bench.clock.pending).toBe(0)
  })
})
