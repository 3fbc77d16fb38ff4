import { describe, expect, it } from 'vitest'
import { priorityShares } from './priority-load.ts'
import { rampFactor } from './slow-start.ts'
import { partsOf, zoneShares } from './zone-load.ts'

const percent = (share: number): number => Math.floor(share * 100 + 1e-9)

describe('priorityShares', () => {
  it.each([
    [100, 100],
    [72, 100],
    [71, 99],
    [50, 70],
    [25, 35],
    [0, 0],
  ])('gives the first priority with %d %% healthy %d %% of the traffic, as Envoy (L11)', (healthy, expected) => {
    const [first, second] = priorityShares(
      [
        { total: 100, healthy },
        { total: 100, healthy: 100 },
      ],
      1.4,
      0.5,
    ) as [{ share: number; isPanic: boolean }, { share: number; isPanic: boolean }]
    expect(percent(first.share)).toBe(expected)
    expect(first.share + second.share).toBeCloseTo(1, 12)
    expect([first.isPanic, second.isPanic]).toEqual([false, false])
  })

  it('spills over three priorities and scales up where all together are too weak', () => {
    const of = (...healthy: number[]) =>
      priorityShares(
        healthy.map((count) => ({ total: 100, healthy: count })),
        1.4,
        0.5,
      )
    expect(of(25, 25, 100).map(({ share }) => percent(share))).toEqual([35, 35, 30])
    // Envoy's own example: 20 % and 20 % are 28 + 28 of 56.
    expect(of(20, 20)).toEqual([
      { share: 0.5, isPanic: true },
      { share: 0.5, isPanic: true },
    ])
    expect(of(5, 60).map(({ isPanic }) => isPanic)).toEqual([true, false])
    expect(of(5, 60)[0]?.share).toBeCloseTo(7 / 91, 12)
  })

  it('panics below the threshold, unless others take everything, and never with 0 while one is healthy', () => {
    const one = (healthy: number, threshold: number) => priorityShares([{ total: 10, healthy }], 1.4, threshold)
    expect(one(5, 0.5)).toEqual([{ share: 1, isPanic: false }])
    expect(one(4, 0.5)).toEqual([{ share: 1, isPanic: true }])
    expect(one(1, 0)).toEqual([{ share: 1, isPanic: false }])
    // 80 % healthy is enough for everything: a threshold of 90 % changes nothing.
    expect(one(8, 0.9)).toEqual([{ share: 1, isPanic: false }])
  })

  it('spreads by size where nothing is healthy anywhere', () => {
    const shares = priorityShares(
      [
        { total: 3, healthy: 0 },
        { total: 1, healthy: 0 },
      ],
      1.4,
      0.5,
    )
    expect(shares).toEqual([
      { share: 0.75, isPanic: true },
      { share: 0.25, isPanic: true },
    ])
    expect(priorityShares([], 1.4, 0.5)).toEqual([])
    expect(priorityShares([{ total: 0, healthy: 0 }], 1.4, 0.5)).toEqual([{ share: 0, isPanic: true }])
  })
})

describe('zoneShares', () => {
  const zones = (counts: { [zone: string]: number }) => partsOf(new Map(Object.entries(counts)))

  it('keeps all traffic where the own zone has no fewer servers than clients', () => {
    expect(zoneShares('a', zones({ a: 4, b: 4 }), zones({ a: 1, b: 1 }))).toEqual(new Map([['a', 1]]))
    expect(zoneShares('a', zones({ a: 6, b: 2 }), zones({ a: 1, b: 1 }))).toEqual(new Map([['a', 1]]))
  })

  it('sends the residual to those that have more than they need', () => {
    // A sixth of the servers for a third of the clients: half stays, half goes where there is room, one to two.
    const shares = zoneShares('a', zones({ a: 6, b: 14, c: 16 }), zones({ a: 1, b: 1, c: 1 }))
    expect(shares.get('a')).toBeCloseTo(0.5, 12)
    expect(shares.get('b')).toBeCloseTo(1 / 6, 12)
    expect(shares.get('c')).toBeCloseTo(1 / 3, 12)
    expect(zoneShares('a', zones({ b: 1, c: 1 }), zones({ a: 1, b: 1 }))).toEqual(new Map([['c', 1]]))
  })

  it('loads every server alike when all zones do it, whatever the counts', () => {
    const cases: [rows: { [zone: string]: number }, callers: { [zone: string]: number }][] = [
      [
        { a: 2, b: 5, c: 5 },
        { a: 4, b: 4, c: 4 },
      ],
      [
        { a: 1, b: 9, c: 2 },
        { a: 5, b: 3, c: 7 },
      ],
      [
        { a: 3, b: 3 },
        { a: 1, b: 8 },
      ],
      [
        { b: 4, c: 2 },
        { a: 2, b: 2, c: 2 },
      ],
    ]
    for (const [rows, callers] of cases) {
      const load = new Map<string, number>()
      for (const [own, clients] of Object.entries(callers)) {
        for (const [zone, share] of zoneShares(own, zones(rows), zones(callers))) {
          load.set(zone, (load.get(zone) ?? 0) + share * clients)
        }
      }
      const each = [...load].map(([zone, sum]) => sum / rows[zone]!)
      for (const perServer of each) expect(perServer).toBeCloseTo(each[0]!, 9)
    }
  })
})

describe('rampFactor', () => {
  it('is max(minimum, (t / window) ^ (1 / aggression)), as Envoy', () => {
    const evenly = { windowMs: 30_000, aggression: 1, minWeight: 0.1 }
    const at = (...seconds: number[]) => seconds.map((s) => rampFactor(s * 1000, evenly))
    expect(at(0, 3, 6, 15, 30, 60)).toEqual([0.1, 0.1, 0.2, 0.5, 1, 1])
    expect(rampFactor(7_500, { ...evenly, aggression: 2 })).toBe(0.5)
    expect(rampFactor(15_000, { ...evenly, aggression: 0.5 })).toBe(0.25)
  })
})
