import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { createOutlierSlot, type OutlierSlot } from './outlier-detector.ts'
import { type OutlierOptions, resolveOutlierOptions } from './outlier-options.ts'
import { compare, successRateOf } from './outlier-statistics.ts'

function slot(calls: number, failures: number, also: Partial<OutlierSlot> = {}): OutlierSlot {
  return { ...createOutlierSlot(), calls, failures, interval: 1, ...also }
}

function seen(slots: readonly OutlierSlot[], options: OutlierOptions = {}): number {
  const { leastSuccessRate } = compare(slots, 1, resolveOutlierOptions(options))
  return slots.filter((one) => successRateOf(one) < leastSuccessRate).length
}

describe('L12: k of N equally bad endpoints are seen iff k / N < 1 / (1 + 1.9²), whatever their error rate', () => {
  const relaxed = { successRate: { minimumHosts: 1 } }
  test.each([
    [4, 1, false],
    [5, 1, true],
    [10, 2, true],
    [10, 3, false],
    [20, 4, true],
    [20, 5, false],
    [100, 21, true],
    [100, 22, false],
  ])('of %d, %d: %s', (hosts, bad, isSeen) => {
    for (const failures of [10, 500, 100_000, 1_000_000]) {
      const slots = Array.from({ length: hosts }, (_, i) => slot(1_000_000, i < bad ? failures : 0))
      expect([failures, seen(slots, relaxed)]).toEqual([failures, isSeen ? bad : 0])
    }
  })

  test('so fewer than five are not compared at all', () => {
    for (const hosts of [1, 2, 3, 4]) {
      const slots = Array.from({ length: hosts }, (_, i) => slot(100, i === 0 ? 100 : 0))
      expect(seen(slots)).toBe(0)
    }
    expect(seen(Array.from({ length: 5 }, (_, i) => slot(100, i === 0 ? 100 : 0)))).toBe(1)
  })
})

test('equal rates make no outlier, for whatever their mean is rounded to', () => {
  const random = new Sfc32(3, 3)
  for (let i = 0; i < 2_000; i++) {
    const calls = 100 + Math.floor(random.next() * 1_000)
    const failures = Math.floor(random.next() * calls)
    const slots = Array.from({ length: 5 + Math.floor(random.next() * 20) }, () => slot(calls, failures))
    expect(seen(slots, { successRate: { stdevFactor: 0 } })).toBe(0)
  }
})

test('who had too few calls, none in this interval, or is ejected, neither is judged nor counts for the others', () => {
  const good = [slot(100, 0), slot(100, 0), slot(100, 0), slot(100, 0)]
  for (const other of [slot(99, 99), slot(100, 100, { interval: 0 }), slot(100, 100, { isEjected: true })]) {
    const findings = compare([...good, other], 1, resolveOutlierOptions())
    expect(findings.leastSuccessRate).toBe(Number.NEGATIVE_INFINITY)
  }
})

test('the failure percentage is compared with >= and needs five endpoints with 50 calls', () => {
  const options = resolveOutlierOptions({ failurePercentage: true })
  const slots = Array.from({ length: 5 }, () => slot(50, 0))
  expect(compare(slots, 1, options).mostFailures).toBe(0.85)
  expect(compare(slots.slice(1), 1, options).mostFailures).toBe(Number.POSITIVE_INFINITY)
  expect(compare(slots, 2, options).mostFailures).toBe(Number.POSITIVE_INFINITY)
})
