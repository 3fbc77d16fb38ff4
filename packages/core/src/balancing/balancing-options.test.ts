import { describe, expect, it } from 'vitest'
import {
  type BalancingAlgorithm,
  type BalancingOptions,
  DEFAULT_BALANCING_OPTIONS,
  resolveBalancingOptions,
} from './balancing-options.ts'

describe('resolveBalancingOptions', () => {
  it('is p2c-ewma with the published defaults unless said otherwise', () => {
    expect(resolveBalancingOptions()).toEqual({
      algorithm: 'p2c-ewma',
      choices: 2,
      bias: 1,
      hashBalance: undefined,
      subset: undefined,
      priorities: { overprovisioning: 1.4 },
      zoneAware: undefined,
      panicThreshold: 0.5,
      slowStart: undefined,
    })
    expect(Object.isFrozen(DEFAULT_BALANCING_OPTIONS)).toBe(true)
  })

  it('takes a word for an object with that algorithm alone', () => {
    expect(resolveBalancingOptions('maglev')).toEqual(resolveBalancingOptions({ algorithm: 'maglev' }))
    expect(resolveBalancingOptions('maglev')).toEqual({ ...DEFAULT_BALANCING_OPTIONS, algorithm: 'maglev' })
  })

  it('fills in what is not said', () => {
    const options = resolveBalancingOptions({
      algorithm: 'least-request',
      choices: 'all',
      priorities: false,
      zoneAware: { zone: 'a', callers: { a: 2, b: 1 } },
      panicThreshold: '30%',
      slowStart: { window: '1m' },
    })
    expect(options).toMatchObject({
      choices: 'all',
      priorities: undefined,
      zoneAware: { zone: 'a', minEndpoints: 6, callers: { a: 2, b: 1 } },
      panicThreshold: 0.3,
      slowStart: { windowMs: 60_000, aggression: 1, minWeight: 0.1 },
    })
    expect(resolveBalancingOptions({ slowStart: true }).slowStart?.windowMs).toBe(30_000)
  })

  it.each<[BalancingOptions | string | number, string]>([
    ['roundrobin', 'loadBalancing: "roundrobin" is not allowed; one of round-robin, weighted-round-robin, random'],
    ['roundrobin', 'did you mean round-robin?'],
    [5, 'loadBalancing: 5 is not allowed; one of round-robin'],
    [{ algorithm: 'p3c' as BalancingAlgorithm }, 'loadBalancing.algorithm: "p3c" is not allowed'],
    [{ algorithm: 'least-request', choices: 1 }, 'loadBalancing.choices: 1 is not allowed; an integer from 2 to 10'],
    [{ algorithm: 'maglev', hashBalance: 1 }, 'loadBalancing.hashBalance: 1 is not allowed; a number above 1'],
    [{ choices: 3 }, 'loadBalancing.choices: says nothing to p2c-ewma; only to least-request'],
    [{ hashBalance: 2 }, 'loadBalancing.hashBalance: says nothing to p2c-ewma; only to ring-hash, maglev'],
    [{ algorithm: 'round-robin', slowStart: true }, 'loadBalancing.slowStart: says nothing to round-robin; only to'],
    [{ panicThreshold: 2 }, 'loadBalancing.panicThreshold: 2 is not allowed; a ratio from 0 to 1'],
    [{ chioces: 2 } as BalancingOptions, 'loadBalancing.chioces: unknown key'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveBalancingOptions(input as BalancingOptions)).toThrow(message)
  })
})
