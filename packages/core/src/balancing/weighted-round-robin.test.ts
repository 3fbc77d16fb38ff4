import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Picker } from './balancer.ts'
import { createLoad } from './load.ts'
import { WeightedRoundRobin } from './weighted-round-robin.ts'

const rowsOf = (...weights: number[]) =>
  weights.map((weight, i) => ({ id: `s${i}`, eligible: true, weight, load: createLoad() }))
type Row = ReturnType<typeof rowsOf>[0]
const balancerOf = (seed = 1) => new WeightedRoundRobin(new SeededRandom(seed).stream('weighted-round-robin/s'))
const pick = (picker: Picker<Row>, avoid?: Row) => picker.pick({ nowMs: 0, key: 0, avoid }) as Row

/** The most by which any row was ever ahead of or behind its share while `count` were picked. */
function unevenness(picker: Picker<Row>, rows: readonly Row[], count: number): number {
  const total = rows.reduce((sum, row) => sum + row.weight, 0)
  const taken = new Map(rows.map((row) => [row, 0]))
  let worst = 0
  for (let i = 1; i <= count; i++) {
    const row = pick(picker)
    taken.set(row, taken.get(row)! + 1)
    for (const each of rows) worst = Math.max(worst, Math.abs(taken.get(each)! - (i * each.weight) / total))
  }
  return worst
}

describe('weighted-round-robin', () => {
  it.each([[[5, 1, 1]], [[1, 1, 1, 1]], [[3, 2, 0.5]], [[100, 1, 1, 1, 50]]])('is smooth with %j', (weights) => {
    for (let seed = 0; seed < 20; seed++) {
      const rows = rowsOf(...weights)
      // Plain weighted rounds (a a a a a b c) would be ahead by up to 1.43 with [5, 1, 1] and by 33 with the last.
      const bound = weights.length < 4 ? 1.5 : 2.5
      expect(unevenness(balancerOf(seed).picker(rows), rows, 2000)).toBeLessThan(bound)
    }
  })

  it('spaces turns evenly: with [5, 1, 1] a light row has every seventh, give or take one', () => {
    const rows = rowsOf(5, 1, 1)
    const picker = balancerOf().picker(rows)
    const turns = Array.from({ length: 700 }, () => pick(picker))
    for (const light of rows.slice(1)) {
      const places = [...turns.keys()].filter((place) => turns[place] === light)
      expect(places.length).toBe(100)
      for (let i = 1; i < places.length; i++) expect(Math.abs(places[i]! - places[i - 1]! - 7)).toBeLessThanOrEqual(1)
    }
  })

  it('begins anywhere, so that clients do not march in step', () => {
    const firsts = new Map<string, number>()
    for (let client = 0; client < 1000; client++) {
      const { id } = pick(balancerOf(client).picker(rowsOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)))
      firsts.set(id, (firsts.get(id) ?? 0) + 1)
    }
    expect(firsts.size).toBe(10)
    for (const count of firsts.values()) expect(Math.abs(count - 100)).toBeLessThan(40)
  })

  it('goes on where it stood when the picker is replaced, and gives nobody the turns it missed', () => {
    const balancer = balancerOf()
    const rows = rowsOf(1, 1, 1, 1) as [Row, Row, Row, Row]
    let picker = balancer.picker(rows)
    for (let i = 0; i < 4002; i++) pick(picker)
    picker = balancer.picker(rows.slice(0, 3), rows, picker)
    for (let i = 0; i < 3000; i++) pick(picker)
    picker = balancer.picker(rows, rows, picker)
    expect(unevenness(picker, rows, 400)).toBeLessThan(1.5)
  })

  it('lets a row whose weight has grown begin at once', () => {
    const balancer = balancerOf()
    const rows = rowsOf(1000, 1) as [Row, Row]
    const before = balancer.picker(rows)
    for (let i = 0; i < 1500; i++) pick(before)
    rows[1].weight = 1000
    const after = balancer.picker(rows, rows, before)
    const taken = Array.from({ length: 100 }, () => pick(after))
    expect(taken.filter((row) => row === rows[1]).length).toBeGreaterThan(48)
  })

  it('avoids a row while another has a weight, and keeps its turn for it', () => {
    const rows = rowsOf(1, 1, 0) as [Row, Row, Row]
    const picker = balancerOf().picker(rows)
    for (let i = 0; i < 5; i++) expect(pick(picker, rows[0])).toBe(rows[1])
    for (let i = 0; i < 5; i++) expect(pick(picker, rows[1])).toBe(rows[0])
    expect(pick(balancerOf().picker(rowsOf(0, 0)))).toBeDefined()
    const [only] = rowsOf(1) as [Row]
    expect(pick(balancerOf().picker([only]), only)).toBe(only)
    expect(balancerOf().picker<Row>([]).pick({ nowMs: 0, key: 0, avoid: undefined })).toBeUndefined()
  })

  it('keeps shares through a thousand changes of the snapshot', () => {
    const balancer = balancerOf()
    const rows = rowsOf(1, 2, 3, 4)
    const taken = new Map<Row, number>()
    let picker = balancer.picker(rows)
    for (let change = 0; change < 1000; change++) {
      picker = balancer.picker([...rows], rows, picker)
      for (let i = 0; i < 10; i++) {
        const row = pick(picker)
        taken.set(row, (taken.get(row) ?? 0) + 1)
      }
    }
    for (const row of rows) expect(Math.abs(taken.get(row)! - row.weight * 1000)).toBeLessThan(5)
  })
})
