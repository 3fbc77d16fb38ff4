import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenRetryBudget } from './token-budget.ts'

function withdrawals(budget: TokenRetryBudget): number {
  let granted = 0
  while (budget.withdraw()) granted++
  return granted
}
const tokens = (ratio: number, maxTokens: number) => ({ algorithm: 'tokens', ratio, maxTokens }) as const

describe('a retry budget of tokens', () => {
  test('is full at first, and gains a share of a token with each call', () => {
    const budget = new TokenRetryBudget(tokens(0.1, 5))
    expect([withdrawals(budget), budget.isExhausted]).toEqual([5, true])
    for (let i = 0; i < 9; i++) budget.deposit()
    expect(budget.withdraw()).toBe(false)
    budget.deposit()
    expect([budget.withdraw(), budget.isExhausted]).toEqual([true, false])
    expect(budget.withdraw()).toBe(false)
  })

  test('saves a bucket at most', () => {
    const budget = new TokenRetryBudget(tokens(0.5, 3))
    for (let i = 0; i < 100; i++) budget.deposit()
    expect(withdrawals(budget)).toBe(3)
  })

  test('new numbers keep what was spent', () => {
    const budget = new TokenRetryBudget(tokens(0.1, 5))
    for (let i = 0; i < 3; i++) budget.withdraw()
    budget.update(tokens(1, 100))
    expect(withdrawals(budget)).toBe(2)
    for (let i = 0; i < 50; i++) budget.deposit()
    budget.update(tokens(1, 10))
    expect(withdrawals(budget)).toBe(10)
  })

  test('however calls and retries are mixed, of any stretch: retries <= ratio * calls + maxTokens, and no fewer than asked', () => {
    const property = fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.boolean(), { maxLength: 500, size: 'max' }),
      (ratio, maxTokens, steps) => {
        const budget = new TokenRetryBudget(tokens(ratio, maxTokens))
        // Of the worst stretch that ends here: retries less ratio * calls.
        let worst = 0
        for (const isCall of steps) {
          if (isCall) {
            budget.deposit()
            worst = Math.max(0, worst - ratio)
            continue
          }
          const isGranted = budget.withdraw()
          if (isGranted) worst += 1
          expect(worst).toBeLessThanOrEqual(maxTokens + 1e-3)
          if (!isGranted) expect(worst).toBeGreaterThan(maxTokens - 1 - 1e-3)
        }
      },
    )
    fc.assert(property, { seed: 23, numRuns: 300 })
  })
})
