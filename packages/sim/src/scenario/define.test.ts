import { describe, expect, expectTypeOf, test } from 'vitest'
import { exponential, lognormal } from '../model/distributions.ts'
import { at } from './define-fault.ts'
import { defineScenario, fromIsotope, service } from './define-scenario.ts'
import { closedLoop, constantArrivalRate, poisson } from './define-workload.ts'
import { FailedAnswer, fail } from './fail.ts'
import { parseData } from './parse-data.ts'
import { resolveScenario } from './resolving/resolve-scenario.ts'
import type { ScenarioData, ThresholdExpression } from './scenario-data.ts'

const CODE = defineScenario({
  name: 'payment brownout',
  duration: '10m',
  warmup: '30s',
  seed: 1,
  network: {
    latency: lognormal({ p50: '0.5ms', p99: '2ms' }),
    loss: { ratio: '0.1%', burst: 5 },
    duplicate: 0,
    bandwidth: '1GB/s',
    between: { 'zone:a>zone:b': { latency: '3ms', loss: 0.01, bandwidth: 1e8 } },
  },
  registry: { propagation: exponential({ mean: '1s' }), poll: '10s', ttl: '30s', heartbeat: '10s' },
  topology: {
    gateway: service({ replicas: 4, calls: ['orders'] }),
    orders: service({
      replicas: 12,
      concurrency: 64,
      queue: 256,
      drain: { spread: '2s', finish: '10s' },
      autoscale: { min: 4, max: 24, targetUtilization: 0.6, every: '15s', upAfter: '120s', downAfter: '300s' },
      steps: [{ work: '2ms' }, [{ call: 'payments' }, { call: 'mail', probability: 0.1, optional: true }]],
    }),
    payments: service({
      replicas: 6,
      work: lognormal({ p50: '20ms', p99: '180ms' }),
      errorRate: 0.001,
      requestBytes: '2KB',
      responseBytes: 4096,
      zones: ['a', 'b'],
    }),
    mail: service({
      concurrency: 2,
      work: exponential({ mean: '5ms' }),
      discipline: 'priority',
      holdWorkerDuringCalls: false,
      onCancel: 'dequeue',
      versions: { 1: { replicas: 4 }, 2: { work: '40ms', weight: 2, failover: 1 } },
    }),
  },
  workload: [
    poisson({ to: 'gateway', rate: 400, deadline: '2s', priority: 'critical', key: { zipf: { keys: 9, s: 1 } } }),
    constantArrivalRate({ to: 'orders', rate: 1, name: 'probe' }),
    closedLoop({ to: 'gateway', clients: 3, thinkTime: '1s', name: 'users' }),
  ],
  faults: [
    at('2m').slow('payments', { add: '800ms', ratio: 0.5, for: '90s' }),
    at('3m').error('payments', { ratio: 0.1, for: '5s' }),
    at('5m').crash('orders#3', { restartAfter: '20s' }),
    at('5m').pause('zone:a', { for: '1s' }),
    at('5m').hold('orders>payments', { for: '1s' }),
    at('6m').registryDown({ for: '1m' }),
    at('7m').partition('zone:a', { for: '5s', direction: 'to', registry: false }),
    at('7m').loss('zone:a>zone:b', { ratio: '10%', burst: 5, for: '5s' }),
    at('7m').duplicate('payments', { ratio: 0.5 }),
    at('7m').bandwidth('payments#2', { to: '10MB/s', for: '5s' }),
    at('7m').reset('orders>payments', { ratio: 0.1 }),
    at('7m').registryStale({ for: '1m' }),
    at('7m').registryFlap('payments', { every: '4s', for: '1m' }),
    at('7m').registryPartial({ ratio: 0.5, for: '1m' }),
    at('7m').registryEmpty({ for: '1m' }),
    at('7m').registryPartition({ zones: ['a'], services: ['mail'], for: '1m' }),
    at('8m').drain('orders#3', { restartAfter: '20s' }),
    at('8m').deploy('orders', {
      version: 'v2',
      errorRate: 0.1,
      batch: '25%',
      pause: '10s',
      startAfter: '5s',
      share: 0.5,
    }),
    at('8m').clockSkew('orders#3', { offset: '-1h', drift: 200, for: '1m' }),
  ],
  thresholds: {
    'gateway.goodput': ['ratio>=0.99'],
    'gateway.latency': ['p(99)<1500ms'],
    'gateway.recovery': ['time<30s'],
  },
})

const YAML = `
name: payment brownout
duration: 10m
warmup: 30s
seed: 1
network:
  latency: { lognormal: { p50: 0.5ms, p99: 2ms } }
  loss: { ratio: 0.1%, burst: 5 }
  duplicate: 0
  bandwidth: 1GB/s
  between: { zone:a>zone:b: { latency: 3ms, loss: 0.01, bandwidth: 100000000 } }
registry: { propagation: { exponential: { mean: 1s } }, poll: 10s, ttl: 30s, heartbeat: 10s }
topology:
  gateway: { replicas: 4, calls: [orders] }
  orders:
    replicas: 12
    concurrency: 64
    queue: 256
    drain: { spread: 2s, finish: 10s }
    autoscale: { min: 4, max: 24, targetUtilization: 0.6, every: 15s, upAfter: 120s, downAfter: 300s }
    steps: [{ work: 2ms }, [{ call: payments }, { call: mail, probability: 0.1, optional: true }]]
  payments:
    replicas: 6
    work: { lognormal: { p50: 20ms, p99: 180ms } }
    errorRate: 0.001
    requestBytes: 2KB
    responseBytes: 4096
    zones: [a, b]
  mail:
    concurrency: 2
    work: { exponential: { mean: 5ms } }
    discipline: priority
    holdWorkerDuringCalls: false
    onCancel: dequeue
    versions: { 1: { replicas: 4 }, 2: { work: 40ms, weight: 2, failover: 1 } }
workload:
  - poisson: { to: gateway, rate: 400, deadline: 2s, priority: critical, key: { zipf: { keys: 9, s: 1 } } }
  - constantArrivalRate: { to: orders, rate: 1, name: probe }
  - closedLoop: { to: gateway, clients: 3, thinkTime: 1s, name: users }
faults:
  - { at: 2m, slow: { target: payments, add: 800ms, ratio: 0.5, for: 90s } }
  - { at: 3m, error: { target: payments, ratio: 0.1, for: 5s } }
  - { at: 5m, crash: { target: 'orders#3', restartAfter: 20s } }
  - { at: 5m, pause: { target: zone:a, for: 1s } }
  - { at: 5m, hold: { target: orders>payments, for: 1s } }
  - { at: 6m, registryDown: { for: 1m } }
  - { at: 7m, partition: { target: zone:a, for: 5s, direction: to, registry: false } }
  - { at: 7m, loss: { target: zone:a>zone:b, ratio: 10%, burst: 5, for: 5s } }
  - { at: 7m, duplicate: { target: payments, ratio: 0.5 } }
  - { at: 7m, bandwidth: { target: payments#2, to: 10MB/s, for: 5s } }
  - { at: 7m, reset: { target: orders>payments, ratio: 0.1 } }
  - { at: 7m, registryStale: { for: 1m } }
  - { at: 7m, registryFlap: { target: payments, every: 4s, for: 1m } }
  - { at: 7m, registryPartial: { ratio: 0.5, for: 1m } }
  - { at: 7m, registryEmpty: { for: 1m } }
  - { at: 7m, registryPartition: { zones: [a], services: [mail], for: 1m } }
  - { at: 8m, drain: { target: 'orders#3', restartAfter: 20s } }
  - { at: 8m, deploy: { target: orders, version: v2, errorRate: 0.1, batch: 25%, pause: 10s, startAfter: 5s, share: 0.5 } }
  - { at: 8m, clockSkew: { target: 'orders#3', offset: -1h, drift: 200, for: 1m } }
thresholds: { gateway.goodput: [ratio>=0.99], gateway.latency: [p(99)<1500ms], gateway.recovery: [time<30s] }
`

describe('code and data', () => {
  test('are the same thing', () => {
    expect(parseData(YAML, 'x.sim.yaml').value).toEqual(CODE)
    expect(JSON.parse(JSON.stringify(CODE))).toEqual(CODE)
    expect(() => resolveScenario(CODE)).not.toThrow()
  })

  test('a foreign topology is data, too', () => {
    expect(fromIsotope('graph.yaml')).toEqual({ isotope: 'graph.yaml' })
  })
})

test('a typo does not compile', () => {
  const workload = [poisson({ to: 'a', rate: 1 })]
  const topology = { a: service({}) }
  // @ts-expect-error: no such unit
  const unit: ScenarioData = { topology, workload, duration: '10sec' }
  // @ts-expect-error: no such field
  const field: ScenarioData = { topology: { a: service({ replica: 3 }) }, workload }
  // @ts-expect-error: no such aggregate
  const aggregate: ScenarioData = { topology, workload, thresholds: { 'a.goodput': ['ration>=0.9'] } }
  // @ts-expect-error: two ways to be slow
  const slow = at('1s').slow('a', { add: '1s', factor: 2 })
  // @ts-expect-error: an edge is held, not a service
  const hold = at('1s').hold('a')
  // @ts-expect-error: bits are no bytes
  const narrow = at('1s').bandwidth('a', { to: '10Mbit/s' })
  expect([unit, field, aggregate, slow, hold, narrow]).toHaveLength(6)
  expectTypeOf<'p(99.9) < 1.5s within 2s'>().toExtend<ThresholdExpression>()
})

test('fail answers with a 500 even where its throw was forgotten', () => {
  expect(() => fail('sold out')).toThrow(FailedAnswer)
  expect(() => fail('sold out')).toThrow(expect.objectContaining({ message: 'sold out', status: 500 }))
})
