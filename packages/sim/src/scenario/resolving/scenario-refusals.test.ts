/** Every way in which a scenario cannot be used, with the words it is refused with. */
import { isConfigError } from '@seakeep/core'
import { describe, expect, test } from 'vitest'
import { resolveScenario } from './resolve-scenario.ts'

type Data = Readonly<Record<string, unknown>>

/** What the ConfigError says. */
function refusal(data: unknown): string {
  try {
    resolveScenario(data)
  } catch (error) {
    if (isConfigError(error)) return error.message
    throw error
  }
  return 'nothing is refused'
}

/** Two services, one caller, nothing wrong. */
const WHOLE: Data = {
  topology: { web: { replicas: 3, zones: ['a', 'b'], calls: ['orders'] }, orders: { concurrency: 8, work: '20ms' } },
  workload: [{ poisson: { to: 'web', rate: 100, deadline: '2s' } }],
}
const withService = (service: Data): Data => ({ ...WHOLE, topology: { web: service, orders: {} } })
const withWorkload = (kind: string, options: Data): Data => ({
  ...WHOLE,
  workload: [{ [kind]: { to: 'web', ...options } }],
})
const withFault = (fault: Data): Data => ({ ...WHOLE, faults: [{ at: '10s', ...fault }] })
const withThreshold = (metric: string, expression: unknown, more: Data = {}): Data => ({
  ...WHOLE,
  ...more,
  thresholds: { [metric]: expression },
})

describe('what cannot be used names its place, what stands there and what may', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined is no scenario; an object with topology and workload'],
    ['no topology', {}, 'topology: missing; the services, as { gateway: { replicas: 2, calls: [orders] } }'],
    ['no workload', { topology: { a: {} } }, 'workload: missing;…'],
    [
      'an unknown section',
      { ...WHOLE, fault: [] },
      'fault: unknown key; allowed: name, notes, duration, warmup, seed, network, registry, policies, topology, workload, faults, thresholds, properties, invariants, swarm, modules; did you mean faults?',
    ],
    [
      'a warm-up as long as the run',
      { ...WHOLE, duration: '5s', warmup: '5s' },
      'warmup: 5s is not allowed; below duration, which is 5s, or nothing would be measured',
    ],
    ['no duration', { ...WHOLE, duration: 0 }, 'duration: 0 is not allowed;…'],
    ['a negative seed', { ...WHOLE, seed: -1 }, 'seed: -1 is not allowed;…'],
    ['no policies file', { ...WHOLE, policies: 'none.yaml' }, 'policies: the file none.yaml does not exist'],
    [
      'policies of a wrong kind',
      { ...WHOLE, policies: 3 },
      "policies: 3 is not allowed; a file's path or a policy document",
    ],

    ['a name with a blank', { ...WHOLE, topology: { 'a b': {} } }, 'topology.a b: "a b" is not allowed;…'],
    ['a name of digits', { ...WHOLE, topology: { 12: {} } }, 'topology.12: "12" is not allowed;…'],
    ['no services', { ...WHOLE, topology: {} }, 'topology: 0 entries are not enough;…'],
    ['no replicas', withService({ replicas: 0 }), 'topology.web.replicas: 0 is not allowed;…'],
    ['no workers', withService({ concurrency: 0 }), 'topology.web.concurrency: 0 is not allowed;…'],
    ['half a place', withService({ queue: 1.5 }), 'topology.web.queue: 1.5 is not allowed;…'],
    [
      'a percentage without its sign',
      withService({ errorRate: 5 }),
      'topology.web.errorRate: 5 is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 0.05 or 5%?',
    ],
    [
      'work that is none',
      withService({ work: '5 ms' }),
      'topology.web.work: "5 ms" is not allowed; a duration (250ms, 2s, 5m; a number is milliseconds); did you mean 5ms?',
    ],
    [
      'an unknown distribution',
      withService({ work: { expnential: { mean: 5 } } }),
      'topology.web.work: has expnential; an object with one of constant, exponential, uniform, normal, lognormal, pareto, erlang, hyperexponential, empirical, mixture; did you mean exponential?',
    ],
    [
      'an unknown callee',
      withService({ calls: ['ordrs'] }),
      'topology.web.calls.0: "ordrs" is not in the topology; allowed: web, orders; did you mean orders?',
    ],
    [
      'an unknown callee in parallel',
      withService({ steps: [[{ call: 'ordrs' }]] }),
      'topology.web.steps.0.0.call: "ordrs" is not in the topology; allowed: web, orders; did you mean orders?',
    ],
    [
      'half a method',
      withService({ calls: ['orders/'] }),
      'topology.web.calls.0: "orders/" names no method behind its slash',
    ],
    [
      'work beside steps',
      withService({ work: 1, steps: [] }),
      'topology.web.steps: not allowed beside work; write it as a step, { work: … }',
    ],
    [
      'calls beside steps',
      withService({ calls: ['orders'], steps: [] }),
      'topology.web.steps: not allowed beside calls; write it as a step, { call: … }',
    ],
    [
      'work beside steps of a method',
      withService({ methods: { m: { work: 1, steps: [] } } }),
      'topology.web.methods.m.steps: not allowed beside work; write it as a step, { work: … }',
    ],
    ['an unknown step', withService({ steps: [{ sleep: 5 }] }), 'topology.web.steps.0: has sleep;…'],
    [
      'code beside work',
      withService({ app: () => 1, work: 1 }),
      'topology.web.app: a service with an app has no work, calls, steps, methods, errorRate or cache: its code does it all',
    ],
    ['code in a text', withService({ app: 'handler.ts' }), 'topology.web.app: "handler.ts" is not allowed;…'],
    [
      'a discipline for a line that nobody stands in',
      withService({ discipline: 'codel' }),
      'topology.web.discipline: codel needs concurrency: without it nobody waits for a worker',
    ],
    [
      'a longest wait where nobody waits',
      withService({ discipline: 'processor-sharing', concurrency: 1, queueTimeout: 5 }),
      'topology.web.queueTimeout: not allowed with processor-sharing, where nobody waits',
    ],
    [
      'an unknown discipline',
      withService({ discipline: 'fiffo' }),
      'topology.web.discipline: "fiffo" is not allowed;…',
    ],
    [
      'an unknown onCancel',
      withService({ onCancel: 'aborts' }),
      'topology.web.onCancel: "aborts" is not allowed; one of finish, dequeue, abort; did you mean abort?',
    ],
    [
      'a number of instances beside versions',
      withService({ replicas: 2, versions: { 1: { replicas: 4 } } }),
      'topology.web.replicas: not allowed beside versions; each version says how many instances it has',
    ],
    [
      'a version with steps beside work',
      withService({ versions: { 1: { work: 1, steps: [] } } }),
      'topology.web.versions.1.steps: not allowed beside work; write it as a step, { work: … }',
    ],
    [
      'a version with work beside code',
      withService({ app: () => 1, versions: { 1: { work: 1 } } }),
      'topology.web.versions.1.app: a service with an app has no work, calls, steps, methods, errorRate or cache: its code does it all',
    ],
    ['a negative weight', withService({ weight: -1 }), 'topology.web.weight: -1 is not allowed; a number from 0 to…'],
    ['half a failover level', withService({ failover: 0.5 }), 'topology.web.failover: 0.5 is not allowed; an integer…'],

    ['no rate', withWorkload('poisson', {}), 'workload.0.poisson.rate: missing;…'],
    ['a negative rate', withWorkload('poisson', { rate: -1 }), 'workload.0.poisson.rate: -1 is not allowed;…'],
    [
      'an unknown kind',
      withWorkload('poison', { rate: 1 }),
      'workload.0.poison: unknown key; allowed: constantArrivalRate, poisson, rampingArrivalRate, replay, spike, bursts, diurnal, closedLoop; did you mean poisson?',
    ],
    [
      'a recording of nothing',
      withWorkload('replay', {}),
      'workload.0.replay.arrivals: missing; a list with at least 1 item; or a text',
    ],
    [
      'a recording that is not there',
      withWorkload('replay', { arrivals: 'none.csv' }),
      'workload.0.replay.arrivals: the file none.csv does not exist',
    ],
    [
      'a recorded call to nobody',
      withWorkload('replay', { arrivals: [{ at: 1, to: 'wbe' }] }),
      'workload.0.replay.arrivals.0.to: "wbe" is not in the topology; allowed: web, orders; did you mean web?',
    ],
    [
      'a ramp without stages',
      withWorkload('rampingArrivalRate', { stages: [] }),
      'workload.0.rampingArrivalRate.stages:…',
    ],
    [
      'a ramp to less than nothing',
      withWorkload('rampingArrivalRate', { stages: [{ rate: -1, over: '1s' }] }),
      'workload.0.rampingArrivalRate.stages.0.rate: -1 is not allowed; a number from 0 to 1000000',
    ],
    [
      'a wave that goes below nothing',
      withWorkload('diurnal', { mean: 10, amplitude: 11, period: '1m' }),
      'workload.0.diurnal.amplitude: 11 is not allowed; at most mean, which is 10: no rate is negative',
    ],
    [
      'a patience that nobody loses',
      withWorkload('poisson', { rate: 1, deadline: { exponential: { mean: '1s' } } }),
      'workload.0.poisson.deadline: a distribution is the patience of each user, who gives up then; with impatient: true, or one length for all',
    ],
    [
      'tenants without weight',
      withWorkload('poisson', { rate: 1, key: { weighted: { acme: 0 } } }),
      'workload.0.poisson.key.weighted: all weights are 0; at least one must be above it',
    ],
    [
      'two kinds',
      { ...WHOLE, workload: [{ poisson: {}, closedLoop: {} }] },
      'workload.0: poisson and closedLoop together; an object with one of constantArrivalRate, poisson, rampingArrivalRate, replay, spike, bursts, diurnal, closedLoop',
    ],
    [
      'no kind',
      { ...WHOLE, workload: [{}] },
      'workload.0: names no kind; an object with one of constantArrivalRate, poisson, rampingArrivalRate, replay, spike, bursts, diurnal, closedLoop',
    ],
    [
      'a caller named as a service',
      withWorkload('poisson', { rate: 1, name: 'orders' }),
      'workload.0.poisson.name: "orders" is a service of the topology; callers need a name of their own',
    ],
    [
      'an unknown target',
      withWorkload('poisson', { rate: 1, to: 'wbe' }),
      'workload.0.poisson.to: "wbe" is not in the topology; allowed: web, orders; did you mean web?',
    ],
    [
      'impatience without end',
      withWorkload('poisson', { rate: 1, impatient: true }),
      'workload.0.poisson.impatient: needs a deadline, at which its callers give up',
    ],
    [
      'an end before the beginning',
      withWorkload('poisson', { rate: 1, from: '5s', until: '4s' }),
      'workload.0.poisson.until: 4s is not allowed; after from, which is 5s',
    ],
    [
      'more callers than users',
      withWorkload('closedLoop', { clients: 2, callers: 3 }),
      'workload.0.closedLoop.callers: 3 is not allowed; at most clients, which is 2',
    ],
    [
      'two of a name',
      { ...WHOLE, workload: [1, 2].map(() => ({ poisson: { to: 'web', rate: 1, name: 'x' } })) },
      'workload.1: "x" is the name of another workload, too; names are unique',
    ],
    [
      'a key of an unknown kind',
      withWorkload('poisson', { rate: 1, key: { zipff: { keys: 5 } } }),
      'workload.0.poisson.key: has zipff; an object with one of uniform, zipf, weighted; did you mean zipf?',
    ],
    [
      'no number of keys',
      withWorkload('poisson', { rate: 1, key: { zipf: {} } }),
      'workload.0.poisson.key.zipf.keys: missing;…',
    ],
    [
      'an endless circle',
      { ...WHOLE, topology: { web: { calls: ['orders'] }, orders: { steps: [[{ call: 'web', probability: 0.1 }]] } } },
      'workload.0.poisson.maxDepth: missing; calls go in a circle, web > orders > web, which a maxDepth must bound, as maxDepth: 20',
    ],

    [
      'an unknown fault',
      withFault({ slw: { target: 'web' } }),
      'faults.0.slw: unknown key; allowed: slow, error, crash, pause, hold, registryDown,…',
    ],
    ['no instant', { ...WHOLE, faults: [{ crash: { target: 'web' } }] }, 'faults.0.at: missing;…'],
    [
      'an unknown service',
      withFault({ crash: { target: 'ordres' } }),
      'faults.0.crash.target: "ordres" is not in the topology; a service, an instance as orders#3, a zone as zone:a, or an edge as a>b; did you mean orders?',
    ],
    [
      'an instance too many',
      withFault({ crash: { target: 'web#4' } }),
      'faults.0.crash.target: "web#4" is no instance; web has web#1 to web#3',
    ],
    [
      'instance 0',
      withFault({ crash: { target: 'orders#0' } }),
      'faults.0.crash.target: "orders#0" is no instance; orders has orders#1',
    ],
    [
      'an instance of nobody',
      withFault({ crash: { target: 'wbe#1' } }),
      'faults.0.crash.target: "wbe" is not in the topology; allowed: web, orders; did you mean web?',
    ],
    [
      'an unknown zone',
      withFault({ crash: { target: 'zone:c' } }),
      'faults.0.crash.target: "c" is the zone of no service; zones: a, b',
    ],
    [
      'an edge nobody uses',
      withFault({ hold: { target: 'client>orders' } }),
      'faults.0.hold.target: "client>orders": client does not call orders; edges: client>web',
    ],
    [
      'an edge to nobody',
      withFault({ hold: { target: 'web>ordrs' } }),
      'faults.0.hold.target: "ordrs" is not in the topology; allowed: web, orders, client; did you mean orders?',
    ],
    [
      'a service held',
      withFault({ hold: { target: 'web' } }),
      'faults.0.hold.target: hold strikes an edge, a>b; web is a service',
    ],
    [
      'an edge that crashes',
      withFault({ crash: { target: 'web>orders' } }),
      'faults.0.crash.target: crash strikes a service, an instance or a zone, not an edge; slow and hold strike edges',
    ],
    [
      'slow by nothing',
      withFault({ slow: { target: 'web' } }),
      'faults.0.slow: exactly one of add, factor, to says how much slower',
    ],
    [
      'slow by two',
      withFault({ slow: { target: 'web', add: 1, factor: 2 } }),
      'faults.0.slow: exactly one of add, factor, to says how much slower',
    ],

    [
      'an unknown metric',
      withThreshold('web.goodpt', ['ratio>=1']),
      'thresholds.web\\.goodpt: "goodpt" is no metric; one of goodput, errors, rejected, utilization, latency, queue, amplification, offered, recovery; did you mean goodput?',
    ],
    [
      'no metric',
      withThreshold('web', ['ratio>=1']),
      'thresholds.web: "web" names no metric; written as gateway.goodput, with one of goodput, errors, rejected, utilization, latency, queue, amplification, offered, recovery',
    ],
    [
      'an unknown subject',
      withThreshold('wbe.goodput', ['ratio>=1']),
      'thresholds.wbe\\.goodput: "wbe" is not in the scenario; a service, an edge as a>b, a workload or an instance as orders#3: web, orders; did you mean web?',
    ],
    [
      'an edge the wrong way',
      withThreshold('orders>web.goodput', ['ratio>=1']),
      'thresholds.orders>web\\.goodput: "orders>web": orders does not call web; edges: client>web',
    ],
    [
      'what is not measured',
      withThreshold('web#1.goodput', ['ratio>=1']),
      'thresholds.web#1\\.goodput: goodput is not measured of an instance; it is of a service, an edge, a workload',
    ],
    [
      'a wrong condition',
      withThreshold('web.goodput', ['ratio>=0.9', 'ratio>=99']),
      'thresholds.web\\.goodput.1: "99" is no ratio; goodput is bounded by a ratio from 0 to 1 (0.5 or 50%); did you mean 0.99 or 99%?',
    ],
    [
      'no condition',
      withThreshold('web.goodput', []),
      "thresholds.web\\.goodput: holds no condition; a list of conditions, as ['ratio>=0.99']",
    ],
    [
      'a window after the end',
      withThreshold('web.goodput', 'ratio>=0.9 from 2m'),
      'thresholds.web\\.goodput: from 2m is not within the run of 1m',
    ],
    [
      'recovery from nothing',
      withThreshold('web.recovery', 'time<5s'),
      'thresholds.web\\.recovery: recovery is counted from the end of the last fault, and there is no fault during the run',
    ],
    [
      'recovery from what comes later',
      withThreshold('web.recovery', 'time<5s', { faults: [{ at: '2m', crash: { target: 'web' } }] }),
      'thresholds.web\\.recovery: recovery is counted from the end of the last fault, and there is no fault during the run',
    ],
  ])('%s', (_, data, message) => {
    // The wording of the core's own fields is tested there.
    if (message.endsWith('…')) expect(refusal(data)).toContain(message.slice(0, -1))
    else expect(refusal(data)).toBe(message)
  })

  test('a rate for a topology that has a workload of its own', () => {
    expect(() => resolveScenario(WHOLE, { overrides: { ratePerSecond: 5 } })).toThrow(
      '--rate: is for topologies without a workload of their own; set the rate of a workload with --set workload.0.poisson.rate=200',
    )
  })
})
