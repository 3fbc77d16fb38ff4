import { expect, test } from 'vitest'
import { createOutlierSlot } from './outlier-detector.ts'
import type { ResolvedOutlierOptions } from './outlier-options.ts'
import { dueAtMs, eject, forgive, giveBack, mayEject } from './outlier-state.ts'

const OPTIONS: ResolvedOutlierOptions = {
  consecutiveFailures: 5,
  enforceConsecutive: 1,
  successRate: undefined,
  failurePercentage: undefined,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjected: 0.1,
  minHealthy: 1,
}

function mostEjected(hosts: number, options: Partial<ResolvedOutlierOptions>): number {
  let ejected = 0
  while (mayEject(hosts, ejected, { ...OPTIONS, ...options })) ejected++
  return ejected
}

test('envoy#3263, #26877, istio#20135: a tenth of 1 to 5 endpoints is one, but never the last that is left', () => {
  expect([1, 2, 3, 4, 5].map((hosts) => mostEjected(hosts, {}))).toEqual([0, 1, 1, 1, 1])
  expect([1, 2, 3, 4, 5].map((hosts) => mostEjected(hosts, { maxEjected: 0.5 }))).toEqual([0, 1, 1, 2, 2])
  expect([1, 2, 3, 4, 5].map((hosts) => mostEjected(hosts, { maxEjected: 1 }))).toEqual([0, 1, 2, 3, 4])
})

test('keeps as many healthy as it must, and may be told to keep none', () => {
  expect([1, 2, 3, 4, 5].map((hosts) => mostEjected(hosts, { maxEjected: 1, minHealthy: 3 }))).toEqual([0, 0, 0, 1, 2])
  expect([0, 1, 2, 3].map((hosts) => mostEjected(hosts, { maxEjected: 1, minHealthy: 0 }))).toEqual([0, 1, 2, 3])
  expect(mostEjected(100, { maxEjected: 0 })).toBe(0)
})

test('a share is taken as it was written: 0.29 of 100 is 29', () => {
  expect(mostEjected(100, { maxEjected: 0.29 })).toBe(29)
  expect(mostEjected(39, { maxEjected: 0.1 })).toBe(3)
})

test('the ejection time grows by its base with each ejection in a row, to a maximum, and counts no further', () => {
  const slot = { ...createOutlierSlot(), consecutiveFailures: 5 }
  const lengths = Array.from({ length: 12 }, () => eject(slot, OPTIONS, 0) / 1_000)
  expect(lengths).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300])
  expect(slot.ejections).toBe(10)
})

test('with each interval after the return one ejection less counts', () => {
  const slot = { ...createOutlierSlot(), consecutiveFailures: 5 }
  expect(dueAtMs(slot, OPTIONS)).toBe(Number.POSITIVE_INFINITY)
  eject(slot, OPTIONS, 0)
  giveBack(slot, 30_000)
  eject(slot, OPTIONS, 31_000)
  expect([slot.ejections, dueAtMs(slot, OPTIONS)]).toEqual([2, 91_000])
  giveBack(slot, 91_000)
  expect(dueAtMs(slot, OPTIONS)).toBe(101_000)
  forgive(slot, OPTIONS)
  expect([slot.ejections, dueAtMs(slot, OPTIONS)]).toEqual([1, 111_000])
  forgive(slot, OPTIONS)
  expect(dueAtMs(slot, OPTIONS)).toBe(Number.POSITIVE_INFINITY)
})
