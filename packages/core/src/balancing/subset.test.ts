import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { subsetOf } from './subset.ts'

const rowsOf = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `orders#${i + 1}` }))
const salts = Array.from({ length: 2000 }, (_, client) =>
  Math.floor(new SeededRandom(1, `client-${client}`).stream('subset/s').next() * 4294967296),
)

describe('subsetOf', () => {
  it('is all where there are no more, and in the order of the rows', () => {
    const rows = rowsOf(5)
    expect(subsetOf(rows, 5, 1)).toBe(rows)
    const some = subsetOf(rowsOf(100), 10, 1).map(({ id }) => Number(id.slice(7)))
    expect(some.length).toBe(10)
    expect(some).toEqual([...some].sort((a, b) => a - b))
  })

  it('gives every row about as many clients', () => {
    const rows = rowsOf(50)
    const clients = new Map(rows.map((row) => [row, 0]))
    for (const salt of salts) for (const row of subsetOf(rows, 10, salt)) clients.set(row, clients.get(row)! + 1)
    // Each client takes a row with chance 1/5: binomial, mean 400, deviation 18.
    for (const count of clients.values()) expect(Math.abs(count - 400)).toBeLessThan(4 * 18)
    const deviation = Math.sqrt([...clients.values()].reduce((sum, count) => sum + (count - 400) ** 2, 0) / 50)
    expect(Math.abs(deviation - 17.9)).toBeLessThan(5)
  })

  it('replaces a row that leaves by one other, and one at most for a row that comes', () => {
    const rows = rowsOf(50)
    let changed = 0
    for (const salt of salts.slice(0, 200)) {
      const before = subsetOf(rows, 10, salt)
      const [gone] = before
      const without = subsetOf(
        rows.filter((row) => row !== gone),
        10,
        salt,
      )
      expect(without.filter((row) => before.includes(row)).length).toBe(9)
      const unaffected = rows.find((row) => !before.includes(row))
      expect(
        subsetOf(
          rows.filter((row) => row !== unaffected),
          10,
          salt,
        ),
      ).toEqual(before)
      const more = subsetOf([...rows, { id: 'orders#51' }], 10, salt)
      const kept = more.filter((row) => before.includes(row)).length
      expect(kept).toBeGreaterThanOrEqual(9)
      if (kept === 9) changed++
    }
    expect(changed / 200).toBeCloseTo(10 / 51, 0.9)
  })
})
