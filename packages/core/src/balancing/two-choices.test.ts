import { beforeEach, describe, expect, it } from 'vitest'
import { isConfigError } from '../errors/seakeep-error.ts'
import type { Random } from '../random/random.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Balancer, Load, Picker } from './balancer.ts'
import { createBalancer } from './balancer-factory.ts'
import { createLoad } from './load.ts'

class Row {
  readonly id = 'a'
  eligible = true
  weight: number
  readonly load: Load = createLoad()
  constructor(weight: number = 1) {
    this.weight = weight
  }
}

const random = new SeededRandom(42)
const rowsOf = (...weights: number[]): Row[] => weights.map((weight) => new Row(weight))

/** The share of each row in `count` picks that are never sent. */
function shares(picker: Picker<Row>, rows: readonly Row[], count = 20_000, avoid?: Row, nowMs = 0): number[] {
  const taken = new Map<Row | undefined, number>()
  for (let key = 0; key < count; key++) {
    const row = picker.pick({ nowMs, key, avoid })
    taken.set(row, (taken.get(row) ?? 0) + 1)
  }
  return rows.map((row) => (taken.get(row) ?? 0) / count)
}

describe.each(['p2c', 'p2c-ewma'])('%s', (algorithm) => {
  let balancer: Balancer
  beforeEach(() => {
    balancer = createBalancer(algorithm, random, 'orders')
  })

  it('says what it is', () => {
    expect(balancer.algorithm).toBe(algorithm)
  })

  it('has nothing to give where there is no row, and one row is the choice', () => {
    const context = { nowMs: 0, key: 1, avoid: undefined }
    expect(balancer.picker([]).pick(context)).toBeUndefined()
    const [row] = rowsOf(0) as [Row]
    row.eligible = false
    expect(balancer.picker([row]).pick({ ...context, avoid: row })).toBe(row)
  })

  it('spreads evenly over idle rows', () => {
    const rows = rowsOf(1, 1, 1, 1, 1)
    for (const share of shares(balancer.picker(rows), rows)) expect(share).toBeCloseTo(0.2, 1.7)
  })

  it('spreads by weight over idle rows, with many rows too', () => {
    const two = rowsOf(1, 3)
    // An unproven row of whatever weight is tried first: here all have answered alike.
    if (algorithm === 'p2c') expect(shares(balancer.picker(two), two)[0]).toBeCloseTo(0.25, 1.7)
    const many = rowsOf(8, ...new Array(8).fill(1))
    const [heavy] = shares(balancer.picker(many), many) as [number]
    expect(heavy).toBeCloseTo(0.5, 1.7)
  })

  it('never compares a row with itself', () => {
    const rows = rowsOf(1, 1, 1)
    for (const row of rows) row.load.costMs = 10
    ;(rows[0] as Row).load.inFlight = 1
    // Drawn with repeats, the busy row would get 1/9.
    expect(shares(balancer.picker(rows), rows)[0]).toBe(0)
  })

  it('is a function of the key of the attempt', () => {
    const rows = rowsOf(1, 1, 1, 1, 1, 1, 1)
    const one = balancer.picker(rows)
    const other = createBalancer(algorithm, new SeededRandom(42), 'orders').picker(rows)
    for (let key = 0; key < 200; key++) {
      const context = { nowMs: 0, key, avoid: undefined }
      const row = one.pick(context)
      expect(other.pick(context)).toBe(row)
      other.pick({ nowMs: 0, key: key + 1000, avoid: undefined })
    }
  })

  it('skips ineligible rows, and spreads their share evenly', () => {
    for (const [total, healthy] of [
      [10, 9],
      [10, 2],
      [100, 3],
    ] as const) {
      const rows = rowsOf(...new Array(total).fill(1))
      rows.forEach((row, i) => {
        row.eligible = i < healthy
      })
      for (const share of shares(balancer.picker(rows), rows).slice(0, healthy)) {
        expect(share).toBeCloseTo(1 / healthy, 1.7)
      }
    }
  })

  it('avoids the row of the attempt before while another eligible one exists', () => {
    const rows = rowsOf(1, 1, 1) as [Row, Row, Row]
    const picker = balancer.picker(rows)
    expect(shares(picker, rows, 1000, rows[0])[0]).toBe(0)
    rows[1].eligible = false
    expect(shares(picker, rows, 1000, rows[0])).toEqual([0, 0, 1])
    rows[2].eligible = false
    expect(shares(picker, rows, 1000, rows[0])).toEqual([1, 0, 0])
  })

  it('chooses among all where none is eligible', () => {
    const rows = rowsOf(1, 1, 1, 1) as [Row, Row, Row, Row]
    for (const row of rows) row.eligible = false
    const picker = balancer.picker(rows)
    for (const share of shares(picker, rows)) expect(share).toBeCloseTo(0.25, 1.7)
    expect(shares(picker, rows, 1000, rows[2])[2]).toBe(0)
  })

  it('sends to weight 0 only where there is nothing else, and then evenly', () => {
    const rows = rowsOf(0, 1, 0, 1) as [Row, Row, Row, Row]
    const picker = balancer.picker(rows)
    expect(shares(picker, rows, 1000).filter((share) => share > 0).length).toBe(2)
    expect(shares(picker, rows, 1000, rows[1])).toEqual([0, 0, 0, 1])
    rows[1].eligible = false
    rows[3].eligible = false
    const [first, , third] = shares(picker, rows) as [number, number, number]
    expect(first).toBeCloseTo(0.5, 1.7)
    expect(first + third).toBe(1)
  })

  it('follows weights that are changed under it', () => {
    const rows = rowsOf(10, 10) as [Row, Row]
    const picker = balancer.picker(rows)
    rows[0].weight = 0
    expect(shares(picker, rows, 1000)).toEqual([0, 1])
    rows[0].weight = 1000
    rows[1].weight = 0.001
    expect(shares(picker, rows, 1000)[0]).toBeGreaterThan(0.95)
  })

  it('uses at most the draws that belong to a pick', () => {
    const purposes = new Set<number>()
    const spy: Random = {
      draw: (key, purpose) => {
        purposes.add(purpose)
        return random.draw(key, purpose)
      },
      stream: (name) => random.stream(name),
    }
    const rows = rowsOf(...new Array(40).fill(1))
    rows.forEach((row, i) => {
      row.eligible = i < 2
    })
    const picker = createBalancer(algorithm, spy, 'orders').picker(rows)
    for (let key = 0; key < 200; key++) picker.pick({ nowMs: 0, key, avoid: undefined })
    for (const purpose of purposes) expect(purpose >= 16 && purpose < 48).toBe(true)
  })
})

describe('p2c', () => {
  it('takes the row with less in flight, by weight', () => {
    const rows = rowsOf(1, 3) as [Row, Row]
    const picker = createBalancer('p2c', random, 'orders').picker(rows)
    rows[0].load.inFlight = 1
    rows[1].load.inFlight = 2
    expect(shares(picker, rows, 500)).toEqual([0, 1])
    rows[1].load.inFlight = 6
    expect(shares(picker, rows, 500)).toEqual([1, 0])
  })
})

describe('p2c-ewma', () => {
  const balancer = createBalancer('p2c-ewma', random, 'orders')
  let rows: [Row, Row]
  let picker: Picker<Row>
  beforeEach(() => {
    rows = rowsOf(1, 1) as [Row, Row]
    picker = balancer.picker(rows)
  })
  const answer = (row: Row, latencyMs: number, nowMs: number, isFailure = false, retryAfterMs?: number) => {
    balancer.onSend(row.load, nowMs - latencyMs)
    balancer.onAnswer(row.load, latencyMs, nowMs)
    balancer.onEnd(row.load, isFailure, retryAfterMs, nowMs)
  }
  const winner = (nowMs: number): number => shares(picker, rows, 50, undefined, nowMs).indexOf(1)

  it('follows latency up at once and down with a decay of 10 s', () => {
    const { load } = rows[0]
    answer(rows[0], 100, 0)
    expect(load.costMs).toBe(100)
    answer(rows[0], 500, 1000)
    expect(load.costMs).toBe(500)
    answer(rows[0], 100, 11_000)
    expect(load.costMs).toBeCloseTo(500 / Math.E + 100 * (1 - 1 / Math.E), 9)
    expect(load.inFlight).toBe(0)
  })

  it('prefers the lower cost times in flight', () => {
    answer(rows[0], 100, 0)
    answer(rows[1], 300, 0)
    expect(winner(0)).toBe(0)
    for (let i = 0; i < 3; i++) balancer.onSend(rows[0].load, 0)
    expect(winner(0)).toBe(1)
  })

  it('divides by weight', () => {
    answer(rows[0], 100, 0)
    answer(rows[1], 150, 0)
    expect(winner(0)).toBe(0)
    rows[1].weight = 2
    expect(winner(0)).toBe(1)
  })

  it('asks an idle slow endpoint again when its cost has decayed', () => {
    answer(rows[1], 2000, 0)
    let askedAtMs = -1
    for (let nowMs = 0; askedAtMs < 0 && nowMs < 120_000; nowMs += 100) {
      answer(rows[0], 20, nowMs)
      if (winner(nowMs) === 1) askedAtMs = nowMs
    }
    // 2000 ms have fallen to 20 ms after 10 s × ln 100.
    expect(askedAtMs).toBeCloseTo(46_100, -2.5)
    answer(rows[1], 2000, askedAtMs + 2000)
    answer(rows[0], 20, askedAtMs + 2000)
    expect(winner(askedAtMs + 2000)).toBe(0)
  })

  it('tries an endpoint without a history, one attempt at a time', () => {
    answer(rows[0], 5, 0)
    expect(winner(0)).toBe(1)
    balancer.onSend(rows[1].load, 0)
    for (let i = 0; i < 1000; i++) balancer.onSend(rows[0].load, 0)
    expect(winner(0)).toBe(0)
    balancer.onAnswer(rows[1].load, 5, 5)
    expect(winner(5)).toBe(1)
  })

  it('holds a failure against an endpoint for 5 s, or until it answers, however fast it is', () => {
    answer(rows[0], 100, 0)
    answer(rows[1], 1, 0, true)
    expect(winner(4999)).toBe(0)
    expect(winner(5000)).toBe(1)
    answer(rows[1], 1, 6000, true)
    expect(winner(6001)).toBe(0)
    answer(rows[1], 1, 6002)
    expect(winner(6003)).toBe(1)
  })

  it('lets two that both failed be compared as usual', () => {
    answer(rows[0], 100, 0, true)
    answer(rows[1], 200, 0, true)
    expect(winner(1)).toBe(0)
  })

  it('takes the wait a server names instead, up to 300 s', () => {
    answer(rows[0], 100, 0)
    answer(rows[1], 1, 0, true, 60_000)
    // Another failure that names nothing does not shorten it.
    balancer.onSend(rows[1].load, 10)
    balancer.onEnd(rows[1].load, true, undefined, 20)
    expect(winner(59_999)).toBe(0)
    expect(winner(60_000)).toBe(1)
    answer(rows[1], 1, 60_000, true, 1e9)
    answer(rows[0], 100, 360_000)
    expect(winner(359_999)).toBe(0)
    expect(winner(360_000)).toBe(1)
    answer(rows[1], 1, 360_000, true, 0)
    expect(winner(360_001)).toBe(1)
  })

  it('counts an attempt that was called off as nothing', () => {
    answer(rows[1], 1, 0, true)
    answer(rows[0], 100, 0)
    balancer.onSend(rows[1].load, 10)
    balancer.onEnd(rows[1].load, false, undefined, 20)
    expect(winner(30)).toBe(0)
    expect(rows[1].load.inFlight).toBe(0)
  })

  it('tells answers apart that take no time by what is in flight', () => {
    answer(rows[0], 0, 0)
    answer(rows[1], 0, 0)
    balancer.onSend(rows[0].load, 0)
    expect(winner(0)).toBe(1)
  })
})

describe('createBalancer', () => {
  it('refuses a name it does not know, naming those it knows', () => {
    for (const name of ['p3c', 'constructor', '']) {
      try {
        createBalancer(name, random, 'orders')
        expect.unreachable()
      } catch (error) {
        expect(isConfigError(error)).toBe(true)
        expect(String(error)).toContain(
          'known: round-robin, weighted-round-robin, random, least-request, p2c, p2c-ewma',
        )
      }
    }
  })

  it('starts the rounds of each service on their own', () => {
    const starts = new Set<number>()
    for (let i = 0; i < 50; i++) {
      const rows = rowsOf(1, 1, 1, 1, 1, 1, 1, 1)
      const picker = createBalancer('round-robin', new SeededRandom(3), `service-${i}`).picker(rows)
      starts.add(rows.indexOf(picker.pick({ nowMs: 0, key: 0, avoid: undefined }) as Row))
    }
    expect(starts.size).toBe(8)
  })
})
