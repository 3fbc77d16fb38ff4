import { describe, expect, test } from 'vitest'
import {
  added,
  ended,
  goodputOf,
  highest,
  knownGood,
  lowest,
  ratio,
  ribbon,
  stepAt,
  stepsBetween,
  sum,
} from './series.ts'

const workload = (offered: number[], good: number[], timeout: number[]) => ({
  ...{ target: 'a', offered, good, endings: { timeout }, p50: [], p95: [], p99: [] },
  heat: { lowestMs: 1, perOctave: 1, steps: [] },
})

describe('steps', () => {
  test('a stretch covers the steps it touches, and at least one', () => {
    expect(stepsBetween(0, 1000, 250, 8)).toEqual([0, 4])
    expect(stepsBetween(260, 490, 250, 8)).toEqual([1, 2])
    expect(stepsBetween(500, 500, 250, 8)).toEqual([2, 3])
    expect(stepsBetween(1e9, 2e9, 250, 8)).toEqual([7, 8])
  })

  test('an instant beyond the end is in the last step', () => {
    expect(stepAt(2000, 250, 8)).toBe(7)
    expect(stepAt(-1, 250, 8)).toBe(0)
  })
})

describe('arithmetic', () => {
  test('a share of too few is no figure', () => {
    expect(ratio([1, 2, 3], [4, 2, null], 3)).toEqual([0.25, null, null])
  })

  test('extremes leave out what is not known', () => {
    expect(lowest([null, 3, 1, 2])).toEqual({ step: 2, value: 1 })
    expect(highest([null, 3, 1, 9], 0, 3)).toEqual({ step: 1, value: 3 })
    expect(lowest([null, null])).toBeUndefined()
  })

  test('sums go over all series and within a stretch', () => {
    expect(
      added([
        [1, 2],
        [10, 20, 30],
      ]),
    ).toEqual([11, 22, 30])
    expect(sum([1, null, 3, 4], 1, 3)).toBe(3)
  })

  test('a ribbon is sorted at every step', () => {
    const seeds = [
      [1, 9],
      [2, 8],
      [3, null],
    ]
    expect(ribbon(seeds, [0, 0.5, 1])).toEqual([
      [1, 8],
      [2, 9],
      [3, 9],
    ])
  })
})

describe('calls that are still open', () => {
  // Ten calls a step; of the last, four were open when the run ended.
  const one = workload(
    [...Array<number>(39).fill(10), 10],
    [...Array<number>(39).fill(10), 6],
    Array<number>(40).fill(0),
  )

  test('have not failed', () => {
    expect(ended(one).at(-1)).toBe(6)
    expect(goodputOf(one).at(-1)).toBe(1)
  })

  test('make no fall at the end of a curve', () => {
    expect(knownGood(one).slice(-2)).toEqual([10, null])
  })

  test('are drawn as not good where they are many: nobody ever answered', () => {
    const stuck = workload(Array<number>(10).fill(10), Array<number>(10).fill(0), Array<number>(10).fill(0))
    expect(knownGood(stuck)).toEqual(Array<number>(10).fill(0))
  })
})
