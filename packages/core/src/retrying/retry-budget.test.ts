import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { WindowedRetryBudget } from './retry-budget.ts'

function withdrawals(budget: WindowedRetryBudget, nowMs: number, tries: number): number {
  let granted = 0
  for (let i = 0; i < tries; i++) if (budget.withdraw(nowMs)) granted++
  return granted
}

describe('a retry budget', () => {
  test('grants a share of the calls and a number a second besides', () => {
    const budget = new WindowedRetryBudget({ ratio: 0.2, minPerSecond: 1 })
    expect(withdrawals(budget, 0, 99)).toBe(10)
    for (let i = 0; i < 50; i++) budget.deposit(500)
    expect(budget.left(500)).toBe(10)
    expect(withdrawals(budget, 500, 99)).toBe(10)
    expect(budget.left(500)).toBe(0)
  })

  test('resilience4j#172: where every call fails, retries stay a share of the calls', () => {
    const budget = new WindowedRetryBudget({ ratio: 0.1, minPerSecond: 0 })
    let retries = 0
    for (let i = 0; i < 60_000; i++) {
      budget.deposit(i)
      retries += withdrawals(budget, i, 2)
    }
    expect(retries).toBeLessThanOrEqual(6_000)
    // The whole share: three such tiers make 1.1 ** 3 attempts of a call, not less.
    expect(retries).toBeGreaterThanOrEqual(5_990)
  })

  test('forgets calls after ten seconds, also when nothing happened in between', () => {
    const budget = new WindowedRetryBudget({ ratio: 1, minPerSecond: 0 })
    for (let i = 0; i < 100; i++) budget.deposit(0)
    expect(budget.left(9_999)).toBe(100)
    expect(budget.left(10_000)).toBe(0)
    for (let i = 0; i < 100; i++) budget.deposit(20_000)
    expect(withdrawals(budget, 3_600_000, 1)).toBe(0)
  })

  test('ratio 0 and no reserve grant nothing', () => {
    const budget = new WindowedRetryBudget({ ratio: 0, minPerSecond: 0 })
    budget.deposit(0)
    expect(budget.withdraw(0)).toBe(false)
  })

  test('new numbers keep what was counted', () => {
    const budget = new WindowedRetryBudget({ ratio: 0.5, minPerSecond: 0 })
    for (let i = 0; i < 10; i++) budget.deposit(0)
    expect(withdrawals(budget, 0, 99)).toBe(5)
    budget.update({ ratio: 0.8, minPerSecond: 0 })
    expect(withdrawals(budget, 0, 99)).toBe(3)
  })

  test('in the second of a granted retry and the nine before it, retries <= ratio * calls + 10 * minPerSecond', () => {
    const random = new Sfc32(4, 2)
    for (const [ratio, minPerSecond] of [
      [0.2, 10],
      [0.55, 0],
      [0, 3],
    ] as const) {
      const budget = new WindowedRetryBudget({ ratio, minPerSecond })
      const calls: number[] = []
      const retries: number[] = []
      let [firstCall, firstRetry, nowMs] = [0, 0, 0]
      for (let i = 0; i < 50_000; i++) {
        nowMs += random.next() < 0.001 ? random.next() * 20_000 : random.next() * 4
        if (random.next() < 0.5) {
          budget.deposit(nowMs)
          calls.push(nowMs)
          continue
        }
        if (!budget.withdraw(nowMs)) continue
        retries.push(nowMs)
        const sinceMs = (Math.floor(nowMs / 1000) - 9) * 1000
        while ((calls[firstCall] ?? nowMs) < sinceMs) firstCall++
        while ((retries[firstRetry] ?? nowMs) < sinceMs) firstRetry++
        const allowed = ratio * (calls.length - firstCall) + minPerSecond * 10
        if (retries.length - firstRetry > allowed + 1e-9)
          expect(retries.length - firstRetry).toBeLessThanOrEqual(allowed)
      }
      expect(retries.length).toBeGreaterThan(100)
    }
  })
})
