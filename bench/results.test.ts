import { describe, expect, it } from 'vitest'
import { compareWith } from './results.ts'
import { type Row, rowOf } from './row.ts'

function row(name: string, ratio: number, noise = 0.01): Row {
  return rowOf('stacked', { name, ratio, noise, perCallNs: 100, bytes: 100 })
}

describe('compareWith', () => {
  it('names the row whose ratio has grown by more than a fifth', () => {
    const before = [row('retry', 3), row('timeout', 3), row('hedge', 3)]
    const { grown } = compareWith(before, [row('retry', 3.59), row('timeout', 3.61), row('hedge', 1)])
    expect(grown).toEqual(['stacked: timeout: 3.00 ± 0.01 before, 3.61 ± 0.01 now'])
  })

  it.each([
    ['committed', 1.5, 0.1],
    ['present', 0.1, 1.5],
  ])('takes the greater noise: that of the %s run', (_which, before, now) => {
    expect(compareWith([row('retry', 3, before)], [row('retry', 4.5, now)]).grown).toEqual([])
    expect(compareWith([row('retry', 3, before)], [row('retry', 4.51, now)]).grown).toHaveLength(1)
  })

  it('judges nothing of which only one side knows, and says so', () => {
    const other = { ...row('pick', 1), suite: 'picks' }
    const { grown, unknown } = compareWith([row('retry', 3), other], [row('hedge', 30)])
    expect(grown).toEqual([])
    expect(unknown).toEqual(['stacked: hedge: not among the committed results', 'stacked: retry: no longer measured'])
  })
})

describe('rowOf', () => {
  it('is good up to its limits, as they are printed', () => {
    const measured = { name: 'a', ratio: 9.004, noise: 0, perCallNs: 700, bytes: 1280.4 }
    expect(rowOf('s', measured, { ratio: 9, bytes: 1280 }).ok).toBe(true)
    expect(rowOf('s', measured, { ratio: 8.99 }).ok).toBe(false)
    expect(rowOf('s', measured, { perCallNs: 699 }).ok).toBe(false)
    expect(rowOf('s', measured, { bytes: 1279 }).ok).toBe(false)
    expect(rowOf('s', measured).ok).toBe(true)
  })
})
