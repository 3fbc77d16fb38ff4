import { describe, expect, it } from 'vitest'
import { DEFAULT_OUTLIER_OPTIONS, type OutlierOptions, resolveOutlierOptions } from './outlier-options.ts'

describe('resolveOutlierOptions', () => {
  it("has Envoy's numbers, frozen", () => {
    expect(DEFAULT_OUTLIER_OPTIONS).toEqual({
      consecutiveFailures: 5,
      intervalMs: 10_000,
      baseEjectionMs: 30_000,
      maxEjectionMs: 300_000,
      maxEjected: 0.1,
      minHealthy: 1,
    })
    expect(Object.isFrozen(DEFAULT_OUTLIER_OPTIONS)).toBe(true)
  })

  it.each<[OutlierOptions, object]>([
    [
      { maxEjected: '50%', minHealthy: 0 },
      { maxEjected: 0.5, minHealthy: 0 },
    ],
    [{ maxEjected: 0 }, { maxEjected: 0 }],
    [{ baseEjection: '10m' }, { baseEjectionMs: 600_000, maxEjectionMs: 600_000 }],
  ])('reads %j', (input, expected) => {
    expect(resolveOutlierOptions(input)).toEqual({ ...DEFAULT_OUTLIER_OPTIONS, ...expected })
  })

  it.each<[unknown, string]>([
    [{ consecutiveFailures: 0 }, 'outlier.consecutiveFailures: 0 is not allowed; an integer of at least 1'],
    [{ interval: 0 }, 'outlier.interval: 0 is not allowed; a duration of at least 1ms'],
    [{ maxEjection: '1s' }, 'outlier.maxEjection: 1s is not allowed; at least baseEjection, which is 30s'],
    [{ maxEjected: 50 }, 'did you mean 0.5 or 50%?'],
    [{ minHealthy: -1 }, 'outlier.minHealthy: -1 is not allowed; an integer of at least 0'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveOutlierOptions(input as OutlierOptions)).toThrow(message)
  })
})
