import { expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { resolveCircuitBreakerOptions } from './breaker-options.ts'
import { BreakerState } from './breaker-state.ts'

/**
 * Oracle R8: the mean number of calls until n failures in a row, each with chance p, is (1 − pⁿ) / (pⁿ (1 − p)); and a
 * target that is dead for D is hit at most n + ⌈D / w⌉ times by a breaker of open time w and one probe.
 */
test.each([
  [3, 0.5, 14],
  [5, 0.5, 62],
  [5, 0.9, 6.94],
])('R8: %d failures in a row, each with chance %d, take %d calls', (consecutiveFailures, p, theory) => {
  const options = resolveCircuitBreakerOptions({ failureRatio: false, consecutiveFailures })
  let calls = 0
  const runs = 4_000
  const random = new Sfc32(consecutiveFailures, Math.round(p * 100))
  for (let run = 0; run < runs; run++) {
    const machine = new BreakerState(options)
    for (let isOpen = false; !isOpen; calls++) {
      const verdict = random.next() < p ? 'failure' : 'success'
      isOpen = machine.leave(machine.enter(calls), verdict, calls, calls) !== undefined
    }
  }
  expect(Math.abs(calls / runs / theory - 1)).toBeLessThan(0.05)
})

test('R8: a dead target is hit n + ⌈D / w⌉ times at most, however many call', () => {
  const openFor = 1_000
  const options = { failureRatio: false, consecutiveFailures: 5, openFor, maxOpenFor: openFor, jitter: 0 } as const
  const machine = new BreakerState(resolveCircuitBreakerOptions({ ...options, halfOpenProbes: 1 }))
  let hits = 0
  for (let nowMs = 0; nowMs < 60_000; nowMs++) {
    const due = machine.tick(nowMs)
    if (due !== undefined) machine.go(due, nowMs, 0.5)
    const epoch = machine.enter(nowMs)
    if (epoch < 0) continue
    hits++
    const after = machine.leave(epoch, 'failure', nowMs, nowMs)
    if (after !== undefined) machine.go(after, nowMs, 0.5)
  }
  expect(hits).toBeLessThanOrEqual(5 + 60)
  expect(hits).toBeGreaterThanOrEqual(60)
})
