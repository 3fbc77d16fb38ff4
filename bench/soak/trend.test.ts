import { describe, expect, it } from 'vitest'
import { growthOf, isLeaking, type Sample } from './trend.ts'

/** One sample in 5 s for ten minutes. */
function heap(bytesAt: (minute: number, place: number) => number): Sample[] {
  return Array.from({ length: 120 }, (_, place) => ({ atMs: place * 5000, bytes: bytesAt(place / 12, place) }))
}
const sawtooth = (place: number): number => ((place % 7) - 3) * 2e5

describe('growthOf', () => {
  it('is the slope of the second half, in parts of the heap a minute', () => {
    // In the middle of the second half, 7.5 minutes in, the heap is 107.5 MB.
    const { perMinute, error } = growthOf(heap((minute) => 1e8 + 1e6 * minute))
    expect(perMinute).toBeCloseTo(1 / 107.5, 4)
    expect(error).toBeCloseTo(0, 9)
  })

  it('does not see what was filled in the first half', () => {
    const growth = growthOf(heap((minute, place) => 5e7 * Math.min(1, minute / 5) + 5e7 + sawtooth(place)))
    expect(isLeaking(growth)).toBe(false)
  })

  it('finds a leak of 2 % a minute under a saw', () => {
    expect(isLeaking(growthOf(heap((minute, place) => 1e8 + 2.4e6 * minute + sawtooth(place))))).toBe(true)
    expect(isLeaking(growthOf(heap((_minute, place) => 1e8 + sawtooth(place))))).toBe(false)
  })

  it('needs enough samples', () => {
    expect(() => growthOf(heap(() => 1).slice(0, 4))).toThrow(RangeError)
  })
})
