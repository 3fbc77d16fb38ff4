import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { createBackoff } from './backoff.ts'
import type { Jitter } from './retry-options.ts'

const JITTERS: readonly Jitter[] = ['none', 'full', 'equal', 'decorrelated']

describe('backoff', () => {
  test('none doubles up to the longest wait', () => {
    const backoff = createBackoff({ initialMs: 50, maxMs: 500, jitter: 'none' })
    expect([1, 2, 3, 4, 5, 20].map((retry) => backoff.delayMs(retry, 0, 0.7))).toEqual([50, 100, 200, 400, 500, 500])
  })

  test('full draws between nothing and that', () => {
    const backoff = createBackoff({ initialMs: 50, maxMs: 500, jitter: 'full' })
    expect([0, 0.5, 0.999].map((u) => backoff.delayMs(3, 0, u))).toEqual([0, 100, 200 * 0.999])
  })

  test('equal draws between half of it and all of it', () => {
    const backoff = createBackoff({ initialMs: 50, maxMs: 500, jitter: 'equal' })
    expect([0, 0.5].map((u) => backoff.delayMs(3, 0, u))).toEqual([100, 150])
    expect(backoff.delayMs(20, 0, 0.999)).toBeCloseTo(500, 0)
  })

  test('decorrelated draws between the first wait and three times the wait before', () => {
    const backoff = createBackoff({ initialMs: 50, maxMs: 500, jitter: 'decorrelated' })
    expect(backoff.delayMs(1, 0, 0)).toBe(50)
    expect(backoff.delayMs(1, 0, 0.5)).toBe(100)
    expect(backoff.delayMs(2, 100, 0.5)).toBe(175)
    expect(backoff.delayMs(9, 400, 0.999)).toBe(500)
    // The wait before was the server's wish and very short: the shortest wait of ours still holds.
    expect(backoff.delayMs(2, 1, 0)).toBe(50)
  })

  test('cockatiel ignores the exponent of its jitterless generator: here every option bounds or moves every jitter', () => {
    const random = new Sfc32(1, 9)
    for (const jitter of JITTERS) {
      for (let i = 0; i < 40; i++) {
        const initialMs = random.next() * 200
        const maxMs = initialMs + random.next() * 3_000
        const backoff = createBackoff({ initialMs, maxMs, jitter })
        const doubled = createBackoff({ initialMs: initialMs * 2, maxMs: maxMs * 2, jitter })
        let previousMs = 0
        let sum = 0
        for (let retry = 1; retry <= 20; retry++) {
          const u = random.next()
          const delayMs = backoff.delayMs(retry, previousMs, u)
          expect(delayMs).toBeGreaterThanOrEqual(jitter === 'full' ? 0 : jitter === 'equal' ? initialMs / 2 : initialMs)
          expect(delayMs).toBeLessThanOrEqual(maxMs)
          expect(doubled.delayMs(retry, previousMs * 2, u)).toBeCloseTo(delayMs * 2, 6)
          previousMs = delayMs
          sum += delayMs
        }
        expect(sum).toBeGreaterThan(initialMs)
      }
    }
  })

  test('zero is zero, and a longest wait below the first one holds', () => {
    for (const jitter of JITTERS) {
      expect(createBackoff({ initialMs: 0, maxMs: 0, jitter }).delayMs(3, 0, 0.9)).toBe(0)
      expect(createBackoff({ initialMs: 0, maxMs: 500, jitter }).delayMs(3, 0, 0.9)).toBe(0)
      expect(createBackoff({ initialMs: 100, maxMs: 10, jitter }).delayMs(3, 300, 0.9)).toBeLessThanOrEqual(10)
    }
  })
})
