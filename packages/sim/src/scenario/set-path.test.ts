import { ConfigError } from '@seakeep/core'
import { describe, expect, test } from 'vitest'
import { parseSetting, withSetting } from './set-path.ts'

const set = (data: unknown, ...settings: string[]) => settings.map(parseSetting).reduce(withSetting, data)

const data = { topology: { 'a.b': { replicas: 1 }, c: {} }, workload: [{ poisson: { to: 'c', rate: 1 } }] }

describe('a setting', () => {
  test.each([
    ['topology.c.concurrency=8', { concurrency: 8 }],
    ['topology.c.work=20ms', { work: '20ms' }],
    ['topology.c.work={ exponential: { mean: 5ms } }', { work: { exponential: { mean: '5ms' } } }],
    ['topology.c.work.exponential.mean=5ms', { work: { exponential: { mean: '5ms' } } }],
    ['topology.c.zones=[x, y]', { zones: ['x', 'y'] }],
    ['topology.c.app=a=b', { app: 'a=b' }],
  ])('%s', (setting, service) => {
    expect(set(data, setting)).toEqual({ ...data, topology: { ...data.topology, c: service } })
  })

  test('dots in names are escaped, list items are counted from 0, sections come to be', () => {
    expect(set(data, String.raw`topology.a\.b.replicas=3`, 'workload.0.poisson.rate=500', 'network.latency=0')).toEqual(
      {
        topology: { 'a.b': { replicas: 3 }, c: {} },
        workload: [{ poisson: { to: 'c', rate: 500 } }],
        network: { latency: 0 },
      },
    )
  })

  test('a layer that is switched on or off becomes one with that option', () => {
    const policies = { policies: { a: { retry: true, outlier: false } } }
    expect(set(policies, 'policies.a.retry.maxAttempts=2', 'policies.a.outlier.minHealthy=2')).toEqual({
      policies: { a: { retry: { maxAttempts: 2 }, outlier: { minHealthy: 2 } } },
    })
  })

  test('what it is given stays as it is', () => {
    const before = structuredClone(data)
    set(data, 'workload.0.poisson.rate=500', 'topology.c.replicas=2')
    expect(data).toEqual(before)
  })
})

test.each([
  ['replicas', '--set', '"replicas" sets nothing; written as path=value, as topology.payments.concurrency=8'],
  ['=1', '--set', '"=1" sets nothing; written as path=value, as topology.payments.concurrency=8'],
  [
    'a..b=1',
    '--set',
    '"a..b=1" has an empty word in its path; written as path=value, as topology.payments.concurrency=8',
  ],
  ['topology.d.replicas=1', '--set topology.d.replicas=1', '"d" is not in topology; allowed: a.b, c'],
  [
    'topology.c.versions.2.replicas=1',
    '--set topology.c.versions.2.replicas=1',
    '"2" is not in topology.c.versions; allowed: none',
  ],
  ['workload.1.poisson.rate=1', '--set workload.1.poisson.rate=1', 'workload has item 0'],
  ['workload.x=1', '--set workload.x=1', 'workload has item 0'],
  [
    'workload.0.poisson.to.x=1',
    '--set workload.0.poisson.to.x=1',
    'workload.0.poisson.to is "c", in which nothing can be set; set workload.0.poisson.to as a whole',
  ],
])('%s is refused', (setting, path, problem) => {
  expect(() => set(data, setting)).toThrow(new ConfigError(path, problem))
})

test('a value that is no YAML is refused', () => {
  expect(() => parseSetting('a=[1')).toThrow('--set: the value of "a=[1" is no YAML: ')
})
