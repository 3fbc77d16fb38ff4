import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fairShare } from './fair-share.ts'

/** What each of them gets. */
function shares(rate: number, demands: readonly number[]): number[] {
  return demands.map((own, at) => fairShare(rate, own, demands.toSpliced(at, 1)))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const demand = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 300, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
)
const demands = fc.array(demand, { minLength: 1, maxLength: 12 })

describe('fair shares of a rate of 100', () => {
  test.each<[string, number[], number[]]>([
    ['one alone has all of it', [7], [100]],
    ['who wants little gets it, and a hundredth more; the others divide the rest', [10, 80, 200], [13.33, 45, 45]],
    ['enough for all: what is left over is divided on top', [10, 30], [40, 60]],
    ['who may want anything gets as much as anybody', [20, Number.POSITIVE_INFINITY], [25, 80]],
    ['who wants nothing is sure of a little', [0, 500], [6, 99]],
  ])('%s', (_, wanted, got) => {
    for (const [at, share] of shares(100, wanted).entries()) expect(share).toBeCloseTo(got[at] as number, 1)
  })

  test('add up to no more than the rate and its tenth, and leave nothing over', () => {
    fc.assert(
      fc.property(demands, (wanted) => {
        const total = sum(shares(100, wanted))
        expect(total).toBeGreaterThan(100 - 1e-9)
        expect(total).toBeLessThan(110 + 1e-9)
      }),
      { seed: 21, numRuns: 1000 },
    )
  })

  test('who wants more gets no less, and leaves the others no more', () => {
    fc.assert(
      fc.property(demands, demand, (wanted, more) => {
        const before = shares(100, wanted)
        const after = shares(100, wanted.with(0, (wanted[0] as number) + more))
        expect(after[0]).toBeGreaterThan((before[0] as number) - 1e-9)
        for (let i = 1; i < wanted.length; i++) expect(after[i]).toBeLessThan((before[i] as number) + 1e-9)
      }),
      { seed: 21, numRuns: 1000 },
    )
  })

  test('nobody gets less than another who wants less', () => {
    fc.assert(
      fc.property(demands, (wanted) => {
        const got = shares(100, wanted)
        const order = wanted.map((_, at) => at).sort((a, b) => (wanted[a] as number) - (wanted[b] as number))
        for (let i = 1; i < order.length; i++) {
          expect(got[order[i] as number]).toBeGreaterThan((got[order[i - 1] as number] as number) - 1e-9)
        }
      }),
      { seed: 21, numRuns: 1000 },
    )
  })
})
