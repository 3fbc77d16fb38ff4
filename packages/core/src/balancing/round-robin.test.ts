import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import type { Load, Picker } from './balancer.ts'
import { createLoad } from './load.ts'
import { RoundRobin } from './round-robin.ts'

class Row {
  eligible = true
  weight = 1
  readonly id: string
  readonly load: Load = createLoad()
  constructor(id: string) {
    this.id = id
  }
}

const rowsOf = (names: string): Row[] => Array.from(names, (name) => new Row(name))
const names = (rows: readonly (Row | undefined)[]): string => rows.map((row) => row?.id).join('')

function picks(picker: Picker<Row>, count: number, avoid?: Row): (Row | undefined)[] {
  return Array.from({ length: count }, () => picker.pick({ nowMs: 0, key: 0, avoid }))
}

/** A balancer whose first draw is `start` of the way through the rows. */
const startingAt = (start: number): RoundRobin => new RoundRobin({ next: () => start })

describe('RoundRobin', () => {
  it('takes each row in its turn', () => {
    expect(names(picks(startingAt(0).picker(rowsOf('abc')), 7))).toBe('abcabca')
  })

  it('has nothing to give where there is no row', () => {
    expect(startingAt(0).picker([]).pick({ nowMs: 0, key: 0, avoid: undefined })).toBeUndefined()
  })

  it('begins anywhere, so that clients do not march in step', () => {
    const firsts = new Map<string, number>()
    for (let client = 0; client < 1000; client++) {
      const random = new SeededRandom(7, `client-${client}`).stream('round-robin/orders')
      const rows = rowsOf('abcdefghijklmnopqrst')
      const name = names(picks(new RoundRobin(random).picker(rows), 1))
      firsts.set(name, (firsts.get(name) ?? 0) + 1)
    }
    expect(firsts.size).toBe(20)
    for (const count of firsts.values()) expect(Math.abs(count - 50)).toBeLessThan(30)
  })

  it('goes on where it stood when the picker is replaced', () => {
    const balancer = startingAt(0)
    const [a, b, c, d, e] = rowsOf('abcde') as [Row, Row, Row, Row, Row]
    const first = balancer.picker([a, b, c, d])
    expect(names(picks(first, 2))).toBe('ab')
    // `c` was next and has left: `d` is.
    const second = balancer.picker([e, a, b, d], [], first)
    expect(names(picks(second, 3))).toBe('dea')
    expect(names(picks(balancer.picker([e, a, b, d], [], second), 2))).toBe('bd')
  })

  it('goes on where it stood also at the end of the list, and when rows are added', () => {
    const balancer = startingAt(0)
    const [a, b, c] = rowsOf('abc') as [Row, Row, Row]
    const first = balancer.picker([a, b])
    expect(names(picks(first, 2))).toBe('ab')
    expect(names(picks(balancer.picker([a, b, c], [], first), 3))).toBe('abc')
  })

  it('gives the turn of a row that is passed over to nobody', () => {
    const rows = rowsOf('abcde')
    const picker = startingAt(0).picker(rows)
    ;(rows[1] as Row).eligible = false
    ;(rows[2] as Row).eligible = false
    const taken = names(picks(picker, 300))
    for (const name of 'ade') expect(taken.split(name).length - 1).toBe(100)
  })

  it('avoids the row of the attempt before while there is another', () => {
    const rows = rowsOf('ab') as [Row, Row]
    const picker = startingAt(0).picker(rows)
    expect(names(picks(picker, 3, rows[0]))).toBe('bbb')
    rows[1].eligible = false
    expect(names(picks(picker, 2, rows[0]))).toBe('aa')
  })

  it('takes any row where none is eligible, and weight 0 only where nothing else is', () => {
    const rows = rowsOf('abc') as [Row, Row, Row]
    const picker = startingAt(0).picker(rows)
    rows[0].weight = 0
    expect(names(picks(picker, 4))).toBe('bcbc')
    for (const row of rows) row.eligible = false
    expect(names(picks(picker, 4))).toBe('bcbc')
    rows[0].eligible = true
    expect(names(picks(picker, 2))).toBe('aa')
  })

  it('counts what is in flight, for whichever algorithm comes after it', () => {
    const balancer = startingAt(0)
    const [row] = rowsOf('a') as [Row]
    balancer.onSend(row.load)
    balancer.onSend(row.load)
    balancer.onEnd(row.load)
    expect(row.load.inFlight).toBe(1)
  })
})
