import { describe, expect, it } from 'vitest'
import { DEFAULT_OUTLIER_OPTIONS, type OutlierOptions, resolveOutlierOptions } from './outlier-options.ts'

describe('resolveOutlierOptions', () => {
  it("has Envoy's numbers, frozen", () => {
    expect(DEFAULT_OUTLIER_OPTIONS).toEqual({
      consecutiveFailures: 5,
      enforceConsecutive: 1,
      successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9, enforce: 1 },
      failurePercentage: undefined,
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
    [
      { consecutiveFailures: false, enforceConsecutive: '10%' },
      { consecutiveFailures: undefined, enforceConsecutive: 0.1 },
    ],
    [{ successRate: false }, { successRate: undefined }],
    [
      { successRate: { stdevFactor: 1, enforce: 0 } },
      { successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1, enforce: 0 } },
    ],
    [
      { failurePercentage: true },
      { failurePercentage: { threshold: 0.85, minimumHosts: 5, requestVolume: 50, enforce: 1 } },
    ],
    [{ baseEjection: '10m' }, { baseEjectionMs: 600_000, maxEjectionMs: 600_000 }],
  ])('reads %j', (input, expected) => {
    expect(resolveOutlierOptions(input)).toEqual({ ...DEFAULT_OUTLIER_OPTIONS, ...expected })
  })

  it.each<[unknown, string]>([
    [{ consecutiveFailures: 0 }, 'outlier.consecutiveFailures: 0 is not allowed; an integer of at least 1'],
    [{ successRate: { threshold: 1 } }, 'outlier.successRate.threshold: unknown key'],
    [{ consecutiveFailures: false, successRate: false }, 'nothing is left that could eject'],
    [{ interval: 0 }, 'outlier.interval: 0 is not allowed; a duration of at least 1ms'],
    [{ maxEjection: '1s' }, 'outlier.maxEjection: 1s is not allowed; at least baseEjection, which is 30s'],
    [{ maxEjected: 50 }, 'did you mean 0.5 or 50%?'],
    [{ minHealthy: -1 }, 'outlier.minHealthy: -1 is not allowed; an integer of at least 0'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveOutlierOptions(input as OutlierOptions)).toThrow(message)
  })
})
