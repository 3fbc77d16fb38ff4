import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { createRateLimiter } from './create-rate-limiter.ts'
import { Gcra } from './gcra.ts'
import { KeyedRateLimiter } from './keyed-rate-limiter.ts'
import { resolveRateLimitOptions } from './rate-limit-options.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { SlidingWindowLimit } from './sliding-window.ts'
import { TokenBucket } from './token-bucket.ts'

function take(limiter: RateLimiter, nowMs: number, tries: number, key?: string): number {
  let taken = 0
  for (let i = 0; i < tries; i++) if (limiter.tryTake(nowMs, key)) taken++
  return taken
}

describe('GCRA', () => {
  test('lets in a burst, then one an interval, and says when', () => {
    const gcra = new Gcra({ rate: 10, burst: 5 })
    expect(take(gcra, 0, 10)).toBe(5)
    expect([gcra.retryAfterMs(0), gcra.fullAtMs]).toEqual([100, 500])
    expect(take(gcra, 99, 1)).toBe(0)
    expect(take(gcra, 100, 2)).toBe(1)
    expect(take(gcra, 400, 9)).toBe(3)
    expect(take(gcra, 3_600_000, 99)).toBe(5)
  })

  test.each([0.3, 7, 1_000, 999_983])('is a token bucket in other words, at rate %d', (rate) => {
    const random = new Sfc32(2, rate)
    const [gcra, bucket] = [new Gcra({ rate, burst: 4.5 }), new TokenBucket({ rate, burst: 4.5 })]
    let [nowMs, apart] = [1e6, 0]
    for (let i = 0; i < 50_000; i++) {
      nowMs += random.next() * (1_500 / rate)
      if (gcra.tryTake(nowMs) !== bucket.tryTake(nowMs)) apart++
      if (i === 25_000) for (const limit of [gcra, bucket]) limit.update({ rate: rate * 2, burst: 3 }, nowMs)
    }
    expect(apart).toBe(0)
  })

  test('arrivals at exactly its rate are all let in, and a million of them one at a time', () => {
    const gcra = new Gcra({ rate: 3_000, burst: 1 })
    let all = 0
    for (let i = 0; i < 1_000_000; i++) if (gcra.tryTake((i * 1_000) / 3_000)) all++
    expect(all).toBe(1_000_000)
  })
})

describe('a sliding window', () => {
  test('lets in no more than its burst in any stretch of burst / rate', () => {
    const random = new Sfc32(4, 4)
    const limiter = new SlidingWindowLimit({ rate: 100, burst: 50 })
    const admitted: number[] = []
    for (let nowMs = 0; nowMs < 60_000; nowMs += random.next() * 8) if (limiter.tryTake(nowMs)) admitted.push(nowMs)
    for (let i = 50; i < admitted.length; i++) {
      expect((admitted[i] as number) - (admitted[i - 50] as number)).toBeGreaterThan(500 - 1e-5)
    }
    expect(admitted.length).toBeGreaterThan(60 * 95)
  })

  test('a bucket of the same numbers lets twice as many through at a seam; this does not', () => {
    const options = { rate: 100, burst: 100 }
    const counts = [new SlidingWindowLimit(options), new TokenBucket(options)].map((limiter) => {
      let taken = 0
      for (let nowMs = 0; nowMs < 999; nowMs++) taken += take(limiter, nowMs, 9)
      return taken
    })
    expect(counts).toEqual([100, 199])
  })

  test('says when, keeps what it knows under new numbers and grows only as far as it is used', () => {
    const limiter = new SlidingWindowLimit({ rate: 10, burst: 20 })
    expect([limiter.retryAfterMs(0), limiter.fullAtMs]).toEqual([0, Number.NEGATIVE_INFINITY])
    expect(take(limiter, 100, 30)).toBe(20)
    expect([limiter.retryAfterMs(600), limiter.fullAtMs]).toEqual([1500, 2100])
    limiter.update({ rate: 10, burst: 30 })
    expect(take(limiter, 700, 30)).toBe(10)
    limiter.update({ rate: 10, burst: 5 })
    expect([take(limiter, 1_199, 1), take(limiter, 1_200, 9)]).toEqual([0, 5])
    const single = new SlidingWindowLimit({ rate: 2, burst: 1.9 })
    expect([take(single, 0, 3), take(single, 499, 3), take(single, 500, 3)]).toEqual([1, 0, 1])
  })
})

describe('limits by key', () => {
  const keyed = (maxKeys: number): KeyedRateLimiter =>
    new KeyedRateLimiter({ rate: 1, burst: 2 }, maxKeys, (numbers) => new Gcra(numbers))

  test('each key has its own; who names none shares one', () => {
    const limiter = keyed(10)
    expect([take(limiter, 0, 9, 'a'), take(limiter, 0, 9, 'b'), take(limiter, 0, 9)]).toEqual([2, 2, 2])
    expect([limiter.retryAfterMs(0, 'a'), limiter.retryAfterMs(0, 'never seen')]).toEqual([1000, 0])
    limiter.update({ rate: 2, burst: 2 }, 0)
    expect(limiter.retryAfterMs(0, 'a')).toBe(500)
  })

  test('opossum#404: memory is bounded, and the key that was not asked for longest is the one forgotten', () => {
    const limiter = keyed(3)
    for (const key of ['a', 'b', 'c', 'a', 'd']) limiter.tryTake(0, key)
    expect(limiter.size).toBe(3)
    expect([limiter.retryAfterMs(0, 'a'), limiter.retryAfterMs(0, 'b')]).toEqual([1000, 0])
    for (let i = 0; i < 10_000; i++) limiter.tryTake(0, `key ${i}`)
    expect(limiter.size).toBe(3)
  })

  test('what is full again is forgotten as others come, without a timer', () => {
    const limiter = keyed(1_000_000)
    for (let i = 0; i < 1_000; i++) limiter.tryTake(0, `early ${i}`)
    for (let i = 0; i < 1_000; i++) limiter.tryTake(60_000, `late ${i}`)
    expect(limiter.size).toBe(1_000)
  })

  test('keys in use stay, though they are full again each time', () => {
    let made = 0
    const limiter = new KeyedRateLimiter({ rate: 1000, burst: 1 }, 10_000, (numbers) => {
      made++
      return new Gcra(numbers)
    })
    for (let i = 0; i < 100_000; i++) limiter.tryTake(i, `key ${(i * 7) % 100}`)
    expect(limiter.size).toBe(100)
    expect(made).toBe(100)
  })
})

test('the options choose the algorithm', () => {
  const of = (options: object): object => createRateLimiter(resolveRateLimitOptions({ rate: 5, ...options }))
  expect(of({})).toBeInstanceOf(TokenBucket)
  expect(of({ algorithm: 'gcra' })).toBeInstanceOf(Gcra)
  expect(of({ algorithm: 'sliding-window' })).toBeInstanceOf(SlidingWindowLimit)
  expect(of({ by: 'key' })).toBeInstanceOf(KeyedRateLimiter)
})

test('Q13: of Poisson arrivals a bucket of one refuses lam / (1 + lam)', () => {
  for (const lam of [0.5, 1, 2]) {
    const random = new Sfc32(9, lam * 10)
    const limiter = createRateLimiter(resolveRateLimitOptions({ rate: 1, burst: 1, algorithm: 'gcra' }))
    let [nowMs, refused] = [0, 0]
    for (let i = 0; i < 100_000; i++) {
      nowMs -= (Math.log(1 - random.next()) * 1000) / lam
      if (!limiter.tryTake(nowMs)) refused++
    }
    expect(refused / 100_000).toBeCloseTo(lam / (1 + lam), 2)
  }
})
