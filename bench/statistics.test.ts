import { Sfc32 } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { median, noiseOf } from './statistics.ts'

describe('median', () => {
  it('is the middle one, or between the middle two', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 100])).toBe(3.5)
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('noiseOf', () => {
  it('is half of what lies between two of the values in order', () => {
    // 100 values: those in places 40 and 59, counted from 0.
    expect(noiseOf(Array.from({ length: 100 }, (_, i) => i))).toBe(9.5)
    expect(noiseOf([7])).toBe(0)
    expect(noiseOf([3, 1, 2])).toBe(1)
  })

  it('makes an interval that holds the median of the whole in 19 of 20 runs', () => {
    const chance = new Sfc32(1, 2)
    let held = 0
    const RUNS = 2000
    for (let run = 0; run < RUNS; run++) {
      // The true median of -ln(u) is ln 2; the interval is not even about it, so its half width is a little off.
      const values = Array.from({ length: 60 }, () => -Math.log(1 - chance.next()))
      if (Math.abs(median(values) - Math.LN2) <= noiseOf(values)) held++
    }
    expect(held / RUNS).toBeGreaterThan(0.92)
    expect(held / RUNS).toBeLessThan(0.98)
  })
})
