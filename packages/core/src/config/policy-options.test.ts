import { describe, expect, it } from 'vitest'
import { DEFAULT_BALANCING_OPTIONS, resolveBalancingOptions } from '../balancing/balancing-options.ts'
import { DEFAULT_CIRCUIT_BREAKER_OPTIONS } from '../breaking/breaker-options.ts'
import { DEFAULT_OUTLIER_OPTIONS } from '../health/outlier-options.ts'
import { DEFAULT_RETRY_OPTIONS } from '../retrying/retry-options.ts'
import { BARE_POLICY, type PolicyLayers, resolveInbound, resolvePolicy } from './policy-options.ts'

const NOTHING = {
  timeoutMs: undefined,
  retry: undefined,
  circuitBreaker: undefined,
  concurrency: undefined,
  rateLimit: undefined,
  outlier: undefined,
  loadBalancing: DEFAULT_BALANCING_OPTIONS,
}

describe('resolvePolicy', () => {
  it('has only the layers that are named', () => {
    expect(resolvePolicy({})).toEqual(NOTHING)
    expect(resolvePolicy({ timeout: '2s' })).toEqual({ ...NOTHING, timeoutMs: 2000 })
    expect(resolvePolicy({ timeout: false, retry: false, concurrency: false, outlier: false })).toEqual(NOTHING)
  })

  it('takes `true` for all defaults', () => {
    expect(resolvePolicy({ retry: true, circuitBreaker: true, outlier: true })).toEqual({
      ...NOTHING,
      retry: DEFAULT_RETRY_OPTIONS,
      circuitBreaker: DEFAULT_CIRCUIT_BREAKER_OPTIONS,
      outlier: DEFAULT_OUTLIER_OPTIONS,
    })
  })

  it('reads the policy of the contract', () => {
    const policy = resolvePolicy({
      timeout: '2s',
      retry: {
        maxAttempts: 3,
        attemptTimeout: '600ms',
        backoff: { initial: '50ms', max: '2s', jitter: 'decorrelated' },
        budget: { ratio: 0.2, minPerSecond: 10 },
      },
      circuitBreaker: {
        failureRatio: 0.5,
        window: '10s',
        minimumCalls: 20,
        openFor: '5s',
        halfOpenProbes: 3,
        slowCall: { over: '800ms', ratio: 0.5 },
      },
      concurrency: { limit: 64, queue: 16 },
      rateLimit: { rate: 500, burst: 50 },
    })
    expect(policy).toEqual({
      ...NOTHING,
      timeoutMs: 2000,
      retry: { ...DEFAULT_RETRY_OPTIONS, attemptTimeoutMs: 600 },
      circuitBreaker: { ...DEFAULT_CIRCUIT_BREAKER_OPTIONS, slowCall: { overMs: 800, ratio: 0.5 } },
      concurrency: { limit: 64, queue: 16, maxWaitMs: undefined },
      rateLimit: { rate: 500, burst: 50 },
    })
    expect(Object.isFrozen(policy) && Object.isFrozen(policy.retry) && Object.isFrozen(policy.rateLimit)).toBe(true)
  })

  it('allows an attempt timeout longer than the whole: it governs nothing, but harms nothing', () => {
    expect(resolvePolicy({ timeout: '1s', retry: { attemptTimeout: '2s' } })).toMatchObject({ timeoutMs: 1000 })
  })

  it.each<[unknown, string]>([
    [
      { timeout: 0 },
      'payments.timeout: 0 is not allowed; a duration above 0 (250ms, 2s, 5m; a number is milliseconds), or false',
    ],
    [{ timeout: true }, 'payments.timeout: true is not allowed; a duration above 0'],
    [
      { retry: null },
      'payments.retry: null (nothing is written here) is not allowed; an object, true (all defaults) or false',
    ],
    [{ retry: { maxAttempts: 0 } }, 'payments.retry.maxAttempts: 0 is not allowed; an integer from 1 to 20'],
    [{ concurrency: true }, 'payments.concurrency: true is not allowed; an object with limit, or false'],
    [
      { bulkhead: {} },
      'payments.bulkhead: unknown key; allowed: timeout, retry, hedge, circuitBreaker, concurrency, rateLimit, throttle, coalesce',
    ],
    [{ circuitbreaker: {} }, 'did you mean circuitBreaker?'],
    [{ split: {} }, 'payments.split: an object is not allowed; a list with at least 1 item; or false'],
    [{ mode: 'of' }, 'payments.mode: "of" is not allowed; one of enforce, shadow, off; did you mean off?'],
    [{ retry: { mode: 'shadw' } }, 'payments.retry.mode: "shadw" is not allowed; one of enforce, shadow, off'],
    [
      { cache: { ttl: 1, mode: 'shadow' } },
      'payments.cache.mode: this layer has none; false takes it off; allowed: ttl',
    ],
    [{ coalesce: { mode: 'shadow' } }, 'payments.coalesce.mode: this layer has none; false takes it off'],
    [{ mirror: { service: 'b', mode: 'shadow' } }, 'payments.mirror.mode: this layer has none; false takes it off'],
    [{ loadBalancing: { mode: 'shadow' } }, 'payments.loadBalancing.mode: this layer has none; allowed: algorithm'],
    [null, 'payments: null (nothing is written here) is not allowed; an object'],
  ])('refuses %j', (layers, message) => {
    expect(() => resolvePolicy(layers as PolicyLayers, 'payments')).toThrow(message)
  })
})

describe('BARE_POLICY', () => {
  it('is one bare attempt, round-robin', () => {
    expect(BARE_POLICY).toEqual({ ...NOTHING, loadBalancing: resolveBalancingOptions('round-robin') })
    expect(Object.isFrozen(BARE_POLICY)).toBe(true)
  })
})

describe('resolveInbound', () => {
  it('knows the limits and nothing else', () => {
    expect(resolveInbound({ concurrency: { limit: 8 } })).toEqual({
      concurrency: { limit: 8, queue: 0, maxWaitMs: undefined },
      rateLimit: undefined,
    })
    expect(() => resolveInbound({ retry: true } as object, 'serve.limits')).toThrow(
      'serve.limits.retry: unknown key; allowed: concurrency, rateLimit',
    )
    expect(resolveInbound({ shed: { order: ['batch'] } }).shed).toEqual({ eventLoopUtilization: 0.9, order: ['batch'] })
  })
})
