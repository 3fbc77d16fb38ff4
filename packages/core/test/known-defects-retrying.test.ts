// The defects of other retry and timeout policies, each as its user met it. `owner/repo#n` is
// `https://github.com/owner/repo/issues/n`.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCancelledError } from '../src/index.ts'
import { answering, Bench, silent } from './bench.ts'

// connor4312/cockatiel (aborted at 50 ms, settled at 818 ms, and one more call was made after the abort),
// openai/openai-node#2580, browserbase/sdk-node#205, vercel/ai#7661: the sleep between two attempts did not look at the
// signal.
describe('15. an abort during the backoff ends the call at once, and no attempt follows', () => {
  const retry = { maxAttempts: 5, backoff: { initial: '1s', max: '1s', jitter: 'none' } } as const

  test('of a guarded function', async () => {
    const bench = new Bench()
    const caller = new AbortController()
    let calls = 0
    const run = (): Promise<never> => {
      calls++
      return Promise.reject(new Error('boom'))
    }
    const policy = bench.runtime.policy({ name: 'payments', retry })
    const call = bench.watch(policy.execute(run, { signal: caller.signal }))
    await bench.pass(50)
    caller.abort('enough')
    await bench.pass(0)
    expect([isCancelledError(call.error), call.atMs, call.failure.cause]).toEqual([true, 50, 'enough'])
    expect(bench.clock.pending).toBe(0)
    await bench.pass(60_000)
    expect(calls).toBe(1)
  })

  test('of a call to a service, also where the server asked for the wait', async () => {
    const bench = new Bench({ orders: { retry } })
    bench.up('a', (far) => far.answer(503, {}, { 'retry-after': '30' }))
    const caller = new AbortController()
    const call = bench.call({}, { signal: caller.signal })
    await bench.pass(50)
    caller.abort('enough')
    await bench.pass(0)
    expect([isCancelledError(call.error), call.atMs]).toEqual([true, 50])
    await bench.pass(60_000)
    expect(bench.sent).toEqual(['a'])
  })
})

// resilience4j/resilience4j#172 (open since 2017), App-vNext/Polly#2348: no budget, so three attempts of each call are
// three times the load on a target that is down. failsafe-go/failsafe-go#106: one bounded by what is in flight at the
// moment instead of by what was called lately.
describe('16. where every call fails, retries stay a share of the calls', () => {
  const failing = (count: { attempts: number }) => () => {
    count.attempts++
    throw new Error('boom')
  }

  test('with nothing said but `retry: true`', async () => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'payments', retry: true })
    const count = { attempts: 0 }
    for (let i = 0; i < 4_000; i++) {
      bench.watch(policy.execute(failing(count)))
      bench.clock.advance(10)
    }
    await bench.pass(60_000)
    // 100 calls a second for 40 s: a fifth of them again, and ten a second besides.
    expect(count.attempts - 4_000).toBeLessThanOrEqual(0.2 * 4_000 + 10 * (40 + 10))
    expect(count.attempts - 4_000).toBeGreaterThan(0.2 * 4_000)
    expect(bench.typesOfEvents()).toContain('retryBudgetExhausted')
  })

  test('by what was called lately, though never more than one is in flight', async () => {
    const bench = new Bench()
    const budget = { ratio: 0.2, minPerSecond: 0 }
    const backoff = { initial: 0, max: 0 }
    const policy = bench.runtime.policy({ name: 'payments', retry: { budget, backoff } })
    const count = { attempts: 0 }
    for (let i = 0; i < 500; i++) {
      bench.watch(policy.execute(failing(count)))
      await bench.pass(10)
    }
    expect(count.attempts).toBe(600)
  })

  test('and is not saved up: of the calls of a minute ago none counts', async () => {
    const bench = new Bench()
    const budget = { ratio: 0.2, minPerSecond: 0 }
    const policy = bench.runtime.policy({ name: 'payments', retry: { budget, backoff: { initial: 0, max: 0 } } })
    for (let i = 0; i < 500; i++) await policy.execute(() => 'fine')
    await bench.pass(60_000)
    const count = { attempts: 0 }
    for (let i = 0; i < 10; i++) bench.watch(policy.execute(failing(count)))
    await bench.pass(0)
    expect(count.attempts).toBe(12)
  })
})

// grpc/grpc-java#12919, grpc/grpc#39935: a per-attempt timeout is specified and not delivered; the first attempt that hangs
// takes the whole deadline with it.
test('17. an attempt that hangs is called off at its own timeout, and another is made within the deadline', async () => {
  const bench = new Bench({
    orders: {
      loadBalancing: 'round-robin',
      timeout: '2s',
      retry: { attemptTimeout: '300ms', backoff: { initial: '10ms', max: '10ms', jitter: 'none' } },
    },
  })
  for (const id of ['a', 'b']) bench.up(id, silent)
  const call = bench.call()
  let isGone = false
  bench.far[0]?.onGone(() => {
    isGone = true
  })
  const [hanging] = bench.sent
  bench.serve(hanging === 'a' ? 'b' : 'a', answering(200, 250))
  expect(bench.far[0]?.request.timeoutMs).toBe(300)
  await bench.pass(2_000)
  expect([call.value !== undefined, call.atMs, isGone]).toEqual([true, 300 + 10 + 250, true])
  expect(bench.sentAtMs).toEqual([0, 310])
  // Three of them do not add up to more than the deadline.
  for (const id of ['a', 'b']) bench.serve(id, silent)
  const late = await bench.callOnce(3_000, {}, { timeout: '700ms' })
  expect([late.failure.code, late.atMs]).toEqual(['SEAKEEP_DEADLINE_EXCEEDED', 2_000 + 700])
  expect(bench.sentAtMs.slice(2)).toEqual([2_000, 2_310, 2_620])
})

// connor4312/cockatiel: noJitterGenerator ignores `exponent` (3 gave 100, 200, 400, 800). An option that does nothing is
// found by asking each of them what it does.
describe('19. every option of the backoff is what it says, with every jitter', () => {
  const ATTEMPTS = 7

  /** The waits between the attempts of one call, as its target sees them. */
  async function waits(backoff: object): Promise<number[]> {
    const bench = new Bench()
    const retry = { maxAttempts: ATTEMPTS, budget: false, backoff } as const
    const atMs: number[] = []
    const run = (): never => {
      atMs.push(bench.clock.now())
      throw new Error('boom')
    }
    bench.watch(bench.runtime.policy({ name: 'payments', retry }).execute(run))
    await bench.pass(3_600_000)
    expect(atMs.length).toBe(ATTEMPTS)
    return atMs.slice(1).map((at, i) => at - (atMs[i] as number))
  }

  const lengths = fc.record({ initial: fc.integer({ min: 1, max: 2_000 }), factor: fc.integer({ min: 1, max: 60 }) })
  const property = (check: (initial: number, max: number) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(lengths, ({ initial, factor }) => check(initial, initial * factor)),
      { seed: 19, numRuns: 60 },
    )
  const grown = (initial: number, max: number, i: number): number => Math.min(max, initial * 2 ** i)
  const between = (wait: number, least: number, most: number): void => {
    expect(wait).toBeGreaterThanOrEqual(least - 0.01)
    expect(wait).toBeLessThanOrEqual(most + 0.01)
  }

  test('none', () =>
    property(async (initial, max) => {
      const expected = Array.from({ length: ATTEMPTS - 1 }, (_, i) => grown(initial, max, i))
      expect(await waits({ initial, max, jitter: 'none' })).toEqual(expected)
    }))

  test.each([
    ['full', 0],
    ['equal', 0.5],
  ])('%s', (jitter, least) =>
    property(async (initial, max) => {
      for (const [i, wait] of (await waits({ initial, max, jitter })).entries()) {
        between(wait, least * grown(initial, max, i), grown(initial, max, i))
      }
    }),
  )

  test('decorrelated', () =>
    property(async (initial, max) => {
      let before = initial
      for (const wait of await waits({ initial, max, jitter: 'decorrelated' })) {
        between(wait, initial, Math.min(max, before * 3))
        before = wait
      }
    }))

  test('and none of them is without effect', async () => {
    const options = { initial: 100, max: 5_000, jitter: 'none' }
    const others = [{ initial: 200 }, { max: 300 }, { jitter: 'full' }, { jitter: 'equal' }, { jitter: 'decorrelated' }]
    const all = await Promise.all([{}, ...others].map((other) => waits({ ...options, ...other })))
    expect(new Set(all.map((one) => one.join())).size).toBe(all.length)
  })
})
