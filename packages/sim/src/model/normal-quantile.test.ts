import { describe, expect, it } from 'vitest'
import { normalCdf, normalDensity, normalQuantile } from './normal-quantile.ts'

// Reference values of Python's `statistics.NormalDist` and `math.erfc`.
describe('the standard normal distribution', () => {
  it.each([
    [1e-20, -9.262340089798405],
    [1e-10, -6.361340902404056],
    [0.001, -3.090232306167813],
    [0.25, -0.6744897501960817],
    [0.5, 0],
    [0.9, 1.2815515655446008],
    [0.99, 2.3263478740408408],
    [0.999999, 4.753424308817089],
  ])('has the quantile of %d', (p, x) => {
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(x)))
  })

  it('has a distribution function of which that is the inverse, over all three ranges', () => {
    for (const p of [1e-13, 1e-11, 1e-6, 0.01, 0.0749999, 0.0750001, 0.3, 0.5, 0.77, 0.925, 0.999]) {
      expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-15 + p * 1e-14)
    }
    expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 15)
    expect(normalCdf(-1)).toBeCloseTo(0.15865525393145707, 15)
    expect(normalCdf(0)).toBe(0.5)
    expect(normalCdf(-40)).toBe(0)
    expect(normalCdf(40)).toBe(1)
  })

  it('has a density that is the slope of the distribution function', () => {
    for (const x of [-3, -0.5, 0, 1, 2.5]) {
      expect((normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5).toBeCloseTo(normalDensity(x), 9)
    }
  })
})
