import { Sfc32 } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { Histogram } from './histogram.ts'

function histogramOf(values: Iterable<number>): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

describe('Histogram', () => {
  it('is null for all it does not know', () => {
    const empty = new Histogram()
    expect([empty.count, empty.sumUs]).toEqual([0, 0])
    expect([empty.meanUs, empty.minUs, empty.maxUs, empty.quantile(0.5)]).toEqual([null, null, null, null])
  })

  it('has the exact count, sum, mean and ends', () => {
    const histogram = histogramOf([5, 1_000_003, 17, 0, 2 ** 36 + 1])
    expect(histogram.count).toBe(5)
    expect(histogram.sumUs).toBe(2 ** 36 + 1_000_026)
    expect(histogram.meanUs).toBe((2 ** 36 + 1_000_026) / 5)
    expect([histogram.minUs, histogram.maxUs]).toEqual([0, 2 ** 36 + 1])
    expect([histogram.quantile(0), histogram.quantile(1)]).toEqual([0, 2 ** 36 + 1])
  })

  it('is exact below 256 us', () => {
    const histogram = histogramOf(Array.from({ length: 256 }, (_, i) => i))
    for (let i = 1; i <= 256; i++) expect(histogram.quantile(i / 256)).toBe(i - 1)
  })

  it('is off by at most 0.4 % up to 2^40 us, and not below what it has seen beyond', () => {
    for (let bits = 8; bits < 40; bits += 0.37) {
      const value = Math.floor(2 ** bits)
      // Between two others, so that the exact ends do not answer for it.
      const seen = histogramOf([0, value, 2 ** 41]).quantile(0.5) as number
      expect(Math.abs(seen - value) / value).toBeLessThanOrEqual(1 / 256)
    }
    const long = histogramOf([2 ** 40, 2 ** 41, 2 ** 50])
    expect(long.quantile(0.5)).toBeGreaterThanOrEqual(2 ** 40)
    expect(long.quantile(1)).toBe(2 ** 50)
  })

  it.each([1, 2, 3])('finds the nearest rank of random lengths (seed %i)', (seed) => {
    const random = new Sfc32(seed, 7)
    const values = Array.from({ length: 20_000 }, () => Math.floor(-Math.log(1 - random.next()) * 40_000))
    const histogram = histogramOf(values)
    values.sort((a, b) => a - b)
    for (const q of [0, 0.001, 0.01, 0.07, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1]) {
      const exact = values[Math.max(1, Math.ceil(q * 20_000 - 1e-6)) - 1]!
      expect(Math.abs((histogram.quantile(q) as number) - exact)).toBeLessThanOrEqual(exact / 256 + 0.5)
    }
  })

  it('takes the rank that is meant where a product of fractions is a hair too large', () => {
    // 0.07 * 100 is 7.000000000000001.
    expect(histogramOf(Array.from({ length: 100 }, (_, i) => i + 1)).quantile(0.07)).toBe(7)
  })

  it('rounds fractions down and refuses a negative length', () => {
    expect(histogramOf([3.9, 2 ** 33 + 0.5]).sumUs).toBe(3 + 2 ** 33)
    expect(() => histogramOf([-1])).toThrow(RangeError)
    expect(() => histogramOf([5, -0.5])).toThrow(RangeError)
  })

  it('merges into what recording all together gives, whatever the ranges and the order', () => {
    const random = new Sfc32(5, 6)
    const ranges = [300, 1e7, 40, 2 ** 39, 5e4]
    const parts = ranges.map((range) => Array.from({ length: 500 }, () => Math.floor(random.next() * range)))
    const together = histogramOf(parts.flat())
    for (const order of [parts, [...parts].reverse()]) {
      const merged = new Histogram()
      merged.merge(new Histogram())
      for (const part of order) merged.merge(histogramOf(part))
      expect([merged.count, merged.sumUs, merged.minUs, merged.maxUs]).toEqual([
        together.count,
        together.sumUs,
        together.minUs,
        together.maxUs,
      ])
      for (let q = 0; q <= 1; q += 0.01) expect(merged.quantile(q)).toBe(together.quantile(q))
    }
  })

  it('keeps room for the powers of two it has seen only', () => {
    const bytes = (values: number[]): number => histogramOf(values).bytes
    expect(bytes([])).toBe(0)
    expect(bytes([50_000, 60_000])).toBe(512)
    expect(bytes([20_000, 100_000])).toBe(3 * 512)
    expect(bytes([1, 3_600_000_000])).toBeLessThanOrEqual(13 * 1024)
    expect(bytes([1, 2 ** 50])).toBeLessThanOrEqual(17.5 * 1024)
  })
})
