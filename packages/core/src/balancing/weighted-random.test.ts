import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { createLoad } from './load.ts'
import { WeightedDraw } from './weighted-draw.ts'
import { WeightedRandom } from './weighted-random.ts'

const random = new SeededRandom(42)
const rowsOf = (...weights: number[]) =>
  weights.map((weight, i) => ({ id: `s${i}`, eligible: true, weight, load: createLoad() }))

describe('WeightedDraw', () => {
  it('splits the numbers from 0 to 1 by weight', () => {
    for (const weights of [[1], [1, 1, 1], [1, 3], [0, 1, 0, 1], [5, 1, 1], [100, 1, 2, 0.5, 7, 40]]) {
      const draw = new WeightedDraw(rowsOf(...weights))
      const counts = weights.map(() => 0)
      for (let i = 0; i < 100_000; i++) counts[draw.draw((i + 0.5) / 100_000)]!++
      const total = weights.reduce((sum, weight) => sum + weight)
      for (const [i, weight] of weights.entries()) expect(counts[i]! / 100_000).toBeCloseTo(weight / total, 4)
    }
  })

  it('keeps to the others of an equal lot, and refuses the excepted of an unequal one', () => {
    const even = new WeightedDraw(rowsOf(1, 1, 1))
    expect([0, 0.49, 0.5, 0.99].map((u) => even.draw(u, 1))).toEqual([0, 0, 2, 2])
    const uneven = new WeightedDraw(rowsOf(1, 3))
    for (let u = 0; u < 1; u += 0.01) expect(uneven.draw(u, 1)).not.toBe(1)
  })

  it.each([
    [1, 1],
    [1, 2],
  ])('refuses a row of %d, %d that has become lighter as often as it has become so', (...weights) => {
    const rows = rowsOf(...weights)
    const draw = new WeightedDraw(rows)
    rows[1]!.weight *= 0.25
    let [kept, refused] = [0, 0]
    for (let i = 0; i < 100_000; i++) {
      const index = draw.draw((i + 0.5) / 100_000)
      if (index === 1) kept++
      else if (index === -1) refused++
    }
    expect(kept / (kept + refused)).toBeCloseTo(0.25, 2)
  })
})

describe('random', () => {
  const pick = (picker: ReturnType<WeightedRandom['picker']>, key: number, avoid?: ReturnType<typeof rowsOf>[0]) =>
    picker.pick({ nowMs: 0, key, avoid })

  it('gives by weight, and weight 0 only where there is nothing else', () => {
    const rows = rowsOf(1, 3, 0)
    const picker = new WeightedRandom(random).picker(rows)
    const counts = [0, 0, 0]
    for (let key = 0; key < 40_000; key++) counts[rows.indexOf(pick(picker, key) as (typeof rows)[0])]!++
    expect(counts[0]! / 40_000).toBeCloseTo(0.25, 1.8)
    expect(counts[2]).toBe(0)
    const nothing = new WeightedRandom(random).picker(rowsOf(0, 0))
    expect(pick(nothing, 1)).toBeDefined()
    expect(new WeightedRandom(random).picker([]).pick({ nowMs: 0, key: 1, avoid: undefined })).toBeUndefined()
  })

  it('avoids a row while there is another, also one that holds nearly all the weight', () => {
    const rows = rowsOf(1e9, 1, 1)
    const picker = new WeightedRandom(random).picker(rows)
    const taken = new Set<unknown>()
    for (let key = 0; key < 100; key++) taken.add(pick(picker, key, rows[0]))
    expect(taken).toEqual(new Set([rows[1], rows[2]]))
    for (const row of rows.slice(1)) row.eligible = false
    expect(pick(picker, 1, rows[0])).toBe(rows[0])
  })

  it.each([
    [100, 4.24],
    [1000, 18.76],
    [10_000, 125.9],
  ])('throws %d balls into 100 bins, and the fullest gets what is known (L10)', (balls, expected) => {
    const rows = rowsOf(...new Array(100).fill(1))
    const picker = new WeightedRandom(random).picker(rows)
    const trials = Math.ceil(1_000_000 / (balls * 2))
    let sum = 0
    for (let trial = 0, key = 0; trial < trials; trial++) {
      const counts = new Map<unknown, number>()
      for (let ball = 0; ball < balls; ball++) {
        const row = pick(picker, key++)
        counts.set(row, (counts.get(row) ?? 0) + 1)
      }
      sum += Math.max(...counts.values())
    }
    expect(Math.abs(sum / trials / expected - 1)).toBeLessThan(0.02)
  })
})
