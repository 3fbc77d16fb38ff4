/** What drains, deploys, autoscaling, clocks and the registry's options refuse, and in which words. */
import { isConfigError } from '@seakeep/core'
import { describe, expect, test } from 'vitest'
import { resolveScenario } from './resolve-scenario.ts'

type Data = Readonly<Record<string, unknown>>

function refusal(data: unknown): string {
  try {
    resolveScenario(data)
  } catch (error) {
    if (isConfigError(error)) return error.message
    throw error
  }
  return 'nothing is refused'
}

const TOPOLOGY: Data = {
  web: { replicas: 3, zones: ['a', 'b'], calls: ['orders'] },
  orders: { concurrency: 8, work: '20ms', versions: { 1: { replicas: 2 }, 2: { replicas: 0 } } },
  code: { app: () => undefined },
}
const WHOLE: Data = { topology: TOPOLOGY, workload: [{ poisson: { to: 'web', rate: 100 } }] }
const withFault = (fault: Data): Data => ({ ...WHOLE, faults: [{ at: '10s', ...fault }] })
const withWeb = (web: Data): Data => ({ ...WHOLE, topology: { ...TOPOLOGY, web } })
const deploy = (target: string, options: Data): Data => withFault({ deploy: { target, ...options } })

describe('what cannot be used names its place, what stands there and what may', () => {
  test.each<[string, unknown, string]>([
    [
      'an edge that drains',
      withFault({ drain: { target: 'web>orders' } }),
      'faults.0.drain.target: drain strikes a service, an instance or a zone, not an edge; slow and hold strike edges',
    ],
    [
      'a drain with a length',
      withFault({ drain: { target: 'web', for: '5s' } }),
      'faults.0.drain.for: unknown key; allowed: target, restartAfter',
    ],
    [
      'a deploy of an instance',
      deploy('web#1', {}),
      'faults.0.deploy.target: "web#1" is no service; a deploy is of a whole one; allowed: web, orders, code',
    ],
    [
      'no such version',
      deploy('orders', { version: '3' }),
      'faults.0.deploy.version: "3" is no version of orders; allowed: 1, 2',
    ],
    [
      'a version said twice',
      deploy('orders', { version: '2', work: '5ms' }),
      'faults.0.deploy.version: "2" is a version of orders, which says what it does',
    ],
    [
      'something new without a name',
      deploy('web', { errorRate: 0.5 }),
      'faults.0.deploy.version: missing; what is new needs a name, as version: v2',
    ],
    [
      'work of real code',
      deploy('code', { version: '2', work: '5ms' }),
      'faults.0.deploy: code has an app, whose code does it all: a deploy cannot say what it does',
    ],
    [
      'nothing to go back to',
      deploy('web', { rollbackAfter: '5s' }),
      'faults.0.deploy.rollbackAfter: needs a version: without one there is nothing to go back to',
    ],
    [
      'a batch of one and a half',
      deploy('web', { batch: 1.5 }),
      'faults.0.deploy.batch: 1.5 is not allowed; a number of instances from 1, or a share of them below 1 (0.25 or 25%)',
    ],
    ['a batch of nobody', deploy('web', { batch: 0 }), 'faults.0.deploy.batch: 0 is not allowed;…'],
    [
      'calls of nobody',
      deploy('web', { version: '2', calls: ['ordres'] }),
      'faults.0.deploy.calls.0: "ordres" is not in the topology;…',
    ],
    [
      'a new version that calls in a circle',
      deploy('orders', { version: 'v2', calls: ['web'] }),
      'workload.0.poisson.maxDepth: missing; calls go in a circle, web > orders > web,…',
    ],
    [
      'a clock that is not wrong',
      withFault({ clockSkew: { target: 'web' } }),
      'faults.0.clockSkew: one of offset, drift, step at least says how the clock is wrong',
    ],
    [
      'a wrong offset',
      withFault({ clockSkew: { target: 'web', offset: '-1 hour' } }),
      'faults.0.clockSkew.offset: "-1 hour" is not allowed; a duration, below 0 for back (1h, -10s; a number is milliseconds)',
    ],
    [
      'a clock that stands',
      withFault({ clockSkew: { target: 'web', drift: -1e6 } }),
      'faults.0.clockSkew.drift: -1000000 is not allowed;…',
    ],
    [
      'a flap without a period',
      withFault({ registryFlap: { target: 'web' } }),
      'faults.0.registryFlap.every: missing;…',
    ],
    [
      'a share of nothing',
      withFault({ registryPartial: { ratio: 0 } }),
      'faults.0.registryPartial.ratio: 0 is not allowed;…',
    ],
    [
      'a partition from nobody',
      withFault({ registryPartition: {} }),
      'faults.0.registryPartition: zones or services say who cannot reach the registry',
    ],
    [
      'a partition from a zone of nobody',
      withFault({ registryPartition: { zones: ['c'] } }),
      'faults.0.registryPartition.zones.0: "c" is the zone of no service; allowed: a, b',
    ],
    [
      'two targets',
      withWeb({ concurrency: 1, autoscale: { max: 3, targetUtilization: 0.5, targetInFlight: 1 } }),
      'topology.web.autoscale: exactly one of targetUtilization, targetInFlight says what it aims at',
    ],
    [
      'no workers to be taken',
      withWeb({ autoscale: { max: 3, targetUtilization: 0.5 } }),
      'topology.web.autoscale.targetUtilization: needs concurrency: without it there are no workers to be taken',
    ],
    [
      'a beginning outside of its bounds',
      withWeb({ replicas: 5, autoscale: { max: 3, targetInFlight: 1 } }),
      'topology.web.autoscale: the service begins with 5 instances, which is not from min 1 to max 3',
    ],
    [
      'bounds the wrong way',
      withWeb({ autoscale: { min: 4, max: 3, targetInFlight: 1 } }),
      'topology.web.autoscale.max: 3 is below min, which is 4',
    ],
    [
      'a drain that takes too long',
      withWeb({ drain: { spread: '10s', finish: '25s' } }),
      'topology.web.drain: spread and finish are 35s together; at most 30s',
    ],
    [
      'versions of nobody',
      withWeb({ versions: { 1: { replicas: 0 } } }),
      'topology.web.versions: none has an instance; one needs replicas above 0',
    ],
    [
      'a heartbeat as long as the lease',
      { ...WHOLE, registry: { ttl: '5s', heartbeat: '5s' } },
      'registry.heartbeat: 5000 ms is not below ttl, which is 5000 ms: no lease would last',
    ],
    [
      'an unknown option of the registry',
      { ...WHOLE, registry: { delay: '1s' } },
      'registry.delay: unknown key; allowed: propagation, poll, ttl, heartbeat, maxDropped, dropGrace, lapseGrace',
    ],
  ])('%s', (_, data, message) => {
    if (message.endsWith('…')) expect(refusal(data)).toContain(message.slice(0, -1))
    else expect(refusal(data)).toBe(message)
  })

  test('an instance that autoscaling may bring can be named', () => {
    const web = { autoscale: { max: 13, targetInFlight: 1 } }
    const named = (instance: string): Data => ({ ...withWeb(web), faults: [{ at: '1s', crash: { target: instance } }] })
    expect(refusal(named('web#13'))).toBe('nothing is refused')
    expect(refusal(named('web#14'))).toBe('faults.0.crash.target: "web#14" is no instance; web has web#1 to web#13')
  })
})
