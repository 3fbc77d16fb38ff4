import { beforeEach, describe, expect, it } from 'vitest'
import { hashText } from '../random/mix.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Balancer, Load, Picker } from './balancer.ts'
import { createBalancer } from './balancer-factory.ts'
import { type BalancingAlgorithm, type BalancingOptions, resolveBalancingOptions } from './balancing-options.ts'
import type { Candidate } from './candidate.ts'
import { createLoad } from './load.ts'
import { Selection } from './selection.ts'

class Row implements Candidate {
  readonly id: string
  readonly zone: string | undefined
  readonly priority: number
  readonly load: Load = createLoad()
  eligible = true
  weight = 1
  fullWeight = 1
  isHealthy = true
  isBarred = false
  readySinceMs = -1
  constructor(id: string, { priority = 0, zone }: { priority?: number; zone?: string } = {}) {
    this.id = id
    this.priority = priority
    this.zone = zone
  }
}

const random = new SeededRandom(42)
let key = 0
let rows: Row[]

function rowsOf(count: number, more: { priority?: number; zone?: string } = {}): Row[] {
  return Array.from({ length: count }, (_, i) => new Row(`${more.zone ?? 's'}${more.priority ?? ''}#${i}`, more))
}

function selectionOf(options: BalancingOptions | BalancingAlgorithm, all: readonly Row[], zone?: string) {
  const resolved = resolveBalancingOptions(options)
  const balancer = createBalancer(resolved.algorithm, random, 's', resolved)
  const selection = new Selection<Row>(resolved, { balancer, random, service: 's', zone })
  selection.setRows(all)
  return selection
}

function shareOf(selection: Selection<Row>, of: (row: Row) => boolean, nowMs = 0, avoid?: Row): number {
  let hits = 0
  for (let i = 0; i < 20_000; i++) if (of(selection.pick({ nowMs, key: key++, avoid }) as Row)) hits++
  return hits / 20_000
}

/** Tells of a change of rows, as they themselves would. */
const touch = (selection: Selection<Row>, some: readonly Row[] = rows): void => {
  for (const row of some) selection.markStale(row)
}

const fail = (some: readonly Row[]): void => {
  for (const row of some) row.isHealthy = false
}

beforeEach(() => {
  key = 0
  rows = rowsOf(10)
})

describe.each([
  'round-robin',
  'weighted-round-robin',
  'random',
  'least-request',
  'p2c',
  'p2c-ewma',
  'ring-hash',
  'maglev',
] as const)('health, with %s', (algorithm) => {
  it('takes the healthy ones down to half of them, and then all', () => {
    const selection = selectionOf(algorithm, rows)
    fail(rows.slice(5))
    touch(selection)
    expect(shareOf(selection, (row) => !row.isHealthy)).toBe(0)
    fail(rows.slice(4))
    touch(selection)
    expect(shareOf(selection, (row) => !row.isHealthy)).toBeCloseTo(0.6, 0.7)
    for (const row of rows) row.isHealthy = true
    touch(selection)
    expect(shareOf(selection, (row) => row === rows[9])).toBeGreaterThan(0.03)
  })

  it('panics into no circuit that is open, while another endpoint is left', () => {
    const selection = selectionOf(algorithm, rows)
    fail(rows.slice(1))
    for (const row of rows.slice(2)) row.isBarred = true
    touch(selection)
    expect(shareOf(selection, (row) => row.isBarred)).toBe(0)
    expect(shareOf(selection, (row) => row === rows[1])).toBeGreaterThan(0.1)
    for (const row of rows) row.isBarred = true
    touch(selection)
    expect(selection.pick({ nowMs: 0, key: 1, avoid: undefined })).toBeDefined()
  })

  it('keeps to the last healthy one with a threshold of 0', () => {
    const selection = selectionOf({ algorithm, panicThreshold: 0 }, rows)
    fail(rows.slice(1))
    touch(selection)
    expect(shareOf(selection, (row) => row === rows[0])).toBe(1)
  })

  it('has nothing to give where there is no row, and weight 0 only where there is nothing else', () => {
    const selection = selectionOf(algorithm, [])
    expect(selection.pick({ nowMs: 0, key: 1, avoid: undefined })).toBeUndefined()
    for (const row of rows.slice(2)) row.fullWeight = 0
    selection.setRows(rows)
    expect(shareOf(selection, (row) => row.fullWeight === 0)).toBe(0)
    // Endpoints of weight 0 are no capacity: one of two is gone, and that is no panic.
    fail([rows[0] as Row])
    touch(selection)
    expect(shareOf(selection, (row) => row === rows[0])).toBe(0)
  })
})

describe('priorities', () => {
  const withHealthy = (healthy: number, options: BalancingOptions = {}) => {
    const first = rowsOf(100)
    fail(first.slice(healthy))
    return selectionOf({ algorithm: 'random', ...options }, [...rowsOf(20, { priority: 1 }), ...first])
  }

  it.each([
    [100, 1],
    [72, 1],
    [71, 0.994],
    [50, 0.7],
    [25, 0.35],
    [0, 0],
  ])('with %d %% healthy the first gets %d (L11)', (healthy, share) => {
    const selection = withHealthy(healthy)
    expect(shareOf(selection, (row) => row.priority === 0)).toBeCloseTo(share, 1.7)
    expect(shareOf(selection, (row) => !row.isHealthy)).toBe(0)
  })

  it('are one where the policy says so, and spill as its overprovisioning says', () => {
    expect(shareOf(withHealthy(100, { priorities: false }), (row) => row.priority === 0)).toBeCloseTo(5 / 6, 1.7)
    const exact = withHealthy(50, { priorities: { overprovisioning: 1 } })
    expect(shareOf(exact, (row) => row.priority === 0)).toBeCloseTo(0.5, 1.7)
  })

  it('send a retry to the next where the first has only the one to avoid', () => {
    const [only] = rows as [Row]
    const standby = rowsOf(3, { priority: 1 })
    const sick = rowsOf(1, { zone: 'x' })
    fail(sick)
    const selection = selectionOf('p2c', [only, ...sick, ...standby])
    expect(shareOf(selection, (row) => row === only)).toBeCloseTo(0.7, 1.7)
    expect(shareOf(selection, (row) => row === only, 0, only)).toBe(0)
  })

  it('keep a key in its part', () => {
    const first = rowsOf(10)
    fail(first.slice(5))
    const selection = selectionOf('maglev', [...first, ...rowsOf(10, { priority: 1 })])
    let spilled = 0
    for (let i = 0; i < 2000; i++) {
      const keyHash = hashText(`user-${i}`)
      const row = selection.pick({ nowMs: 0, key: key++, avoid: undefined, keyHash }) as Row
      expect(selection.pick({ nowMs: 0, key: key++, avoid: undefined, keyHash })).toBe(row)
      if (row.priority === 1) spilled++
    }
    expect(spilled / 2000).toBeCloseTo(0.3, 1.3)
  })
})

describe('zones', () => {
  const fleet = () => [...rowsOf(2, { zone: 'a' }), ...rowsOf(5, { zone: 'b' }), ...rowsOf(5, { zone: 'c' })]
  const inZone = (zone: string) => (row: Row) => row.zone === zone

  it('keep what the own zone can take and give the rest to those with room', () => {
    const selection = selectionOf({ algorithm: 'p2c', zoneAware: true }, fleet(), 'a')
    expect(shareOf(selection, inZone('a'))).toBeCloseTo(0.5, 1.7)
    expect(shareOf(selection, inZone('b'))).toBeCloseTo(0.25, 1.7)
    const near = selectionOf({ algorithm: 'p2c', zoneAware: { zone: 'b' } }, fleet(), 'a')
    expect(shareOf(near, inZone('b'))).toBe(1)
    const few = selectionOf({ zoneAware: { callers: { a: 1, b: 5, c: 0 } } }, fleet(), 'a')
    expect(shareOf(few, inZone('a'))).toBe(1)
  })

  it('count the healthy only, and mean nothing in panic, in a small fleet, or where the own zone is not known', () => {
    const some = fleet()
    const selection = selectionOf({ algorithm: 'p2c', zoneAware: true }, some, 'b')
    fail(some.filter(inZone('b')).slice(0, 3))
    touch(selection, some)
    // Two of nine for a third of the callers: two thirds stay.
    expect(shareOf(selection, inZone('b'))).toBeCloseTo(2 / 3, 1.7)
    fail(some.slice(2))
    touch(selection, some)
    expect(shareOf(selection, inZone('b'))).toBeCloseTo(5 / 12, 1.7)
    const small = selectionOf({ algorithm: 'p2c', zoneAware: true }, fleet().slice(0, 5), 'a')
    expect(shareOf(small, inZone('a'))).toBeCloseTo(2 / 5, 1.7)
    const nowhere = selectionOf({ algorithm: 'p2c', zoneAware: true }, fleet())
    expect(shareOf(nowhere, inZone('a'))).toBeCloseTo(2 / 12, 1.7)
  })
})

describe('slow start', () => {
  it.each(['weighted-round-robin', 'random', 'least-request', 'p2c'] as const)('ramps %s up', (algorithm) => {
    const selection = selectionOf({ algorithm, slowStart: { window: '30s' } }, rows.slice(0, 9))
    const isNew = (row: Row) => row === rows[9]
    expect(shareOf(selection, (row) => row === rows[0])).toBeCloseTo(1 / 9, 1.7)
    selection.pick({ nowMs: 60_000, key: 1, avoid: undefined })
    selection.setRows(rows)
    const at = (afterMs: number) => shareOf(selection, isNew, 60_000 + afterMs)
    for (const [afterMs, factor] of [
      [0, 0.1],
      [6_000, 0.2],
      [15_000, 0.5],
      [30_000, 1],
      [90_000, 1],
    ] as const) {
      expect(at(afterMs)).toBeCloseTo(factor / (9 + factor), 1.7)
    }
  })

  it('begins anew when an endpoint is healthy again, and holds nothing back from a service that is all new', () => {
    const selection = selectionOf({ algorithm: 'random', slowStart: { window: '10s' } }, rows)
    const isFirst = (row: Row) => row === rows[0]
    expect(shareOf(selection, isFirst)).toBeCloseTo(0.1, 1.7)
    fail(rows.slice(0, 1))
    touch(selection)
    expect(shareOf(selection, isFirst, 20_000)).toBe(0)
    ;(rows[0] as Row).isHealthy = true
    touch(selection)
    expect(shareOf(selection, isFirst, 30_000)).toBeCloseTo(0.1 / 9.1, 2)
    expect(shareOf(selection, isFirst, 40_000)).toBeCloseTo(0.1, 1.7)
  })
})

describe('subset', () => {
  it('uses so many of each priority, the same after a change elsewhere', () => {
    const all = [...rowsOf(50), ...rowsOf(50, { priority: 1 })]
    const selection = selectionOf({ algorithm: 'round-robin', subset: 5 }, all)
    const used = () => {
      const seen = new Set<Row>()
      for (let i = 0; i < 100; i++) seen.add(selection.pick({ nowMs: 0, key: key++, avoid: undefined }) as Row)
      return seen
    }
    const before = used()
    expect(before.size).toBe(5)
    selection.setRows(all.filter((row) => before.has(row) || Math.abs(hashText(row.id)) % 2 === 0))
    expect(used()).toEqual(before)
    fail([...before])
    touch(selection, [...before])
    expect([...used()].map(({ priority }) => priority)).toEqual([1, 1, 1, 1, 1])
  })
})

describe('work', () => {
  it('looks at the rows once, by the pick after a change, and keeps what the picker before knew', () => {
    const made: (Picker<never> | undefined)[] = []
    const inner = createBalancer('round-robin', random, 's')
    const balancer: Balancer = {
      algorithm: 'mine',
      picker: (some, members, previous) => {
        made.push(previous as Picker<never> | undefined)
        return inner.picker(some, members, previous)
      },
      onSend: () => {},
      onAnswer: () => {},
      onEnd: () => {},
    }
    const selection = new Selection<Row>(resolveBalancingOptions(), { balancer, random, service: 's' })
    selection.setRows(rows)
    const pick = () => selection.pick({ nowMs: 0, key: 1, avoid: undefined }) as Row
    const seen = [pick(), pick(), pick()]
    expect(made).toEqual([undefined])
    for (const row of seen) row.isHealthy = false
    for (let i = 0; i < 10; i++) touch(selection)
    expect(seen).not.toContain(pick())
    expect([made.length, made[1] === undefined]).toEqual([2, false])
    const rest = new Set([pick(), pick(), pick(), pick(), pick(), pick()])
    expect(rest.size).toBe(6)
  })

  it.each(['p2c', 'round-robin', 'weighted-round-robin', 'random', 'maglev'])(
    'takes a storm over many rows in batches, and picks nobody who was lost meanwhile, with %s',
    (algorithm) => {
      const inner = createBalancer(algorithm, random, 's')
      let made = 0
      const balancer: Balancer = {
        algorithm: 'mine',
        picker: (some, members, previous) => {
          made++
          return inner.picker(some, members, previous)
        },
        onSend: () => {},
        onAnswer: () => {},
        onEnd: () => {},
      }
      rows = rowsOf(1000)
      const selection = new Selection<Row>(resolveBalancingOptions(), { balancer, random, service: 's' })
      selection.setRows(rows)
      // For a second, every 0.1 ms, one goes and one comes back.
      for (let tick = 0; tick < 10_000; tick++) {
        const [gone, back] = [rows[tick % 1000] as Row, rows[(tick + 900) % 1000] as Row]
        gone.isHealthy = false
        back.isHealthy = true
        touch(selection, [gone, back])
        expect(selection.pick({ nowMs: tick / 10, key: key++, avoid: undefined })?.isHealthy).toBe(true)
      }
      // 20 times a second by the clock, and no more often for each quarter that was lost.
      expect(made).toBeLessThan(20 + 40 + 2)
      // The last change is obeyed all the same.
      for (const row of rows) row.isHealthy = true
      touch(selection)
      expect(shareOf(selection, (row) => row === rows[5], 2000)).toBeGreaterThan(0)
    },
  )

  it('obeys at once where a quarter was lost since the last look', () => {
    rows = rowsOf(200)
    const selection = selectionOf('round-robin', rows)
    selection.pick({ nowMs: 0, key: 1, avoid: undefined })
    fail(rows.slice(0, 150))
    touch(selection, rows.slice(0, 150))
    // A panic, though no time has passed.
    expect(shareOf(selection, (row) => !row.isHealthy)).toBeCloseTo(0.75, 1)
  })
})
