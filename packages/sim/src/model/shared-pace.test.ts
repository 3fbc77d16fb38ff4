import { SeededRandom } from '@seakeep/core/spi'
import { ManualClock } from '@seakeep/core/testing'
import { describe, expect, test } from 'vitest'
import { SharedPace } from './shared-pace.ts'

function sharing(workers: number) {
  const clock = new ManualClock()
  const pace = new SharedPace(clock, workers)
  const ended: [name: string, atMs: number][] = []
  let present = 0
  /** Comes, works, and goes. */
  const come = (name: string, lengthMs: number) => {
    pace.share(++present)
    return pace.work(lengthMs, {
      onTimer: () => {
        ended.push([name, Math.round(clock.now() * 1000) / 1000])
        pace.share(--present)
      },
    })
  }
  return { clock, pace, ended, come, leave: () => pace.share(--present) }
}

describe('a shared pace', () => {
  test('is full where there is a worker for each, and equal parts beyond', () => {
    const { clock, ended, come } = sharing(2)
    come('a', 10)
    come('b', 10)
    clock.advance(4)
    come('c', 10)
    come('d', 1)
    clock.advance(100)
    // From 4 on at half speed: d ends at 6, the others at two thirds from then on, a and b together.
    expect(ended).toEqual([
      ['d', 6],
      ['a', 13.5],
      ['b', 13.5],
      ['c', 17.5],
    ])
  })

  test('what is given up is passed over, and those who stay go faster', () => {
    const { clock, ended, come, leave } = sharing(1)
    come('a', 10)
    const b = come('b', 2)
    clock.advance(2)
    b.cancel()
    leave()
    clock.advance(100)
    expect(ended).toEqual([['a', 11]])
    expect(clock.pending).toBe(0)
  })

  test('nothing is left after it is cleared', () => {
    const { clock, pace, ended, come } = sharing(1)
    come('a', 10)
    come('b', 10)
    pace.clear()
    expect(clock.pending).toBe(0)
    clock.advance(5)
    pace.share(1)
    pace.work(3, { onTimer: () => ended.push(['c', clock.now()]) })
    clock.advance(100)
    expect(ended).toEqual([['c', 8]])
  })

  test('ends everything in the order of what is left, however many there are', () => {
    const { clock, ended, come } = sharing(3)
    const chance = new SeededRandom(1, 'pace').stream('lengths')
    const lengths = Array.from({ length: 500 }, (_, i) => [`${i}`, 1 + 100 * chance.next()] as const)
    for (const [name, lengthMs] of lengths) come(name, lengthMs)
    clock.advance(20_000)
    const sorted = [...lengths].sort((x, y) => x[1] - y[1]).map(([name]) => name)
    expect(ended.map(([name]) => name)).toEqual(sorted)
    // All the work there was, by three workers of whom none idles until the last two are left.
    const work = lengths.reduce((sum, [, lengthMs]) => sum + lengthMs, 0)
    expect(ended[497]?.[1]).toBeLessThan(work / 3)
    expect(ended[499]?.[1]).toBeGreaterThanOrEqual(work / 3)
  })
})
