import { SeededRandom } from '@seakeep/core/testing'
import { describe, expect, test } from 'vitest'
import { resolveDistribution } from '../../model/distribution-field.ts'
import { normalQuantile } from '../../model/normal-quantile.ts'
import { equalShares, fitDistribution } from './fit-distribution.ts'

const chance = new SeededRandom(3).stream('samples')
const drawn = (n: number, inverse: (u: number) => number): number[] =>
  Array.from({ length: n }, () => inverse(chance.next()))
const exponential = (u: number): number => -8 * Math.log(1 - u)
const lognormal = (u: number): number => 20 * Math.exp(0.9 * normalQuantile(Math.max(1e-9, u)))
const twoHumps = (u: number): number => (u < 0.5 ? 1 + u : 100 + u)

describe('the simplest distribution that says what the samples say', () => {
  test.each([
    ['constant', [5]],
    ['constant', [5, 5.01, 4.99, 5]],
    ['empirical', [1, 2, 9]],
    ['exponential', drawn(500, exponential)],
    ['lognormal', drawn(500, lognormal)],
    ['empirical', drawn(500, twoHumps)],
  ])('%s', (kind, samples) => {
    const { kind: fitted, data } = fitDistribution(samples)
    expect(fitted).toBe(kind)
    const mean = samples.reduce((sum, ms) => sum + ms, 0) / samples.length
    expect(Math.abs(resolveDistribution(data, '').meanMs / mean - 1)).toBeLessThan(0.002)
  })

  test('what takes no time is no work', () => {
    expect(fitDistribution([0, 0, 0]).data).toBeUndefined()
  })

  test('a hundred values stand for thousands, with the same mean', () => {
    const samples = drawn(12_345, twoHumps)
    const data = fitDistribution(samples).data as { readonly empirical: { readonly samples: readonly string[] } }
    expect(data.empirical.samples).toHaveLength(100)
  })
})

test('equal shares keep the mean where they do not divide the samples evenly', () => {
  expect(equalShares(Float64Array.of(1, 2, 6), 2)).toEqual([4 / 3, 14 / 3])
})
