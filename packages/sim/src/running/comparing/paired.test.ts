import { SeededRandom } from '@seakeep/core/spi'
import { expect, test } from 'vitest'
import { medianOf, paired } from './paired.ts'

test('the median of an even number lies between the two in the middle', () => {
  expect(medianOf([1, 2, 10, 20])).toBe(6)
  expect(medianOf([3])).toBe(3)
})

test('the interval is that of the tables of the signed-rank test', () => {
  // Conover, Practical Nonparametric Statistics, table A12: for n = 10 and 99 % the sum of ranks is at most 3.
  const differences = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
  const averages = differences.flatMap((a, i) => differences.slice(i).map((b) => (a + b) / 2)).sort((a, b) => a - b)
  const { low, high, confidence } = paired(differences)
  expect([low, high]).toEqual([averages[3], averages.at(-4)])
  // P(T <= 3) = 5 / 1024: no more than three ranks add up to 3 in five ways.
  expect(confidence).toBeCloseTo(1 - 10 / 1024, 12)
})

test('few pairs cannot be sure, and say how sure they are', () => {
  expect(paired([1, 2, 3])).toMatchObject({ low: 1, high: 3, confidence: 0.75 })
  expect(paired([5])).toMatchObject({ low: 5, high: 5, confidence: 0 })
})

test.each([12, 60])('of %i pairs the interval covers the centre as often as it says', (pairs) => {
  const stream = new SeededRandom(7, 'paired').stream('differences')
  const tries = 400
  let missed = 0
  for (let i = 0; i < tries; i++) {
    // Skewed on each side, but symmetric: the difference of two alike exponentials.
    const one = Array.from({ length: pairs }, () => Math.log(stream.next() + 1e-12) - Math.log(stream.next() + 1e-12))
    const { low, high } = paired(one, 0.95)
    if (low > 0 || high < 0) missed += 1
  }
  // 5 % of 400 is 20, four standard deviations are 17.
  expect(missed).toBeLessThan(37)
  expect(missed).toBeGreaterThan(3)
})
