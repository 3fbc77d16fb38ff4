import { describe, expect, it } from 'vitest'
import type { Random } from '../random/random.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Picker } from './balancer.ts'
import { LeastRequest } from './least-request.ts'
import { createLoad } from './load.ts'

const random = new SeededRandom(42)
const rowsOf = (...weights: number[]) =>
  weights.map((weight, i) => ({ id: `s${i}`, eligible: true, weight, load: createLoad() }))
type Row = ReturnType<typeof rowsOf>[0]

function shares(picker: Picker<Row>, rows: readonly Row[], avoid?: Row, nowMs = 0, count = 10_000): number[] {
  const taken = new Map<Row | undefined, number>()
  for (let key = 0; key < count; key++) {
    const row = picker.pick({ nowMs, key, avoid })
    taken.set(row, (taken.get(row) ?? 0) + 1)
  }
  return rows.map((row) => (taken.get(row) ?? 0) / count)
}

describe.each([2, 3, 5, 10, 'all'] as const)('least-request, choices %s', (choices) => {
  const balancer = new LeastRequest(random, { choices, bias: 1 })

  it('gives nothing to the busiest, and most to the idlest, as d distinct choices do', () => {
    const rows = rowsOf(...new Array(20).fill(1))
    for (const [i, row] of rows.entries()) row.load.inFlight = i
    const d = choices === 'all' ? 20 : choices
    const got = shares(balancer.picker(rows), rows)
    expect(got[0]).toBeCloseTo(d / 20, 1.7)
    expect(got.slice(21 - d)).toEqual(new Array(d - 1).fill(0))
  })

  it('spreads evenly over idle rows, and by weight', () => {
    const rows = rowsOf(1, 1, 1, 1)
    for (const share of shares(balancer.picker(rows), rows)) expect(share).toBeCloseTo(0.25, 1.6)
    const uneven = rowsOf(1, 3)
    expect(shares(balancer.picker(uneven), uneven)[0]).toBeCloseTo(0.25, 1.7)
  })

  it('avoids, skips and falls back as every algorithm does', () => {
    const rows = rowsOf(1, 1, 1) as [Row, Row, Row]
    const picker = balancer.picker(rows)
    expect(shares(picker, rows, rows[0], 0, 500)[0]).toBe(0)
    rows[1].eligible = false
    expect(shares(picker, rows, rows[0], 0, 500)).toEqual([0, 0, 1])
    rows[2].eligible = false
    expect(shares(picker, rows, rows[0], 0, 500)).toEqual([1, 0, 0])
    rows[0].weight = 0
    rows[0].eligible = false
    expect(shares(picker, rows, undefined, 0, 500)[0]).toBe(0)
    expect(balancer.picker<Row>([]).pick({ nowMs: 0, key: 0, avoid: undefined })).toBeUndefined()
  })

  it('lets one that has just failed lose, however idle it is, for 5 s or as long as it asks (3e.39)', () => {
    const rows = rowsOf(1, 1) as [Row, Row]
    const picker = balancer.picker(rows)
    rows[1].load.inFlight = 50
    balancer.onSend(rows[0].load)
    balancer.onEnd(rows[0].load, true, undefined, 0)
    expect(shares(picker, rows, undefined, 4999, 200)).toEqual([0, 1])
    expect(shares(picker, rows, undefined, 5000, 200)).toEqual([1, 0])
    balancer.onSend(rows[0].load)
    balancer.onEnd(rows[0].load, true, 60_000, 5000)
    expect(shares(picker, rows, undefined, 64_999, 200)).toEqual([0, 1])
    balancer.onAnswer(rows[0].load)
    expect(shares(picker, rows, undefined, 5001, 200)).toEqual([1, 0])
  })
})

describe('bias', () => {
  it('weighs attempts in flight against weight: 0 not at all, 1 in proportion, 2 more', () => {
    const rows = rowsOf(1, 4) as [Row, Row]
    rows[0].load.inFlight = 1
    rows[1].load.inFlight = 3
    const of = (bias: number) => {
      const picker = new LeastRequest(random, { choices: 2, bias }).picker(rows)
      return shares(picker, rows, undefined, 0, 40_000)
    }
    // Excess over idle in units of the lighter row: bias 1: 1 against 3/4; bias 2: 3 against 15/4.
    expect(of(0)[0]).toBeCloseTo(0.2, 1.7)
    expect(of(1)).toEqual([0, 1])
    expect(of(2)[0]).toBeCloseTo(0.2, 1.7)
    rows[0].load.inFlight = 0
    expect(of(2)).toEqual([1, 0])
  })
})

it('draws by the key of the attempt alone', () => {
  const rows = rowsOf(...new Array(30).fill(1))
  const seen: number[] = []
  const spy: Random = {
    draw: (key, purpose) => {
      seen.push(purpose)
      return random.draw(key, purpose)
    },
    stream: (name) => random.stream(name),
  }
  const one = new LeastRequest(spy, { choices: 4, bias: 1 }).picker(rows)
  const other = new LeastRequest(new SeededRandom(42), { choices: 4, bias: 1 }).picker(rows)
  for (let key = 0; key < 200; key++) {
    other.pick({ nowMs: 0, key: key + 5000, avoid: undefined })
    expect(one.pick({ nowMs: 0, key, avoid: undefined })).toBe(other.pick({ nowMs: 0, key, avoid: undefined }))
  }
  for (const purpose of seen) expect(purpose >= 16 && purpose < 47).toBe(true)
})
