import { isConfigError } from '@seakeep/core'
import { parsePolicyDocument } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { fromServiceConfig } from './service-config.ts'

const RETRY = {
  maxAttempts: 4,
  initialBackoff: '0.1s',
  maxBackoff: '1s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE', 10],
}

/** What a document with the targets of a config says of a method. */
function policyOf(config: object, method?: string) {
  const { targets } = fromServiceConfig(config, 'inventory')
  return parsePolicyDocument({ version: 1, targets }).policyFor('web', 'inventory', method)
}

function pathOf(config: unknown): string | undefined {
  try {
    fromServiceConfig(config as object, 'inventory')
  } catch (error) {
    return isConfigError(error) ? error.path : String(error)
  }
  return undefined
}

describe('a service config', () => {
  it('is policy for all methods, those of a service, and one', () => {
    const config = {
      methodConfig: [
        { name: [{}], timeout: '10s' },
        { name: [{ service: 'shop.Inventory' }], timeout: '2s', retryPolicy: RETRY },
        { name: [{ service: 'shop.Inventory', method: 'Reserve' }], timeout: '0.250s' },
      ],
      retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    }
    expect(policyOf(config, 'shop.Other/Get')).toMatchObject({ timeoutMs: 10_000, retry: undefined })
    expect(policyOf(config, 'shop.Inventory/Find')).toMatchObject({
      timeoutMs: 2000,
      retry: {
        maxAttempts: 4,
        backoff: { initialMs: 100, maxMs: 1000 },
        budget: { algorithm: 'throttle', maxTokens: 10, ratio: 0.1 },
      },
    })
    expect(policyOf(config, 'shop.Inventory/Reserve')).toMatchObject({ timeoutMs: 250 })
  })

  it('retries at most five times, as gRPC does, and without throttling without a budget', () => {
    const config = { methodConfig: [{ name: [{}], retryPolicy: { ...RETRY, maxAttempts: 9 } }] }
    expect(policyOf(config)).toMatchObject({ retry: { maxAttempts: 5, budget: undefined } })
  })

  it('hedges', () => {
    const hedgingPolicy = { maxAttempts: 3, hedgingDelay: '0.5s', nonFatalStatusCodes: ['UNAVAILABLE'] }
    expect(policyOf({ methodConfig: [{ name: [{}], hedgingPolicy }] })).toMatchObject({
      hedge: { delayMs: 500, maxAttempts: 3 },
    })
  })

  it('knows after which codes a method is tried again, and whether it waits', () => {
    const config = fromServiceConfig(
      JSON.stringify({ methodConfig: [{ name: [{ service: 'a.B' }], waitForReady: true, retryPolicy: RETRY }] }),
      'inventory',
    )
    expect(config.retryableCodes('a.B/C')).toEqual(new Set([14, 10]))
    expect(config.retryableCodes('c.D/E')).toBe(undefined)
    expect([config.waitForReady('a.B/C'), config.waitForReady('c.D/E')]).toEqual([true, false])
  })

  it.each([
    ['pick_first', {}, { algorithm: 'random', subset: 1 }],
    ['round_robin', {}, { algorithm: 'round-robin' }],
    ['weighted_round_robin', { blackoutPeriod: '10s' }, { algorithm: 'weighted-round-robin' }],
    ['least_request_experimental', { choiceCount: 3 }, { algorithm: 'least-request', choices: 3 }],
    ['ring_hash_experimental', { minRingSize: 1024 }, { algorithm: 'ring-hash' }],
  ])('balances by %s', (name, options, loadBalancing) => {
    const config = { loadBalancingConfig: [{ somebodys_own: { a: 1 } }, { [name]: options }] }
    expect(policyOf(config)).toMatchObject({ loadBalancing })
  })

  it('detects outliers, and checks health', () => {
    const outlier_detection = {
      interval: '5s',
      maxEjectionPercent: 50,
      successRateEjection: { stdevFactor: 1900, enforcementPercentage: 80 },
      failurePercentageEjection: { threshold: 60 },
      childPolicy: [{ round_robin: {} }],
    }
    const config = { loadBalancingConfig: [{ outlier_detection }], healthCheckConfig: { serviceName: 'a.B' } }
    expect(policyOf(config)).toMatchObject({
      loadBalancing: { algorithm: 'round-robin' },
      outlier: {
        intervalMs: 5000,
        maxEjected: 0.5,
        consecutiveFailures: undefined,
        successRate: { stdevFactor: 1.9, enforce: 0.8 },
        failurePercentage: { threshold: 0.6 },
      },
      health: {},
    })
    expect(policyOf({ loadBalancingPolicy: 'ROUND_ROBIN' })).toMatchObject({
      loadBalancing: { algorithm: 'round-robin' },
    })
  })

  it('is refused by path', () => {
    const of = (one: object) => ({ methodConfig: [{ name: [{}], ...one }] })
    const wrong: readonly [string, unknown][] = [
      ['serviceConfig', '{ "methodConfig": '],
      ['serviceConfig.methodConfigs', { methodConfigs: [] }],
      ['serviceConfig.methodConfig.0.name', { methodConfig: [{ timeout: '1s' }] }],
      ['serviceConfig.methodConfig.0.name.0', { methodConfig: [{ name: [{ method: 'Get' }] }] }],
      ['serviceConfig.methodConfig.1.name.0', { methodConfig: [{ name: [{}] }, { name: [{}] }] }],
      ['serviceConfig.methodConfig.0.timeout', of({ timeout: 5 })],
      ['serviceConfig.methodConfig.0.timeout', of({ timeout: '1m' })],
      ['serviceConfig.methodConfig.0.timeout', of({ timeout: '0s' })],
      ['serviceConfig.methodConfig.0.retryPolicy.maxAttempts', of({ retryPolicy: { ...RETRY, maxAttempts: 1 } })],
      [
        'serviceConfig.methodConfig.0.retryPolicy.initialBackoff',
        of({ retryPolicy: { ...RETRY, initialBackoff: '0s' } }),
      ],
      [
        'serviceConfig.methodConfig.0.retryPolicy.retryableStatusCodes.1',
        of({ retryPolicy: { ...RETRY, retryableStatusCodes: ['UNAVAILABLE', 'BUSY'] } }),
      ],
      ['serviceConfig.methodConfig.0.hedgingPolicy', of({ retryPolicy: RETRY, hedgingPolicy: { maxAttempts: 2 } })],
      ['serviceConfig.methodConfig.0.maxRequestMessageBytes', of({ maxRequestMessageBytes: 1 })],
      ['serviceConfig.retryThrottling.maxTokens', { retryThrottling: { maxTokens: 2000, tokenRatio: 0.1 } }],
      ['serviceConfig.loadBalancingConfig', { loadBalancingConfig: [{ grpclb: {} }] }],
      ['serviceConfig.loadBalancingConfig.0', { loadBalancingConfig: [{ round_robin: {}, pick_first: {} }] }],
      [
        'serviceConfig.loadBalancingConfig.0.least_request_experimental.choiceCount',
        { loadBalancingConfig: [{ least_request_experimental: { choiceCount: 1 } }] },
      ],
      ['serviceConfig.healthCheckConfig.serviceName', { healthCheckConfig: {} }],
    ]
    for (const [path, config] of wrong) expect(pathOf(config), JSON.stringify(config)).toBe(path)
  })
})
