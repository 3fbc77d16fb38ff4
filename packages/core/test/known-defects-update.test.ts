// nodeshift/opossum#450, #550, resilience4j/resilience4j#2325, #299, #975, #850, #1116, #2181: to change a number was to make
// the thing anew, and what it had counted, lent out or ejected was gone. (The circuit breaker's part of this is in
// `breaking/known-defects.test.ts`.)
import { describe, expect, test } from 'vitest'
import { OutlierDetector, type OutlierHost } from '../src/health/outlier.ts'
import { createOutlierSlot } from '../src/health/outlier-detector.ts'
import { type OutlierOptions, resolveOutlierOptions } from '../src/health/outlier-options.ts'
import { isConfigError, type Runtime } from '../src/index.ts'
import { AdaptiveThrottle } from '../src/limiting/adaptive-throttle.ts'
import { ConcurrencyLimiter } from '../src/limiting/concurrency-limiter.ts'
import { createRateLimiter } from '../src/limiting/create-rate-limiter.ts'
import type { Waiter } from '../src/limiting/limiter.ts'
import { resolveConcurrencyOptions, resolveRateLimitOptions } from '../src/limiting/limiter-options.ts'
import { createRetryBudget } from '../src/retrying/create-retry-budget.ts'
import { WindowedRetryBudget } from '../src/retrying/retry-budget.ts'
import type { RetryBudget } from '../src/retrying/retry-policy.ts'
import {
  assembleRuntime,
  MemoryBoard,
  MemoryRegistry,
  NO_LOAD,
  NO_SIGNALS,
  type PolicyDocument,
  parsePolicyDocument,
  type RuntimePorts,
} from '../src/spi.ts'
import { ManualClock, MemoryTransport, SeededRandom } from '../src/testing/index.ts'

describe('14. new numbers keep', () => {
  test.each(['token-bucket', 'gcra', 'sliding-window'] as const)('the tokens of a %s, each key’s own', (algorithm) => {
    const numbers = { rate: 10, burst: 10 }
    const limiter = createRateLimiter(resolveRateLimitOptions({ ...numbers, algorithm, by: 'key' }))
    const taken = (nowMs: number, key: string): number => {
      let count = 0
      while (limiter.tryTake(nowMs, key)) count++
      return count
    }
    expect(taken(0, 'a')).toBe(10)
    limiter.tryTake(0, 'b')
    limiter.update({ rate: 10, burst: 8 }, 0)
    // Nothing is left to one; of the other's nine, what the smaller limit has room for.
    expect([taken(0, 'a'), taken(0, 'b')]).toEqual([0, algorithm === 'sliding-window' ? 7 : 8])
    limiter.update({ rate: 20, burst: 8 }, 0)
    expect([taken(0, 'a'), taken(0, 'b')]).toEqual([0, 0])
    expect(taken(10_000, 'a')).toBe(8)
  })

  test('the permits that are out, and the line of those who wait', () => {
    const clock = new ManualClock()
    const options = (limit: number, queue: number) => resolveConcurrencyOptions({ limit, queue })
    const limiter = new ConcurrencyLimiter(options(3, 9), { clock })
    const served: number[] = []
    for (let i = 0; i < 3; i++) limiter.tryAcquire()
    for (let i = 0; i < 5; i++) {
      const links = { previous: undefined, next: undefined, isWaiting: false }
      const waiter: Waiter = { ...links, onPermit: () => void served.push(i) }
      expect(limiter.join(waiter)).toBe(true)
    }
    limiter.update(options(1, 2))
    expect(limiter.value).toEqual({ limit: 1, inFlight: 3, queued: 5 })
    for (let i = 0; i < 2; i++) limiter.release('success')
    expect([limiter.inFlight, served]).toEqual([1, []])
    limiter.release('success')
    expect(served).toEqual([0])
    limiter.update(options(3, 2))
    expect([limiter.value, served]).toEqual([{ limit: 3, inFlight: 3, queued: 2 }, [0, 1, 2]])
  })

  test('the calls and retries that the budget has counted', () => {
    const budget = new WindowedRetryBudget({ ratio: 0.5, minPerSecond: 0 })
    for (let i = 0; i < 100; i++) budget.deposit(0)
    const granted = (): number => {
      let count = 0
      while (budget.withdraw(0)) count++
      return count
    }
    expect(granted()).toBe(50)
    budget.update({ ratio: 0.2, minPerSecond: 0 })
    expect(granted()).toBe(0)
    budget.update({ ratio: 0.6, minPerSecond: 0 })
    expect(granted()).toBe(10)
  })

  test('the tokens that retries have spent, and how full a bucket is that throttles them', () => {
    const numbers = { ratio: 0.1, maxTokens: 10 }
    const granted = (budget: RetryBudget): number => {
      let count = 0
      for (; count < 100; count++) {
        budget.onAttempt?.('failure')
        if (!budget.withdraw(0)) break
      }
      return count
    }
    for (const [algorithm, first] of [
      ['tokens', 10],
      ['throttle', 4],
    ] as const) {
      const budget = createRetryBudget({ algorithm, ...numbers })
      expect(granted(budget)).toBe(first)
      budget.update({ algorithm, ratio: 0.5, maxTokens: 1000 })
      expect(granted(budget)).toBe(0)
    }
  })

  test('what a throttle knows of its target', () => {
    const throttle = new AdaptiveThrottle({ multiplier: 2, windowMs: 60_000 })
    for (let i = 0; i < 99; i++) throttle.onEnd(i < 33, 0)
    expect(throttle.refusalRatio(0)).toBeCloseTo(0.33)
    throttle.update({ multiplier: 1.5, windowMs: 60_000 })
    expect(throttle.refusalRatio(0)).toBeCloseTo(0.495)
  })

  test('who is ejected, until when, and how often it was', () => {
    const clock = new ManualClock()
    const parts = { clock, random: new SeededRandom(1), events: { emit: () => {} }, service: 'orders' }
    const options = (more: OutlierOptions) =>
      resolveOutlierOptions({ consecutiveFailures: 5, baseEjection: '10s', maxEjected: 1, ...more })
    const detector = new OutlierDetector(options({}), parts)
    const hosts = ['a', 'b', 'c'].map((id): OutlierHost => ({ id, outlier: createOutlierSlot(), refresh: () => {} }))
    const [a, b] = hosts as [OutlierHost, OutlierHost, OutlierHost]
    detector.setHosts(hosts)
    const fail = (host: OutlierHost, times: number): void => {
      for (let i = 0; i < times; i++) detector.onResult(host, 'failure', clock.now())
    }
    fail(a, 5)
    fail(b, 3)
    detector.update(options({ consecutiveFailures: 4, baseEjection: '20s' }))
    expect([a.outlier.isEjected, b.outlier.isEjected]).toEqual([true, false])
    fail(b, 1)
    expect(b.outlier.isEjected).toBe(true)
    clock.advance(9_999)
    expect(a.outlier.isEjected).toBe(true)
    clock.advance(1)
    expect([a.outlier.isEjected, b.outlier.isEjected]).toEqual([false, true])
    // The second ejection in a row: twice the new base.
    fail(a, 4)
    expect(a.outlier.returnsAtMs - clock.now()).toBe(40_000)
  })
})

// alibaba/sentinel-golang#151, #411, #428: outside Java, rules from a configuration centre and limits of a whole cluster are
// planned, half done or up to the user.
describe('23. rules from outside', () => {
  const documentOf = (text: string): PolicyDocument => parsePolicyDocument(JSON.parse(text))
  const start = (
    board: MemoryBoard,
    parts: Pick<RuntimePorts, 'clock' | 'transports' | 'registries'>,
    seed: number,
  ): Runtime =>
    assembleRuntime(
      { service: 'web', policies: undefined },
      {
        ...parts,
        random: new SeededRandom(seed),
        events: { emit: () => {} },
        board: board.connect({ delayMs: () => 2 }),
        servers: [],
        load: NO_LOAD,
        signals: NO_SIGNALS,
      },
    )

  /** Two instances of `web` that call `orders`, and a centre whose text both govern by, as far as it can be read. */
  function centre(): {
    publish(text: string): string[]
    /** How many calls of a second reach the target, after others for some seconds; each instance calls 60 times a second. */
    perSecond(seconds: number): Promise<number>
  } {
    const clock = new ManualClock()
    const registry = new MemoryRegistry(clock)
    const transport = new MemoryTransport(clock)
    let reached = 0
    transport.serve('a', (far) => {
      reached += 1
      far.answer(200)
    })
    const address = { host: 'a', port: 80 }
    const instance = { id: 'a', service: 'orders', address, protocol: 'memory', weight: 1 }
    registry.register(instance, Number.POSITIVE_INFINITY, () => {})
    const board = new MemoryBoard(clock)
    const parts = { clock, transports: [transport], registries: [registry] }
    const runtimes = [start(board, parts, 1), start(board, parts, 2)]
    return {
      publish: (text) =>
        runtimes.map((runtime) => {
          try {
            runtime.applyPolicies(documentOf(text))
            return 'applied'
          } catch (error) {
            return isConfigError(error) ? error.message : String(error)
          }
        }),
      async perSecond(seconds) {
        let before = 0
        for (let ms = 0; ms < (seconds + 1) * 1000; ms += 50) {
          if (ms === seconds * 1000) before = reached
          for (const runtime of runtimes) {
            for (let i = 0; i < 3; i++)
              runtime
                .client('orders')
                .call({})
                .catch(() => {})
          }
          await clock.advanceAsync(50)
        }
        return reached - before
      },
    }
  }
  const sharedRate = (rate: unknown): string =>
    JSON.stringify({ version: 1, targets: { orders: { rateLimit: { rate, shared: true } } } })

  test('change what runs, and a rate holds for the instances together', async () => {
    const { publish, perSecond } = centre()
    expect(await perSecond(1)).toBe(120)
    for (const rate of [40, 80, 20]) {
      expect(publish(sharedRate(rate))).toEqual(['applied', 'applied'])
      const reached = await perSecond(5)
      expect(reached).toBeGreaterThan(0.9 * rate)
      expect(reached).toBeLessThan(1.1 * rate)
    }
    expect(publish('{"version":1}')).toEqual(['applied', 'applied'])
    expect(await perSecond(1)).toBe(120)
  })

  test('change nothing where they cannot be read', async () => {
    const { publish, perSecond } = centre()
    publish(sharedRate(40))
    await perSecond(5)
    for (const [text, problem] of [
      [sharedRate(-1), /targets\.orders\.rateLimit\.rate.*: -1 is not allowed/],
      [sharedRate(90).replace('"rate"', '"rates"'), /rateLimit\.rates: unknown key/],
      [sharedRate(90).replace('"version":1', '"version":7'), /version: 7 is not allowed/],
      [sharedRate(90).slice(0, -9), /JSON/],
    ] as const) {
      for (const answer of publish(text)) expect(answer).toMatch(problem)
      const reached = await perSecond(1)
      expect(reached).toBeGreaterThan(0.9 * 40)
      expect(reached).toBeLessThan(1.1 * 40)
    }
  })
})
