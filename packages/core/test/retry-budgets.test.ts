// The budgets beside the windowed one, as the whole pipeline tells them what was called and how it ended.
import { describe, expect, it } from 'vitest'
import { type AttemptResult, parsePolicyDocument } from '../src/spi.ts'
import { answering, Bench, type Handler, silent } from './bench.ts'

const NO_WAIT = { maxAttempts: 5, backoff: { initial: 0, max: 0 } }

function bench(budget: object, handler: Handler, more: object = {}): Bench {
  return new Bench({ orders: { retry: { ...NO_WAIT, budget, ...more } } }).up('a', handler)
}
/** Attempts that so many calls make, one after the other. */
async function attempts(on: Bench, calls: number): Promise<number> {
  const before = on.sent.length
  for (let i = 0; i < calls; i++) await on.callOnce(1)
  return on.sent.length - before
}

describe('a budget of tokens', () => {
  it('gives an outage its bucket, then a share of the calls, however long it takes', async () => {
    const down = bench({ algorithm: 'tokens' }, answering(500))
    expect(await attempts(down, 2)).toBe(2 + 5)
    // A tenth of a token is there, of the second call.
    await down.pass(3_600_000)
    expect(await attempts(down, 99)).toBe(99 + 10)
    expect(down.typesOfEvents()).toContain('retryBudgetExhausted')
  })

  it('is taken from by copies, too', async () => {
    const on = new Bench({
      orders: {
        retry: { budget: { algorithm: 'tokens', ratio: 0, maxTokens: 1 } },
        hedge: { delay: '10ms', maxExtraLoad: 1 },
      },
    })
    on.up('a', answering(200, 50)).up('b', answering(200, 50))
    for (let i = 0; i < 3; i++) await on.callOnce(200)
    expect(on.sent).toHaveLength(3 + 1)
  })

  it('keeps what was spent under other numbers, and begins anew under another algorithm', async () => {
    const on = bench({ algorithm: 'tokens', ratio: 0, maxTokens: 4 }, answering(500))
    const apply = (budget: object): void =>
      on.runtime.applyPolicies(
        parsePolicyDocument({ version: 1, targets: { orders: { retry: { ...NO_WAIT, budget } } } }),
      )
    expect(await attempts(on, 1)).toBe(5)
    apply({ algorithm: 'tokens', ratio: 0, maxTokens: 9 })
    expect(await attempts(on, 1)).toBe(1)
    apply({ algorithm: 'throttle' })
    expect(await attempts(on, 1)).toBe(5)
    apply({ algorithm: 'tokens', ratio: 0, maxTokens: 1 })
    expect(await attempts(on, 1)).toBe(2)
  })
})

describe('a budget that throttles', () => {
  const throttle = { algorithm: 'throttle' }

  it.each<[string, Handler, number]>([
    ['failures', answering(500), 4],
    ['what was cut off', (far) => far.reset(), 4],
    ['being asked to come back later', answering(429), 4],
    ['attempts that take too long', silent, 4],
  ])('ends retries by %s', async (_, handler, retries) => {
    const on = bench(throttle, handler, { attemptTimeout: '1ms' })
    const before = on.sent.length
    for (let i = 0; i < 20; i++) await on.callOnce(10)
    expect(on.sent.length - before).toBe(20 + retries)
  })

  it('by answers that ask not to be asked again, which are not tried again themselves', async () => {
    const on = bench(throttle, silent)
    const final: AttemptResult = { ending: 'error', status: 400, isFinal: true }
    const [sendAsBefore, sent] = [on.transport.send, on.sent]
    on.transport.send = (_attempt, sink) => {
      sent.push('a')
      sink.settle(final)
      return () => {}
    }
    expect(await attempts(on, 5)).toBe(5)
    on.transport.send = sendAsBefore
    on.serve('a', answering(500))
    expect(await attempts(on, 1)).toBe(1)
  })

  it('by the deadline of a call, and by each copy that failed', async () => {
    const on = bench(throttle, silent)
    for (let i = 0; i < 5; i++) {
      on.call({}, { timeout: '5ms' })
      await on.pass(10)
    }
    on.serve('a', answering(500))
    expect(await attempts(on, 1)).toBe(1)
    const hedged = new Bench({
      orders: { retry: { maxAttempts: 1, budget: throttle }, hedge: { delay: '10ms', maxExtraLoad: 1 } },
    })
    hedged.up('a', answering(500, 25)).up('b', answering(500, 30))
    for (let i = 0; i < 9; i++) await hedged.callOnce(100)
    // Two failures of each call, until five tokens are left.
    expect(hedged.sent).toHaveLength(9 + 3)
  })

  it('not by what the caller gave up or asked wrongly, and begins again with successes', async () => {
    const on = bench(throttle, silent)
    for (let i = 0; i < 20; i++) {
      const controller = new AbortController()
      on.call({}, { signal: controller.signal })
      await on.pass(1)
      controller.abort()
      await on.pass(1)
    }
    on.serve('a', answering(404))
    await attempts(on, 20)
    on.serve('a', answering(500))
    expect(await attempts(on, 20)).toBe(20 + 4)
    on.serve('a', answering(200))
    await attempts(on, 51)
    on.serve('a', answering(500))
    // 5.1 tokens less the first failure.
    expect(await attempts(on, 1)).toBe(1)
    on.serve('a', answering(200))
    await attempts(on, 30)
    on.serve('a', answering(500))
    expect(await attempts(on, 1)).toBe(3)
  })
})
