import { mix } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { Loss } from './loss.ts'

const COIN = 7
/** Which of the messages with the lucks `from`, `from + 1`, … are lost. */
function lostOf(loss: Loss, count: number, from = 0): boolean[] {
  return Array.from({ length: count }, (_, i) => loss.strikes(mix(from + i, 99), COIN))
}

function rowsOf(lost: readonly boolean[]): number[] {
  const rows: number[] = []
  lost.forEach((isLost, i) => {
    if (!isLost) return
    if (i > 0 && lost[i - 1] === true) rows[rows.length - 1]! += 1
    else rows.push(1)
  })
  return rows
}

const share = (lost: readonly boolean[]): number => lost.filter(Boolean).length / lost.length
const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length

describe('losses', () => {
  it('each by itself: the share, in rows as chance has them', () => {
    const lost = lostOf(new Loss({ ratio: 0.3, burst: undefined }), 100_000)
    expect(share(lost)).toBeCloseTo(0.3, 2)
    expect(mean(rowsOf(lost))).toBeCloseTo(1 / 0.7, 1)
  })

  it.each([
    [0.01, 3],
    [0.1, 5],
    [0.5, 20],
    [0.9, 10],
  ])('a share of %d in bursts of %d', (ratio, burst) => {
    const lost = lostOf(new Loss({ ratio, burst }), 400_000)
    // Neighbours are alike, so the share is as uncertain as that of 2 · burst · (1 - ratio) times fewer messages.
    const sd = Math.sqrt((ratio * (1 - ratio) * 2 * burst * (1 - ratio)) / lost.length)
    expect(Math.abs(share(lost) - ratio)).toBeLessThan(3.5 * sd)
    const rows = rowsOf(lost)
    expect(Math.abs(mean(rows) - burst)).toBeLessThan((3.5 * burst) / Math.sqrt(rows.length))
    // Lengths of rows are geometric: as many end with each further message.
    const long = rows.filter((length) => length > burst).length / rows.length
    expect(long).toBeCloseTo((1 - 1 / burst) ** burst, 1)
  })

  it('the shortest bursts there are are none', () => {
    const alone = lostOf(new Loss({ ratio: 0.25, burst: undefined }), 5000)
    expect(lostOf(new Loss({ ratio: 0.25, burst: 1 / 0.75 }), 5000)).toEqual(alone)
  })

  it('extremes: nothing, and everything', () => {
    expect(share(lostOf(new Loss({ ratio: 0, burst: undefined }), 1000))).toBe(0)
    expect(share(lostOf(new Loss({ ratio: 1, burst: undefined }), 1000))).toBe(1)
  })

  it('after a message more, all goes on as without it, a burst or so later', () => {
    const [ratio, burst] = [0.2, 8]
    const plain = lostOf(new Loss({ ratio, burst }), 10_000)
    let unlike = 0
    for (let extra = 0; extra < 200; extra++) {
      const loss = new Loss({ ratio, burst })
      const before = lostOf(loss, extra * 40)
      loss.strikes(mix(1e6 + extra, 99), COIN)
      const after = lostOf(loss, 10_000 - before.length, before.length)
      const differing = after.map((isLost, i) => isLost !== plain[before.length + i])
      unlike += differing.filter(Boolean).length
      // Once they agree they do so for ever.
      const first = differing.indexOf(false)
      expect(differing.slice(first).every((one) => !one)).toBe(true)
    }
    // One message in 200 runs of up to 10,000 shifts hardly any other's luck.
    expect(unlike / 200).toBeLessThan(burst)
  })
})
