import { mix } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import type { Distribution } from './distribution.ts'
import { resolveDistribution } from './distribution-field.ts'
import * as write from './distributions.ts'
import { normalCdf } from './normal-quantile.ts'

const SAMPLES = 200_000
/** Standard deviations that an estimate may be off. */
const TOLERANCE = 3.5

const KEYS: readonly (readonly [name: string, key: (i: number) => number])[] = [
  ['keys as calls have them', (i) => mix(i, 0x5eed)],
  ['consecutive keys', (i) => i],
]

/** What theory says: mean, variance, and the distribution function at x milliseconds. */
interface Theory {
  readonly data: write.DistributionData
  readonly mean: number
  readonly variance: number
  readonly cdf: (x: number) => number
}

const erlang4 = (x: number): number => {
  const rate = 4 / 10
  let [sum, term] = [0, 1]
  for (let n = 0; n < 4; n++, term *= (rate * x) / n) sum += term
  return 1 - Math.exp(-rate * x) * sum
}
const LOG_SIGMA = Math.log(180 / 20) / 2.3263478740408408
const often = (1 + Math.sqrt(3 / 5)) / 2
const hyper = (x: number): number =>
  often * -Math.expm1((-2 * often * x) / 5) + (1 - often) * -Math.expm1((-2 * (1 - often) * x) / 5)
/** Normal(10, 8) under the condition of not being negative; hazard of the cut at -10/8. */
const cutAt = -10 / 8
const hazard = Math.exp((-cutAt * cutAt) / 2) / Math.sqrt(2 * Math.PI) / (1 - normalCdf(cutAt))

const THEORY: { readonly [name: string]: Theory } = {
  exponential: {
    data: write.exponential({ mean: '5ms' }),
    mean: 5,
    variance: 25,
    cdf: (x) => -Math.expm1(-x / 5),
  },
  uniform: {
    data: write.uniform({ min: 2, max: '10ms' }),
    mean: 6,
    variance: 64 / 12,
    cdf: (x) => Math.min(1, Math.max(0, (x - 2) / 8)),
  },
  'normal far from 0': {
    data: write.normal({ mean: 100, sd: 10 }),
    mean: 100,
    variance: 100,
    cdf: (x) => normalCdf((x - 100) / 10),
  },
  'normal cut at 0': {
    data: write.normal({ mean: 10, sd: 8 }),
    mean: 10 + 8 * hazard,
    variance: 64 * (1 + cutAt * hazard - hazard * hazard),
    cdf: (x) => (normalCdf((x - 10) / 8) - normalCdf(cutAt)) / (1 - normalCdf(cutAt)),
  },
  'lognormal by percentiles': {
    data: write.lognormal({ p50: '20ms', p99: '180ms' }),
    mean: 20 * Math.exp(LOG_SIGMA ** 2 / 2),
    variance: 400 * Math.exp(LOG_SIGMA ** 2) * Math.expm1(LOG_SIGMA ** 2),
    cdf: (x) => normalCdf(Math.log(x / 20) / LOG_SIGMA),
  },
  // Oracle Q4: mean 1 and a squared coefficient of variation of 2.
  'lognormal by sigma': {
    data: write.lognormal({ median: Math.exp(-0.549306), sigma: 1.048147 }),
    mean: 1,
    variance: 2,
    cdf: (x) => normalCdf((Math.log(x) + 0.549306) / 1.048147),
  },
  'pareto cut at its maximum': {
    data: write.pareto({ min: 1, alpha: 1.5, max: '1s' }),
    mean: (1.5 / 0.5) * ((1 - 1000 ** -0.5) / (1 - 1000 ** -1.5)),
    variance:
      (1.5 * (1000 ** 0.5 - 1)) / 0.5 / (1 - 1000 ** -1.5) - (3 * ((1 - 1000 ** -0.5) / (1 - 1000 ** -1.5))) ** 2,
    cdf: (x) => (1 - x ** -1.5) / (1 - 1000 ** -1.5),
  },
  erlang: {
    data: write.erlang({ k: 4, mean: 10 }),
    mean: 10,
    variance: 25,
    cdf: erlang4,
  },
  hyperexponential: {
    data: write.hyperexponential({ mean: 5, cs2: 4 }),
    mean: 5,
    variance: 100,
    cdf: hyper,
  },
  empirical: {
    data: write.empirical({ samples: [30, '10ms', 20, 20] }),
    mean: 20,
    variance: 50,
    cdf: (x) => (x < 10 ? 0 : x < 20 ? 0.25 : x < 30 ? 0.75 : 1),
  },
  // Oracle Q8.
  mixture: {
    data: write.mixture([
      { weight: 999, of: write.exponential({ mean: '0.1s' }) },
      { weight: 1, of: write.exponential({ mean: '10s' }) },
    ]),
    mean: 109.9,
    variance: 0.999 * 2 * 100 ** 2 + 0.001 * 2 * 10_000 ** 2 - 109.9 ** 2,
    cdf: (x) => 0.999 * -Math.expm1(-x / 100) + 0.001 * -Math.expm1(-x / 10_000),
  },
}

function samplesOf(distribution: Distribution, key: (i: number) => number): Float64Array {
  return Float64Array.from({ length: SAMPLES }, (_, i) => distribution.sampleMs(key(i)))
}

describe.each(Object.entries(THEORY))('%s', (_, theory) => {
  const distribution = resolveDistribution(theory.data, 'work')

  it('knows its mean', () => {
    expect(distribution.meanMs / theory.mean).toBeCloseTo(1, 5)
  })

  it.each(KEYS)('has the mean, the variance and the shape of theory (%s)', (_, key) => {
    const samples = samplesOf(distribution, key)
    const mean = samples.reduce((sum, x) => sum + x, 0) / SAMPLES
    expect(Math.abs(mean - theory.mean)).toBeLessThan(TOLERANCE * Math.sqrt(theory.variance / SAMPLES))

    const second = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / SAMPLES
    const fourth = samples.reduce((sum, x) => sum + (x - mean) ** 4, 0) / SAMPLES
    const sdOfVariance = Math.sqrt((fourth - second ** 2) / SAMPLES)
    expect(Math.abs(second - theory.variance)).toBeLessThan(TOLERANCE * sdOfVariance)

    // Sorted, sample number q * n has a theoretical distribution function of q, give or take a binomial's deviation.
    samples.sort()
    for (const q of [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999]) {
      const x = samples[Math.floor(q * SAMPLES)]!
      const share = samples.reduce((count, sample) => count + (sample <= x ? 1 : 0), 0) / SAMPLES
      const p = theory.cdf(x)
      expect(Math.abs(share - p)).toBeLessThanOrEqual(TOLERANCE * Math.sqrt((p * (1 - p)) / SAMPLES) + 1.5 / SAMPLES)
    }
  })

  it('gives the same sample for the same key, and never a negative one', () => {
    for (const key of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      const sample = distribution.sampleMs(key)
      expect(sample).toBeGreaterThanOrEqual(0)
      expect(sample).toBeLessThan(Number.POSITIVE_INFINITY)
      expect(distribution.sampleMs(key)).toBe(sample)
    }
  })
})

describe('exponential', () => {
  it.each(KEYS)('passes the Kolmogorov-Smirnov test, and neighbours do not depend on each other (%s)', (_, key) => {
    const samples = samplesOf(resolveDistribution(write.exponential({ mean: 1 }), 'work'), key)
    let product = 0
    for (let i = 1; i < SAMPLES; i++) product += (samples[i]! - 1) * (samples[i - 1]! - 1)
    expect(Math.abs(product / SAMPLES)).toBeLessThan(TOLERANCE / Math.sqrt(SAMPLES))
    samples.sort()
    let distance = 0
    samples.forEach((x, i) => {
      const p = -Math.expm1(-x)
      distance = Math.max(distance, p - i / SAMPLES, (i + 1) / SAMPLES - p)
    })
    // The critical value at 0.1 %.
    expect(distance).toBeLessThan(1.95 / Math.sqrt(SAMPLES))
  })
})

describe('edges', () => {
  const of = (data: write.DistributionData): Distribution => resolveDistribution(data, 'work')
  const constantAt = (data: write.DistributionData, ms: number): void => {
    const distribution = of(data)
    expect(distribution.meanMs).toBeCloseTo(ms, 9)
    for (let key = 0; key < 100; key++) expect(distribution.sampleMs(key)).toBeCloseTo(ms, 9)
  }

  it('are constants where nothing is left to chance', () => {
    constantAt('12ms', 12)
    constantAt(0, 0)
    constantAt(write.constant('1.5s'), 1500)
    constantAt(write.exponential({ mean: 0 }), 0)
    constantAt(write.uniform({ min: 7, max: 7 }), 7)
    constantAt(write.normal({ mean: 7, sd: 0 }), 7)
    constantAt(write.lognormal({ p50: 7, p99: 7 }), 7)
    constantAt(write.pareto({ min: 7, alpha: 2, max: 7 }), 7)
    constantAt(write.empirical({ samples: [7] }), 7)
  })

  it('of the pareto distribution: no cut, no mean, an alpha of 1', () => {
    expect(of(write.pareto({ min: 2, alpha: 3 })).meanMs).toBeCloseTo(3, 12)
    expect(of(write.pareto({ min: 2, alpha: 1 })).meanMs).toBe(Number.POSITIVE_INFINITY)
    expect(of(write.pareto({ min: 2, alpha: 1, max: 200 })).meanMs).toBeCloseTo((2 * Math.log(100)) / 0.99, 12)
    // Just beside 1 the formula must not lose its digits.
    const beside = of(write.pareto({ min: 2, alpha: 1 + 1e-13, max: 200 })).meanMs
    expect(beside).toBeCloseTo((2 * Math.log(100)) / 0.99, 9)
    const cut = of(write.pareto({ min: 2, alpha: 0.1, max: 200 }))
    for (let key = 0; key < 10_000; key++) {
      expect(cut.sampleMs(key)).toBeGreaterThanOrEqual(2)
      expect(cut.sampleMs(key)).toBeLessThanOrEqual(200)
    }
  })

  it('of the others: one phase and a cs2 of 1 are exponential, a normal one at 0 is its upper half', () => {
    const plain = of(write.exponential({ mean: 5 }))
    for (let key = 0; key < 100; key++) {
      expect(of(write.erlang({ k: 1, mean: 5 })).sampleMs(key)).toBeCloseTo(plain.sampleMs(key), 12)
    }
    expect(of(write.hyperexponential({ mean: 5, cs2: 1 })).meanMs).toBe(5)
    expect(of(write.normal({ mean: 0, sd: 1 })).meanMs).toBeCloseTo(Math.sqrt(2 / Math.PI), 12)
    // A thousand phases do not run out of the range of numbers.
    const many = of(write.erlang({ k: 1000, mean: 50 }))
    for (let key = 0; key < 100; key++) expect(Math.abs(many.sampleMs(key) - 50)).toBeLessThan(50 * 0.15)
  })

  it('order and parts that are never chosen change nothing', () => {
    const one = of(write.empirical({ samples: [1, 2, 3] }))
    const other = of(write.empirical({ samples: [3, 1, 2] }))
    const mixed = of(
      write.mixture([
        { weight: 0, of: '1h' },
        { weight: 2, of: 4 },
        { weight: 0, of: '1h' },
      ]),
    )
    expect(mixed.meanMs).toBe(4)
    for (let key = 0; key < 1000; key++) {
      expect(one.sampleMs(key)).toBe(other.sampleMs(key))
      expect(mixed.sampleMs(key)).toBe(4)
    }
  })

  it('a mixture inside a mixture is drawn independently', () => {
    const half = (a: write.DistributionData, b: write.DistributionData): write.DistributionData =>
      write.mixture([
        { weight: 1, of: a },
        { weight: 1, of: b },
      ])
    const nested = of(half(half(1, 2), half(3, 4)))
    const counts = [0, 0, 0, 0, 0]
    for (let key = 0; key < 40_000; key++) counts[nested.sampleMs(key)]!++
    for (const count of counts.slice(1)) expect(Math.abs(count - 10_000)).toBeLessThan(TOLERANCE * 87)
  })

  it('a longer mean lengthens every sample', () => {
    const [short, long] = [of(write.exponential({ mean: 5 })), of(write.exponential({ mean: 6 }))]
    for (let key = 1; key < 1000; key++) expect(long.sampleMs(key)).toBeGreaterThan(short.sampleMs(key))
  })
})

it('gives the samples it has always given', () => {
  const golden = Object.entries(THEORY).map(([name, { data }]) => {
    const distribution = resolveDistribution(data, 'work')
    const samples = [0, 1, 12345, 0xdeadbeef].map((key) => distribution.sampleMs(key).toPrecision(12))
    return `${name}: ${samples.join(' ')}`
  })
  // Twelve digits, for the engine's own logarithm may change in the sixteenth.
  expect(golden).toMatchInlineSnapshot(`
    [
      "exponential: 0.364288608602 5.24319404514 1.80680741227 20.0108477521",
      "uniform: 2.56213518846 7.19668475558 4.42618321344 9.85379243791",
      "normal far from 0: 85.2619386905 103.842018988 94.8498967264 120.907342771",
      "normal cut at 0: 2.31889941631 13.8900397115 7.49055822550 27.0869423309",
      "lognormal by percentiles: 4.97153847813 28.7491773226 12.2964112594 144.087524157",
      "lognormal by sigma: 0.123184570554 0.863634240631 0.336515008338 5.16595952777",
      "pareto cut at its maximum: 1.04976908524 2.01184751124 1.27239185359 14.3964485287",
      "erlang: 16.0813346661 9.91736278110 21.6775486246 12.2156952550",
      "hyperexponential: 0.232457596732 3.71103563737 1.17839941533 40.3534070095",
      "empirical: 10.0000000000 20.0000000000 20.0000000000 30.0000000000",
      "mixture: 172.579001411 3.61640514025 195.848259751 30.5233625462",
    ]
  `)
})
