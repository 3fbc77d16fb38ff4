import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { ThrottleRetryBudget } from './throttle-budget.ts'

const throttle = (ratio: number, maxTokens: number) => ({ algorithm: 'throttle', ratio, maxTokens }) as const

/** Retries granted where every attempt fails: each failure asks for one. */
function retriesOfAnOutage(budget: ThrottleRetryBudget, attempts = 100): number {
  let granted = 0
  for (let i = 0; i < attempts; i++) {
    budget.onAttempt('failure')
    if (budget.withdraw()) granted++
  }
  return granted
}

describe('a retry budget that throttles', () => {
  test('gives an outage less than half a bucket of retries, then none', () => {
    for (const [maxTokens, retries] of [
      [1, 0],
      [3, 1],
      [10, 4],
      [11, 5],
      [1000, 499],
    ] as const) {
      const budget = new ThrottleRetryBudget(throttle(0.1, maxTokens))
      expect(retriesOfAnOutage(budget, 2000)).toBe(retries)
      expect(budget.isExhausted).toBe(true)
    }
  })

  test('retries again when successes have filled more than half of it; what is ignored counts for nothing', () => {
    const budget = new ThrottleRetryBudget(throttle(0.1, 10))
    retriesOfAnOutage(budget)
    for (let i = 0; i < 50; i++) {
      budget.onAttempt('success')
      budget.onAttempt('ignored')
    }
    expect(budget.withdraw()).toBe(false)
    budget.onAttempt('success')
    expect([budget.withdraw(), budget.isExhausted]).toEqual([true, false])
  })

  test('retries take nothing, calls give nothing', () => {
    const budget = new ThrottleRetryBudget(throttle(0.1, 10))
    for (let i = 0; i < 100; i++) expect(budget.withdraw()).toBe(true)
    retriesOfAnOutage(budget)
    for (let i = 0; i < 1000; i++) budget.deposit()
    expect(budget.withdraw()).toBe(false)
  })

  test('ends retries where the share of failures stays above ratio / (1 + ratio), and only there', () => {
    const random = new Sfc32(7, 1)
    for (const ratio of [0.05, 0.1, 0.5, 1]) {
      const critical = ratio / (1 + ratio)
      const grantedAt = (share: number): number => {
        const budget = new ThrottleRetryBudget(throttle(ratio, 1000))
        let [asked, granted] = [0, 0]
        for (let i = 0; i < 200_000; i++) {
          const isFailure = random.next() < share
          budget.onAttempt(isFailure ? 'failure' : 'success')
          if (!isFailure || i < 150_000) continue
          asked++
          if (budget.withdraw()) granted++
        }
        return granted / asked
      }
      expect([grantedAt(critical * 0.85), grantedAt(critical * 1.15)]).toEqual([1, 0])
    }
  })

  test('new numbers leave the bucket as full as it was', () => {
    const budget = new ThrottleRetryBudget(throttle(0.1, 10))
    for (let i = 0; i < 4; i++) budget.onAttempt('failure')
    budget.update(throttle(0.5, 100))
    // 60 of 100.
    expect(retriesOfAnOutage(budget)).toBe(9)
    for (let i = 0; i < 101; i++) budget.onAttempt('success')
    expect(budget.withdraw()).toBe(true)
  })
})
