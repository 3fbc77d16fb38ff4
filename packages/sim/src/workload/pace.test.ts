import { SeededRandom } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { PacedArrivals } from './arrivals.ts'
import { burstPieces, PiecewisePace, WavePace } from './pace.ts'

const S = 1e6

describe('when calls are due', () => {
  it('along a line it is the root of its integral, without losing digits where the line is nearly flat', () => {
    const pace = new PiecewisePace(0, [{ lengthUs: 10 * S, fromRate: 100, toRate: 100 + 1e-9 }])
    expect(pace.whenDue(500)).toBeCloseTo(5 * S, 3)
    const falling = new PiecewisePace(0, [{ lengthUs: 10 * S, fromRate: 100, toRate: 0 }])
    expect(falling.whenDue(375)).toBeCloseTo(5 * S, 6)
    expect(falling.whenDue(500)).toBe(Number.POSITIVE_INFINITY)
  })

  it('where the rate is nothing, nothing is due until it is more', () => {
    const pace = new PiecewisePace(2 * S, [
      { lengthUs: 3 * S, fromRate: 0, toRate: 0 },
      { lengthUs: 1 * S, fromRate: 4, toRate: 4 },
    ])
    expect([0, 1, 2, 3, 4].map((total) => pace.whenDue(total))).toEqual([
      5 * S,
      5.25 * S,
      5.5 * S,
      5.75 * S,
      Number.POSITIVE_INFINITY,
    ])
  })

  it('along a wave it is where the integral of the wave is, also where the rate touches nothing', () => {
    const [mean, amplitude, period] = [10, 10, 8]
    const turn = (2 * Math.PI) / period
    const pace = new WavePace(0, { mean, amplitude, periodMs: period * 1000, peakMs: 2000 })
    for (let total = 0; total < 400; total += 0.37) {
      const at = pace.whenDue(total) / S
      expect(mean * at + (amplitude / turn) * (1 - Math.cos(turn * at))).toBeCloseTo(total, 6)
    }
  })
})

it('bursts have the mean rate of both states, and a variance that no Poisson process has', () => {
  const curve = { rate: 10, burstRate: 400, meanOnMs: 500, meanOffMs: 1500 }
  const random = new SeededRandom(1, 'bursts')
  const arrivals = new PacedArrivals(
    new PiecewisePace(0, burstPieces(curve, random.stream('phases'))),
    random.stream('arrivals'),
  )
  const seconds = 5000
  const counts = new Float64Array(seconds)
  for (let at = arrivals.next(); at < seconds * S; at = arrivals.next()) counts[Math.floor(at / S)]! += 1
  const mean = counts.reduce((sum, one) => sum + one, 0) / seconds
  const variance = counts.reduce((sum, one) => sum + (one - mean) ** 2, 0) / seconds
  // Share of bursts 1/4: (400 + 3 x 10) / 4. In a second: d² p q 2τ² (1/τ - 1 + e^(-1/τ)), τ = 1 / (1/0.5 + 1/1.5) s.
  const [tau, p] = [1 / (1 / 0.5 + 1 / 1.5), 0.25]
  const swing = 390 ** 2 * p * (1 - p) * 2 * tau ** 2 * (1 / tau - 1 + Math.exp(-1 / tau))
  expect(mean / 107.5).toBeGreaterThan(0.95)
  expect(mean / 107.5).toBeLessThan(1.05)
  expect(variance / (107.5 + swing)).toBeGreaterThan(0.93)
  expect(variance / (107.5 + swing)).toBeLessThan(1.07)
})
