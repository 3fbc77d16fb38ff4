// Hedged calls through the whole pipeline: which copies are sent, who wins, and what becomes of the others.
import { describe, expect, it } from 'vitest'
import { isDeadlineExceededError } from '../src/index.ts'
import { answering, Bench, silent } from './bench.ts'

const HEDGED = { loadBalancing: 'round-robin', hedge: { delay: '20ms', maxExtraLoad: 1 } }

/** `a` is asked first. */
function two(policy: object = {}, a = answering(200, 500), b = answering(200, 10)): Bench {
  const bench = new Bench({ orders: { ...HEDGED, ...policy } })
  return bench.up('a', a).up('b', b)
}

async function firstFrom(bench: Bench, first: string): Promise<void> {
  // Round robin begins anywhere.
  while (bench.sent.at(-1) === undefined || bench.sent.at(-1) === first) {
    bench.call()
    bench.far.at(-1)?.answer(200)
    await bench.pass(0)
  }
  bench.sent.length = 0
  bench.sentAtMs.length = 0
  bench.far.length = 0
  bench.gone.length = 0
}

describe('a hedged call', () => {
  it('sends a copy to another endpoint when the first is late; the first answer wins and the loser is called off', async () => {
    const bench = two()
    await firstFrom(bench, 'a')
    const began = bench.clock.now()
    const call = await bench.callOnce(100)
    expect(bench.sent).toEqual(['a', 'b'])
    expect(bench.sentAtMs.map((at) => at - began)).toEqual([0, 20])
    expect(call.atMs - began).toBe(30)
    expect(call.value).toMatchObject({ status: 200 })
    expect(bench.gone).toEqual([0])
    await bench.pass(1000)
    expect(bench.clock.pending).toBe(0)
  })

  it('sends none where the first is in time', async () => {
    const bench = two({}, answering(200, 19), answering(200, 19))
    await bench.callOnce(100)
    expect(bench.sent).toHaveLength(1)
  })

  it('lets the first one win, too, when it is the faster after all', async () => {
    const bench = two({}, answering(200, 25), answering(200, 500))
    await firstFrom(bench, 'a')
    const began = bench.clock.now()
    const call = await bench.callOnce(100)
    expect(bench.sent).toEqual(['a', 'b'])
    expect(call.atMs - began).toBe(25)
    expect(bench.gone).toEqual([1])
  })

  it('a failure is not the end while the other copy is under way', async () => {
    const bench = two({}, answering(500, 25), answering(200, 30))
    await firstFrom(bench, 'a')
    const call = await bench.callOnce(100)
    expect(bench.sent).toEqual(['a', 'b'])
    expect(call.value).toMatchObject({ status: 200 })
  })

  it('when both have failed it is tried again, or ends with the failure', async () => {
    const failing = two({}, answering(500, 25), answering(502, 30))
    await firstFrom(failing, 'a')
    const failed = await failing.callOnce(100)
    expect(failed.failure).toMatchObject({ status: 502, attempt: 2 })
    const retried = two(
      { retry: { maxAttempts: 2, backoff: { initial: 0, max: 0 } } },
      answering(500, 25),
      answering(502, 30),
    )
    await firstFrom(retried, 'a')
    const stopped = await retried.callOnce(300)
    // Two copies, twice.
    expect(retried.sent).toHaveLength(4)
    expect(stopped.failure).toMatchObject({ retryStopped: 'attempts', attempt: 4 })
  })

  it('sends no copy of what is not idempotent, nor of what is a retry itself', async () => {
    const bench = two()
    bench.call({ method: 'POST /charges' })
    bench.call({}, { parent: { attempt: 2 } })
    await bench.pass(300)
    expect(bench.sent).toHaveLength(2)
  })

  it('sends no copy that could not be answered in time, and the deadline ends all copies', async () => {
    const bench = two({}, silent, silent)
    const short = bench.call({}, { timeout: '20ms' })
    await bench.pass(100)
    expect(bench.sent).toHaveLength(1)
    expect(isDeadlineExceededError(short.error)).toBe(true)
    const long = bench.call({}, { timeout: '50ms' })
    await bench.pass(100)
    expect(bench.sent).toHaveLength(3)
    expect(isDeadlineExceededError(long.error)).toBe(true)
    expect(bench.gone).toEqual([0, 1, 2])
    expect(bench.clock.pending).toBe(0)
  })

  it('its caller who gives up ends all copies', async () => {
    const bench = two({}, silent, silent)
    const controller = new AbortController()
    const call = bench.call({}, { signal: controller.signal })
    await bench.pass(40)
    controller.abort()
    await bench.pass(0)
    expect(call.isSettled).toBe(true)
    expect(bench.gone).toEqual([0, 1])
    expect(bench.clock.pending).toBe(0)
  })

  it('copies take from the retry budget, and never wait for a permit', async () => {
    const budget = two({ retry: { budget: { ratio: 0, minPerSecond: 0 } } }, silent, silent)
    budget.call()
    await budget.pass(100)
    expect(budget.sent).toHaveLength(1)
    expect(budget.typesOfEvents()).toContain('retryBudgetExhausted')
    const limited = two({ concurrency: { limit: 1, queue: 10 } }, answering(200, 50), answering(200, 50))
    const call = await limited.callOnce(60)
    expect(limited.sent).toHaveLength(1)
    expect(call.value).toMatchObject({ status: 200 })
    expect(limited.runtime.limiter('orders').value).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('what a loser has taken so far counts against its endpoint, and permits and breakers are settled', async () => {
    const bench = two(
      { loadBalancing: 'p2c-ewma', circuitBreaker: true, concurrency: { limit: 10 } },
      answering(200, 500),
      answering(200, 10),
    )
    for (let i = 0; i < 40; i++) await bench.callOnce(100)
    // Nobody has waited for `a` to its end, and yet it is known as slow.
    expect(bench.sent.slice(-20).filter((id) => id === 'a').length).toBeLessThan(3)
    expect(bench.runtime.limiter('orders').value.inFlight).toBe(0)
    expect(bench.runtime.breaker('orders').value).toBe('closed')
  })

  it('by default waits for the live p95 and copies at most 5 % of the calls', async () => {
    const bench = new Bench({ orders: { loadBalancing: 'round-robin', hedge: true } })
    let served = 0
    // Every tenth answer takes long, wherever it comes from.
    const often = (far: Parameters<typeof silent>[0], clock: Bench['clock']): void => {
      served += 1
      answering(200, served % 10 === 0 ? 300 : 10)(far, clock)
    }
    bench.up('a', often).up('b', often)
    for (let i = 0; i < 2000; i++) {
      bench.call()
      await bench.pass(5)
    }
    const copies = bench.sent.length - 2000
    expect(copies).toBeGreaterThan(60)
    expect(copies).toBeLessThanOrEqual(100)
  })
})
