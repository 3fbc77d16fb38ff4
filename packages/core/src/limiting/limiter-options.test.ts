import { describe, expect, it } from 'vitest'
import {
  CONCURRENCY_OPTIONS,
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
    [{ algorithm: 'fixed' }, 'concurrency.limit: missing; an integer from 1 to 1000000'],
    [{ algorithm: 'gradient', limit: 8 }, 'concurrency.limit: not with algorithm gradient; use min, max and initial'],
    [{ algorithm: 'gradient', min: 9, max: 8 }, 'concurrency.max: 8 is not allowed; at least min, which is 9'],
    [
      { algorithm: 'vegas', initial: 9, max: 8 },
      'concurrency.initial: 9 is not allowed; from min to max, which are 1 and 8',
    ],
    [{ algorithm: 'gradint' }, 'did you mean gradient?'],
    [{ limit: 8, max: 9 }, 'concurrency.max: only with an algorithm: gradient, vegas or aimd'],
    [
      { limit: 8, discipline: 'codel' },
      'concurrency.discipline: codel is not allowed without a waiting line; set queue',
    ],
    [{ limit: 8, queue: 1, target: '5ms' }, 'concurrency.target: only with discipline lifo or codel'],
    [{ limit: 8, queue: 1, order: ['a'] }, 'concurrency.order: only with discipline priority'],
    [{ limit: 8, queue: 1, discipline: 'priority', order: ['a', 'a'] }, 'concurrency.order: a is listed twice'],
    [{ limit: 8, queue: 1, discipline: 'lifo', target: 9, interval: 8 }, 'concurrency.interval: must not be shorter'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveConcurrencyOptions(input as ConcurrencyOptions)).toThrow(message)
  })
})

describe('limits that move, lines that choose', () => {
  it('take the bounds of their algorithm, which give way to what was said', () => {
    const of = (options: ConcurrencyOptions) => resolveConcurrencyOptions(options)
    expect(of({ algorithm: 'gradient', max: 256 })).toEqual({
      limit: 20,
      queue: 0,
      maxWaitMs: undefined,
      adaptive: { algorithm: 'gradient', min: 20, max: 256, initial: 20 },
    })
    expect(of({ algorithm: 'vegas' }).adaptive).toEqual({ algorithm: 'vegas', min: 1, max: 1000, initial: 20 })
    expect(of({ algorithm: 'aimd', max: 8 }).adaptive).toEqual({ algorithm: 'aimd', min: 8, max: 8, initial: 8 })
    expect(of({ algorithm: 'aimd', min: 300 }).adaptive).toMatchObject({ min: 300, max: 300, initial: 300 })
    expect(of({ algorithm: 'gradient', initial: 5 }).adaptive).toMatchObject({ min: 5, max: 200, initial: 5 })
  })

  it('have the instants of Facebook and two classes to shed', () => {
    const line = (discipline: 'lifo' | 'codel' | 'priority') =>
      resolveConcurrencyOptions({ limit: 1, queue: 9, discipline }).line
    expect(line('codel')).toEqual({
      discipline: 'codel',
      targetMs: 5,
      intervalMs: 100,
      order: ['sheddable', 'default'],
    })
    expect([line('lifo')?.discipline, line('priority')?.discipline]).toEqual(['lifo', 'priority'])
    expect(Object.isFrozen(line('lifo'))).toBe(true)
  })

  it('say in their schema that a limit or an algorithm is needed', () => {
    const whole = CONCURRENCY_OPTIONS.schema({ isFragment: false, definitions: new Map() })
    expect(whole).toMatchObject({ anyOf: [{ required: ['limit'] }, { required: ['algorithm'] }] })
    expect(whole).not.toHaveProperty('required')
    expect(CONCURRENCY_OPTIONS.schema({ isFragment: true, definitions: new Map() })).not.toHaveProperty('anyOf')
  })
})

describe('resolveRateLimitOptions', () => {
  it('counts in a bucket, by key with GCRA', () => {
    expect(resolveRateLimitOptions({ rate: 5, by: 'key' })).toEqual({
      rate: 5,
      burst: 5,
      algorithm: 'gcra',
      maxKeys: 10_000,
    })
    expect(resolveRateLimitOptions({ rate: 5, by: 'key', algorithm: 'token-bucket', maxKeys: 2 })).toEqual({
      rate: 5,
      burst: 5,
      maxKeys: 2,
    })
    expect(resolveRateLimitOptions({ rate: 5, algorithm: 'sliding-window' }).algorithm).toBe('sliding-window')
    expect(() => resolveRateLimitOptions({ rate: 5, maxKeys: 2 })).toThrow('rateLimit.maxKeys: only with by: key')
  })

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
