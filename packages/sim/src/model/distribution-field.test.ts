import { ConfigError } from '@seakeep/core'
import { jsonSchemaOf } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { distribution, recallDistribution, resolveDistribution } from './distribution-field.ts'
import * as write from './distributions.ts'

function refusalOf(data: unknown): string {
  try {
    resolveDistribution(data, 'topology.payments.work')
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('was not refused')
}

describe('resolveDistribution', () => {
  it('reads the data form that each helper returns, also after a trip through JSON', () => {
    const all: write.DistributionData[] = [
      '5ms',
      5,
      write.constant('5ms'),
      write.exponential({ mean: '5ms' }),
      write.uniform({ min: '4ms', max: '6ms' }),
      write.normal({ mean: '5s', sd: '1us' }),
      write.lognormal({ p50: '5ms', p99: '5ms' }),
      write.lognormal({ median: '5ms', sigma: 0 }),
      write.pareto({ min: '4ms', alpha: 5 }),
      write.erlang({ k: 3, mean: '5ms' }),
      write.hyperexponential({ mean: '5ms', cs2: 4 }),
      write.empirical({ samples: ['4ms', 6] }),
      write.mixture([
        { weight: 0.5, of: '4ms' },
        { weight: 0.5, of: write.exponential({ mean: 6 }) },
      ]),
    ]
    for (const data of all) {
      const expected = typeof data === 'object' && 'normal' in data ? 5000 : 5
      expect(resolveDistribution(JSON.parse(JSON.stringify(data)), 'work').meanMs).toBeCloseTo(expected, 9)
    }
    expect(write.exponential({ mean: '5ms' })).toEqual({ exponential: { mean: '5ms' } })
  })

  it.each([
    [undefined, 'topology.payments.work: missing'],
    ['5 seconds', 'did you mean 5s?'],
    [-1, '-1 is not allowed'],
    [[5], 'a list is not allowed'],
    [{ exponental: { mean: 5 } }, 'did you mean exponential?'],
    [{}, 'constant, exponential, uniform, normal, lognormal, pareto, erlang, hyperexponential, empirical, mixture'],
    [{ exponential: { mean: 5 }, uniform: { min: 1, max: 2 } }, 'topology.payments.work.uniform: unknown key'],
    [{ exponential: '5ms' }, 'topology.payments.work.exponential: "5ms" is not allowed; an object with mean'],
    [{ exponential: { meen: 5 } }, 'topology.payments.work.exponential.meen: unknown key; allowed: mean; did you mean'],
    [{ uniform: { min: 5, max: 4 } }, 'topology.payments.work.uniform.max: 4ms is not allowed; at least min'],
    [{ lognormal: { p50: '20ms', p99: '2ms' } }, 'lognormal.p99: 2ms is not allowed; at least p50'],
    [{ lognormal: { p50: 0, p99: 5 } }, 'lognormal.p50: 0 is not allowed; a duration above 0'],
    [{ lognormal: { p50: 5, sigma: 1 } }, 'lognormal.sigma: unknown key'],
    [{ lognormal: { sigma: 1 } }, 'an object with one of p50, median'],
    [{ pareto: { min: 5, alpha: 0 } }, 'pareto.alpha: 0 is not allowed; a number above 0'],
    [{ pareto: { min: 5, alpha: 1, max: 1 } }, 'pareto.max: 1ms is not allowed; at least min'],
    [{ erlang: { k: 2.5, mean: 5 } }, 'erlang.k: 2.5 is not allowed; an integer from 1 to 1000'],
    [{ hyperexponential: { mean: 5, cs2: 0.5 } }, 'hyperexponential.cs2: 0.5 is not allowed; a number of at least 1'],
    [{ empirical: { samples: [] } }, 'empirical.samples: 0 items'],
    [{ empirical: { samples: [1, 'x'] } }, 'empirical.samples.1: "x" is not allowed'],
    [{ mixture: [{ weight: 0, of: 5 }] }, 'mixture: all weights are 0'],
    [{ mixture: [{ weight: 1, of: { exponential: {} } }] }, 'mixture.0.of.exponential.mean: missing'],
  ])('refuses %j and says what is meant', (data, message) => {
    expect(refusalOf(data)).toContain(message)
    expect(refusalOf(data)).toMatch(/^topology\.payments\.work/)
  })

  it('never writes to what it was given', () => {
    const samples = Object.freeze(['30ms', '10ms'] as const)
    expect(() => resolveDistribution(Object.freeze({ empirical: Object.freeze({ samples }) }), '')).not.toThrow()
    expect(samples).toEqual(['30ms', '10ms'])
  })

  it('has a JSON Schema that names itself where a mixture holds distributions', () => {
    const schema = JSON.stringify(jsonSchemaOf(distribution, { $id: 'x', title: 'x' }))
    expect(schema).toContain('"$ref":"#/$defs/distribution"')
    for (const name of ['erlang', 'hyperexponential', 'empirical']) expect(schema).toContain(name)
  })
})

describe('recallDistribution', () => {
  it('knows what it has read by its text, and says of the rest what is wrong, each time', () => {
    const first = recallDistribution(write.exponential({ mean: '5ms' }), 'work')
    expect(recallDistribution(write.exponential({ mean: '5ms' }), 'work')).toBe(first)
    expect(recallDistribution(write.exponential({ mean: '6ms' }), 'work')).not.toBe(first)
    expect(recallDistribution('5ms', 'work').sampleMs(1)).toBe(5)
    expect(recallDistribution(5, 'work').sampleMs(1)).toBe(5)
    for (const wrong of [undefined, null, '5 ms ms', { exponential: {} }, Number.NaN, () => '5ms']) {
      for (let i = 0; i < 2; i++) expect(() => recallDistribution(wrong, 'work')).toThrow(ConfigError)
    }
  })

  it('stays right, and bounded, whatever number of them is asked for', () => {
    for (let round = 0; round < 2; round++) {
      for (let ms = 1; ms <= 2500; ms++) expect(recallDistribution(`${ms}ms`, 'work').sampleMs(1)).toBe(ms)
    }
  })
})
