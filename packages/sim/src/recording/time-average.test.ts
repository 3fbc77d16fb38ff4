import { Sfc32 } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { TimeAverage } from './time-average.ts'

describe('TimeAverage', () => {
  it('is the mean over time', () => {
    const present = new TimeAverage()
    expect(present.mean(0)).toBe(null)
    present.add(100, 1)
    present.add(300, 2)
    present.add(400, -3)
    expect(present.integral(400)).toBe(200 + 300)
    expect(present.mean(1000)).toBe(0.5)
    present.set(1000, 4)
    expect(present.mean(1100)).toBe(900 / 1100)
    expect(present.value).toBe(4)
  })

  it('counts from the end of the warm-up on, with the value that holds then', () => {
    const present = new TimeAverage(1000)
    present.set(200, 7)
    present.set(900, 2)
    expect(present.integral(950)).toBe(0)
    expect(present.mean(1000)).toBe(null)
    expect(present.mean(1500)).toBe(2)
    present.set(2000, 0)
    expect(present.integral(3000)).toBe(2000)
    expect(present.mean(3000)).toBe(1)
  })

  it("is Little's law as an identity: the integral is the sum of the times spent", () => {
    const random = new Sfc32(1, 1)
    const [from, until] = [5_000_000, 60_000_000]
    const changes: [at: number, change: number][] = []
    let spent = 0
    for (let i = 0; i < 10_000; i++) {
      const begin = Math.floor(random.next() * until)
      const end = Math.min(until, begin + Math.floor(random.next() * 500_000))
      changes.push([begin, 1], [end, -1])
      spent += Math.max(0, end - Math.max(begin, from))
    }
    const present = new TimeAverage(from)
    for (const [at, change] of changes.sort((a, b) => a[0] - b[0])) present.add(at, change)
    expect(present.integral(until)).toBe(spent)
  })
})
