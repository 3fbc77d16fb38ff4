// nodeshift/opossum#450, #550, resilience4j/resilience4j#2325, #299, #975, #850, #1116, #2181: to change a number was to make
// the thing anew, and what it had counted, lent out or ejected was gone. (The circuit breaker's part of this is in
// `breaking/known-defects.test.ts`.)
import { describe, expect, test } from 'vitest'
import { OutlierDetector, type OutlierHost } from '../src/health/outlier.ts'
import { createOutlierSlot } from '../src/health/outlier-detector.ts'
import { type OutlierOptions, resolveOutlierOptions } from '../src/health/outlier-options.ts'
import { AdaptiveThrottle } from '../src/limiting/adaptive-throttle.ts'
import { ConcurrencyLimiter } from '../src/limiting/concurrency-limiter.ts'
import { createRateLimiter } from '../src/limiting/create-rate-limiter.ts'
import type { Waiter } from '../src/limiting/limiter.ts'
import { resolveConcurrencyOptions, resolveRateLimitOptions } from '../src/limiting/limiter-options.ts'
import { WindowedRetryBudget } from '../src/retrying/retry-budget.ts'
import { ManualClock, SeededRandom } from '../src/testing/index.ts'

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
