import { expect, it } from 'vitest'
import { BURST, EVERY_MS, Pace } from './pace.ts'

it('lets a few questions through at once, then one each 100 ms, and again a few after a quiet time', () => {
  const pace = new Pace()
  let nowMs = 1000
  const askedAt: number[] = []
  for (let i = 0; i < 20; i++) {
    nowMs += pace.next(nowMs)
    askedAt.push(nowMs)
  }
  expect(askedAt.slice(0, BURST)).toEqual(Array(BURST).fill(1000))
  expect(askedAt.at(-1)).toBe(1000 + (20 - BURST) * EVERY_MS)
  nowMs += BURST * EVERY_MS
  expect(Array.from({ length: BURST }, () => pace.next(nowMs))).toEqual(Array(BURST).fill(0))
  expect(pace.next(nowMs)).toBeGreaterThan(0)
})
