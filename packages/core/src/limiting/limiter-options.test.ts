import { describe, expect, it } from 'vitest'
import {
  type ConcurrencyOptions,
  type RateLimitOptions,
  resolveConcurrencyOptions,
  resolveRateLimitOptions,
} from './limiter-options.ts'

describe('resolveConcurrencyOptions', () => {
  it('needs a limit and has no waiting line by default', () => {
    expect(resolveConcurrencyOptions({ limit: 64 })).toEqual({ limit: 64, queue: 0, maxWaitMs: undefined })
    expect(resolveConcurrencyOptions({ limit: 1, queue: 16, maxWait: 0 })).toEqual({
      limit: 1,
      queue: 16,
      maxWaitMs: 0,
    })
  })

  it.each<[unknown, string]>([
    [{}, 'concurrency.limit: missing; an integer from 1 to 1000000'],
    [undefined, 'concurrency: missing; an object with limit'],
    [{ limit: 0 }, 'concurrency.limit: 0 is not allowed; an integer from 1 to 1000000'],
    [{ limit: 1e6 + 1 }, 'concurrency.limit: 1000001 is not allowed'],
    [{ limit: 1, queue: -1 }, 'concurrency.queue: -1 is not allowed; an integer from 0 to 1000000'],
    [
      { algorithm: 'gradient' },
      'concurrency.algorithm: not available yet in this version; allowed: limit, queue, maxWait',
    ],
  ])('refuses %j', (input, message) => {
    expect(() => resolveConcurrencyOptions(input as ConcurrencyOptions)).toThrow(message)
  })
})

describe('resolveRateLimitOptions', () => {
  it('has a bucket of one second by default, of one attempt at least', () => {
    expect(resolveRateLimitOptions({ rate: 500 })).toEqual({ rate: 500, burst: 500 })
    expect(resolveRateLimitOptions({ rate: 0.2 })).toEqual({ rate: 0.2, burst: 1 })
    expect(resolveRateLimitOptions({ rate: 1e6, burst: 1e6 })).toEqual({ rate: 1e6, burst: 1e6 })
    expect(Object.isFrozen(resolveRateLimitOptions({ rate: 1 }))).toBe(true)
  })

  it.each<[unknown, string]>([
    [{}, 'rateLimit.rate: missing; a number above 0, at most 1000000'],
    [{ rate: 0 }, 'rateLimit.rate: 0 is not allowed; a number above 0, at most 1000000'],
    [{ rate: 10, burst: 0 }, 'rateLimit.burst: 0 is not allowed; a number from 1 to 1000000'],
    [
      { rate: '500' },
      'rateLimit.rate: "500" is not allowed; a number above 0, at most 1000000; did you mean 500, without quotes?',
    ],
  ])('refuses %j', (input, message) => {
    expect(() => resolveRateLimitOptions(input as RateLimitOptions)).toThrow(message)
  })
})
