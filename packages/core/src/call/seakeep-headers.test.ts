import { describe, expect, it } from 'vitest'
import { formatTimeout, parseTimeout } from './seakeep-headers.ts'

describe('a timeout on the wire', () => {
  it('has at most eight digits and a unit, and never promises more than is left', () => {
    for (const leftMs of [0, 0.0004, 0.7, 3.2, 9.999, 10, 59.99, 1500.7, 86_400_000, 99_999_999.9, 1e8, 1e12, 1e20]) {
      const text = formatTimeout(leftMs)
      expect(text).toMatch(/^\d{1,8}[HMSmun]$/)
      expect(parseTimeout(text)).toBeLessThanOrEqual(leftMs)
    }
    expect(formatTimeout(1500.7)).toBe('1500m')
    expect(formatTimeout(3.25)).toBe('3250u')
    expect(formatTimeout(-5)).toBe('0u')
  })

  it('is read in all units of grpc-timeout, and in nothing else', () => {
    expect(['2H', '3M', '4S', '5m', '6u', '7n'].map(parseTimeout)).toEqual([7_200_000, 180_000, 4000, 5, 0.006, 7e-6])
    for (const text of ['', '5', 'm', '-5m', '5 m', '5ms', '123456789m', '1.5S'])
      expect(parseTimeout(text)).toBe(undefined)
  })
})
