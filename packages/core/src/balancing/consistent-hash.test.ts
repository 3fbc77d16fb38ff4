import { describe, expect, it } from 'vitest'
import { hashText } from '../random/mix.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Balancer, Picker } from './balancer.ts'
import { createBalancer } from './balancer-factory.ts'
import { resolveBalancingOptions } from './balancing-options.ts'
import { createLoad } from './load.ts'
import { MAGLEV_SIZE, MaglevTable } from './maglev-table.ts'

const random = new SeededRandom(42)
const rowsOf = (count: number, weightOf: (i: number) => number = () => 1) =>
  Array.from({ length: count }, (_, i) => ({
    id: `orders#${i + 1}`,
    eligible: true,
    weight: weightOf(i),
    load: createLoad(),
  }))
type Row = ReturnType<typeof rowsOf>[0]
const KEYS = Array.from({ length: 20_000 }, (_, i) => hashText(`user-${i}`))
const at = (picker: Picker<Row>, keyHash: number, avoid?: Row) =>
  picker.pick({ nowMs: 0, key: 1, avoid, keyHash }) as Row

function counts(picker: Picker<Row>, rows: readonly Row[]): number[] {
  const taken = new Map<Row, number>()
  for (const key of KEYS) taken.set(at(picker, key), (taken.get(at(picker, key)) ?? 0) + 1)
  return rows.map((row) => taken.get(row) ?? 0)
}

/** The share of keys that belonged to a row that stayed and went to another. */
function disrupted(before: Picker<Row>, after: Picker<Row>, gone: (row: Row) => boolean): number {
  let moved = 0
  for (const key of KEYS) {
    const was = at(before, key)
    if (!gone(was) && at(after, key) !== was) moved++
  }
  return moved / KEYS.length
}

describe.each([
  ['ring-hash', 0.45, 0],
  ['maglev', 0.25, 0.02],
])('%s', (algorithm, unevenness, disruption) => {
  const create = (hashBalance?: number): Balancer =>
    createBalancer(algorithm, random, 's', {
      ...resolveBalancingOptions(algorithm as 'maglev'),
      hashBalance,
    })

  it('takes one key to one row, in whatever order the rows are, and keys to all of them evenly', () => {
    const rows = rowsOf(50)
    const picker = create().picker(rows)
    const other = create().picker([...rows].reverse())
    for (const key of KEYS.slice(0, 1000)) expect(at(other, key)).toBe(at(picker, key))
    for (const count of counts(picker, rows)) expect(Math.abs(count / 400 - 1)).toBeLessThan(unevenness)
  })

  it('gives by weight, none to weight 0', () => {
    const rows = rowsOf(30, (i) => (i < 10 ? 3 : i < 20 ? 1 : 0))
    const got = counts(create().picker(rows), rows)
    const sum = (from: number, to: number) => got.slice(from, to).reduce((all, one) => all + one, 0) / KEYS.length
    expect(sum(0, 10)).toBeCloseTo(0.75, 1.5)
    expect(sum(20, 30)).toBe(0)
  })

  it.each([10, 100])('moves hardly a key of those that stay when one of %d leaves or comes', (count) => {
    const rows = rowsOf(count)
    const before = create().picker(rows)
    const after = create().picker(rows.slice(1))
    expect(disrupted(before, after, (row) => row === rows[0])).toBeLessThanOrEqual(disruption)
    expect(disrupted(after, before, () => false)).toBeLessThan(1 / count + 0.35 / count + disruption)
  })

  it('moves only the keys of a row that is unhealthy, to many others, and gives them back', () => {
    const rows = rowsOf(20)
    const balancer = create()
    const healthy = balancer.picker(rows)
    const before = KEYS.map((key) => at(healthy, key))
    rows[3]!.eligible = false
    const picker = balancer.picker(
      rows.filter((row) => row.eligible),
      rows,
      healthy,
    )
    const heirs = new Set<Row>()
    for (const [i, key] of KEYS.entries()) {
      if (before[i] !== rows[3]) expect(at(picker, key)).toBe(before[i])
      else heirs.add(at(picker, key))
    }
    expect(heirs.has(rows[3]!)).toBe(false)
    expect(heirs.size).toBeGreaterThan(12)
    rows[3]!.eligible = true
    expect(KEYS.map((key) => at(picker, key))).toEqual(before)
  })

  it('sends a retry of a key to one other row', () => {
    const rows = rowsOf(5)
    const picker = create().picker(rows)
    for (const key of KEYS.slice(0, 200)) {
      const first = at(picker, key)
      expect(at(picker, key, first)).not.toBe(first)
      expect(at(picker, key, first)).toBe(at(picker, key, first))
    }
  })

  it('sends calls without a key anywhere, by the key of the attempt', () => {
    const rows = rowsOf(10)
    const picker = create().picker(rows)
    const of = (key: number) => picker.pick({ nowMs: 0, key, avoid: undefined })
    expect(new Set(Array.from({ length: 200 }, (_, key) => of(key))).size).toBe(10)
    expect(of(7)).toBe(of(7))
  })

  it('finds the last row that can be had, any where none can, nothing where there is none', () => {
    const rows = rowsOf(1000)
    for (const row of rows) row.eligible = row === rows[500]
    const picker = create().picker([rows[500]!], rows)
    for (const key of KEYS.slice(0, 20)) expect(at(picker, key)).toBe(rows[500])
    rows[500]!.eligible = false
    expect(at(create().picker(rows), 1)).toBeDefined()
    expect(at(create().picker<Row>([]), 1)).toBeUndefined()
  })

  it.each([1.25, 2])('takes no row beyond %d times its share, and keeps keys where they are below it', (bound) => {
    const rows = rowsOf(20)
    const balancer = create(bound)
    const picker = balancer.picker(rows)
    const plain = create().picker(rows)
    // One hot key out of three calls: without a bound its row would hold a third of everything.
    let atHome = 0
    for (let i = 0; i < 600; i++) {
      const keyHash = i % 3 === 0 ? KEYS[0]! : KEYS[i]!
      const row = at(picker, keyHash)
      if (row === at(plain, keyHash)) atHome++
      balancer.onSend(row.load, 0)
      expect(row.load.inFlight).toBeLessThanOrEqual(Math.max(1, Math.ceil(((i + 1) * bound) / 20)))
    }
    expect(atHome / 600).toBeGreaterThan(0.3)
    for (const row of rows) while (row.load.inFlight > 0) balancer.onEnd(row.load, false, undefined, 0)
    expect(at(picker, KEYS[0]!)).toBe(at(plain, KEYS[0]!))
  })

  it('keeps its table while members and weights are the same', () => {
    const rows = rowsOf(3)
    const balancer = create()
    const tableOf = (picker: Picker<Row>) => (picker as unknown as { plan: { table: unknown } }).plan.table
    const first = balancer.picker(rows)
    const second = balancer.picker(rows.slice(1), [...rows], first)
    expect(tableOf(second)).toBe(tableOf(first))
    rows[0]!.weight = 2
    expect(tableOf(balancer.picker(rows, rows, second))).not.toBe(tableOf(first))
  })
})

describe('MaglevTable', () => {
  it('fills every place, and each row has its share of them to the last', () => {
    const places = new Array(7).fill(0)
    const table = new MaglevTable(rowsOf(7))
    for (let place = 0; place < MAGLEV_SIZE; place++) places[table.ownerAt(place)]++
    for (const count of places) expect(Math.abs(count - MAGLEV_SIZE / 7)).toBeLessThan(2)
  })
})
