import { isConfigError } from '@seakeep/core'
import { describe, expect, test } from 'vitest'
import { resolveScenario } from './resolve-scenario.ts'
import { parseSetting } from './set-path.ts'

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

describe('defaults', () => {
  test('of a scenario that says as little as it can', () => {
    const scenario = resolveScenario({ topology: { web: {} }, workload: [{ poisson: { to: 'web', rate: 5 } }] })
    const { services, workloads, network, ...rest } = scenario
    expect(rest).toEqual({
      name: 'scenario',
      durationMs: 60_000,
      warmupMs: 0,
      seed: 1,
      policies: undefined,
      faults: [],
      thresholds: [],
      warnings: [],
    })
    expect(network.latency.meanMs).toBe(0.5)
    expect(services).toEqual([
      {
        name: 'web',
        replicas: 1,
        concurrency: Number.POSITIVE_INFINITY,
        queue: Number.POSITIVE_INFINITY,
        queueTimeoutMs: undefined,
        zones: [],
        operations: new Map([['', { steps: [], errorRate: 0 }]]),
        app: undefined,
        onThrow: 'stop',
      },
    ])
    expect(workloads).toEqual([
      {
        id: 'web',
        callerName: 'client',
        to: [{ service: 'web', method: undefined, share: 1 }],
        arrivals: { kind: 'poisson', ratePerSecond: 5 },
        callers: 1,
        deadlineMs: undefined,
        impatient: false,
        fromMs: 0,
        untilMs: 60_000,
        maxDepth: undefined,
      },
    ])
  })

  test('closed loops have a runtime for each user, unless they share', () => {
    const closed = (options: Data) => resolveScenario(withWorkload('closedLoop', options)).workloads[0]
    expect(closed({ clients: 20 })).toMatchObject({ callers: 20, arrivals: { kind: 'closed', users: 20 } })
    expect(closed({ clients: 20, callers: 1 })).toMatchObject({ callers: 1, arrivals: { kind: 'closed', users: 20 } })
  })
})

describe('what is meant', () => {
  test('work, then calls; or steps, with lists in parallel; by method', () => {
    const work = expect.objectContaining({ meanMs: 2 })
    const { services } = resolveScenario(
      withService({
        work: '2ms',
        calls: ['orders', 'orders/POST /charges'],
        errorRate: '5%',
        methods: {
          'GET /x': {
            steps: [{ work: '2ms' }, [{ call: 'orders', probability: 0.5, optional: true }, [{ work: 2 }]], []],
          },
        },
      }),
    )
    const call = { kind: 'call', service: 'orders', method: undefined, probability: 1, optional: false }
    expect(services[0]?.operations.get('')).toEqual({
      errorRate: 0.05,
      steps: [{ kind: 'work', work }, call, { ...call, method: 'POST /charges' }],
    })
    expect(services[0]?.operations.get('GET /x')).toEqual({
      errorRate: 0,
      steps: [
        { kind: 'work', work },
        {
          kind: 'parallel',
          steps: [
            { ...call, probability: 0.5, optional: true },
            { kind: 'parallel', steps: [{ kind: 'work', work }] },
          ],
        },
      ],
    })
  })

  test('workloads are called by their name, else by whom they call, with a number where that comes twice', () => {
    const open = { rate: 1, to: 'web' }
    const { workloads } = resolveScenario({
      ...WHOLE,
      workload: [
        { poisson: open },
        { poisson: open },
        { poisson: { ...open, name: 'crawler' } },
        { poisson: { ...open, to: [{ service: 'web', share: 3 }, { service: 'orders/GET /x' }] } },
        { poisson: { ...open, to: [{ service: 'orders/GET /x' }, { service: 'orders' }] } },
      ],
    })
    expect(workloads.map(({ id, callerName }) => [id, callerName])).toEqual([
      ['web', 'client'],
      ['web#2', 'client'],
      ['crawler', 'crawler'],
      ['client', 'client'],
      ['orders', 'client'],
    ])
    expect(workloads[3]?.to).toEqual([
      { service: 'web', method: undefined, share: 0.75 },
      { service: 'orders', method: 'GET /x', share: 0.25 },
    ])
  })

  test('a service called client leaves its name to itself', () => {
    const { workloads } = resolveScenario({
      topology: { client: {} },
      workload: [{ poisson: { to: 'client', rate: 1 } }],
    })
    expect(workloads[0]).toMatchObject({ id: 'client', callerName: 'client-2' })
  })

  test('faults, their targets, when they end and how they read', () => {
    const { faults } = resolveScenario({
      ...WHOLE,
      faults: [
        { at: '1s', slow: { target: 'orders', add: '800ms', ratio: '50%', for: '2s' } },
        { at: '1s', slow: { target: 'client>web', factor: 3 } },
        { at: '1s', slow: { target: 'zone:a', to: '1s' } },
        { at: '1s', error: { target: 'web#3', ratio: 0.3 } },
        { at: '0s', crash: { target: 'web#1', restartAfter: '5s' } },
        { at: '1s', pause: { target: 'web', for: 0 } },
        { at: '1s', hold: { target: 'orders>web', for: '1s' } },
        { at: '1s', registryDown: {} },
      ],
    })
    const forever = Number.POSITIVE_INFINITY
    expect(faults.map(({ label, untilMs }) => [label, untilMs])).toEqual([
      ['slow orders +800ms 50%', 3000],
      ['slow client>web ×3', forever],
      ['slow zone:a to 1s', forever],
      ['error web#3 30%', forever],
      ['crash web#1', 5000],
      ['pause web', 1000],
      ['hold orders>web', 2000],
      ['registry down', forever],
    ])
    expect(faults.map((fault) => ('target' in fault ? fault.target : undefined))).toEqual([
      { kind: 'service', service: 'orders' },
      { kind: 'edge', from: 'client', to: 'web' },
      { kind: 'zone', zone: 'a' },
      { kind: 'instance', service: 'web', number: 3 },
      { kind: 'instance', service: 'web', number: 1 },
      { kind: 'service', service: 'web' },
      { kind: 'edge', from: 'orders', to: 'web' },
      undefined,
    ])
  })

  test.each([
    ['web.goodput', { kind: 'service', service: 'web' }],
    ['client>web.goodput', { kind: 'edge', from: 'client', to: 'web' }],
    ['crawler.goodput', { kind: 'workload', workload: 'crawler' }],
    ['web#2.utilization', { kind: 'instance', service: 'web', number: 2 }],
    ['v1.2.goodput', { kind: 'service', service: 'v1.2' }],
  ])('the subject of %s', (metric, subject) => {
    const { thresholds } = resolveScenario({
      topology: { web: { replicas: 3 }, 'v1.2': {} },
      workload: [{ poisson: { to: 'web', rate: 1 } }, { poisson: { to: 'web', rate: 1, name: 'crawler' } }],
      thresholds: { [metric]: ['ratio>=0.5'] },
    })
    expect(thresholds).toMatchObject([{ metric, expression: 'ratio>=0.5', subject, bound: 0.5 }])
  })

  test('a circle is fine where every workload that reaches it bounds its calls', () => {
    const topology = { web: { calls: ['orders'] }, orders: { calls: ['web'] }, mail: {} }
    const to = (service: string, more: Data = {}) => ({ poisson: { to: service, rate: 1, ...more } })
    expect(() => resolveScenario({ topology, workload: [to('web', { maxDepth: 5 }), to('mail')] })).not.toThrow()
  })

  test('methods that call each other without end make a circle, services that call each other need not', () => {
    const methods = { in: { calls: ['orders/check'] }, out: {} }
    const orders = { methods: { check: { calls: ['web/out'] } } }
    const workload = [{ poisson: { to: 'web/in', rate: 1 } }]
    expect(() => resolveScenario({ topology: { web: { methods }, orders }, workload })).not.toThrow()
    const back = { methods: { check: { calls: ['web/in'] } } }
    expect(() => resolveScenario({ topology: { web: { methods }, orders: back }, workload })).toThrow(
      'calls go in a circle, web/in > orders/check > web/in, which a maxDepth must bound',
    )
  })
})

describe('overrides', () => {
  test('seed, duration, settings and policies go before what the scenario says', () => {
    const scenario = resolveScenario(WHOLE, {
      overrides: {
        seed: 7,
        durationMs: 5000,
        settings: [parseSetting('topology.orders.concurrency=4'), parseSetting('warmup=1s')],
        policies: { version: 1, targets: { '*': { timeout: '1s' } } },
      },
    })
    expect(scenario).toMatchObject({ seed: 7, durationMs: 5000, warmupMs: 1000 })
    expect(scenario.services[1]?.concurrency).toBe(4)
    expect(scenario.policies?.policyFor('client', 'web')?.timeoutMs).toBe(1000)
  })

  test('null takes the policies off, and a setting goes into them', () => {
    const governed = { ...WHOLE, policies: { version: 1, targets: { '*': { timeout: '1s' } } } }
    expect(resolveScenario(governed, { overrides: { policies: null } }).policies).toBeUndefined()
    const settings = [parseSetting('policies.targets.*.timeout=3s')]
    const { policies } = resolveScenario(governed, { overrides: { settings } })
    expect(policies?.policyFor('client', 'web')?.timeoutMs).toBe(3000)
  })
})

describe('warnings', () => {
  test.each<[string, Data, string[]]>([
    [
      'a policy for nobody',
      { ...WHOLE, policies: { version: 1, targets: { ordrs: { timeout: '1s' }, 'client>*': { timeout: '1s' } } } },
      ['policies.targets.ordrs: "ordrs" is not in the topology; did you mean orders?'],
    ],
    [
      'a fault after the end',
      { ...WHOLE, duration: '5s', faults: [{ at: '10s', crash: { target: 'web' } }] },
      ['faults.0: strikes at 10s, when the run of 5s is over'],
    ],
    [
      'a workload after the end',
      withWorkload('poisson', { rate: 1, from: '60s' }),
      ['workload.0.poisson: begins at 1m, when the run of 1m is over'],
    ],
    [
      'a deadline that does not count',
      withThreshold('web.goodput', ['ratio>=0.9 within 1s']),
      ['thresholds.web.goodput: judged by the deadline of workload web, 2s, and not within 1s'],
    ],
    [
      'no time to recover in',
      withThreshold('web.recovery', ['time<5s'], { faults: [{ at: '1s', slow: { target: 'web', factor: 2 } }] }),
      ['thresholds.web.recovery: never, since slow web ×2 lasts to the end of the run'],
    ],
  ])('%s', (_, data, warnings) => {
    expect(resolveScenario(data).warnings).toEqual(warnings)
  })
})

describe('what cannot be used names its place, what stands there and what may', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined is no scenario; an object with topology and workload'],
    ['no topology', {}, 'topology: missing; the services, as { gateway: { replicas: 2, calls: [orders] } }'],
    ['no workload', { topology: { a: {} } }, 'workload: missing;…'],
    [
      'an unknown section',
      { ...WHOLE, fault: [] },
      'fault: unknown key; allowed: name, duration, warmup, seed, network, policies, topology, workload, faults, thresholds; did you mean faults?',
    ],
    [
      'a warm-up as long as the run',
      { ...WHOLE, duration: '5s', warmup: '5s' },
      'warmup: 5s is not allowed; below duration, which is 5s, or nothing would be measured',
    ],
    ['no duration', { ...WHOLE, duration: 0 }, 'duration: 0 is not allowed;…'],
    ['a negative seed', { ...WHOLE, seed: -1 }, 'seed: -1 is not allowed;…'],
    [
      'loss',
      { ...WHOLE, network: { loss: 0.1 } },
      'network.loss: 0.1 is not allowed; it must be 0 (0.1 is not available yet in this version)',
    ],
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
      'topology.web.app: a service with an app has no work, calls, steps, methods or errorRate: its code does it all',
    ],
    ['code in a text', withService({ app: 'handler.ts' }), 'topology.web.app: "handler.ts" is not allowed;…'],
    [
      'another discipline',
      withService({ discipline: 'codel' }),
      'topology.web.discipline: codel is not available yet in this version; allowed: fifo',
    ],
    [
      'an unknown discipline',
      withService({ discipline: 'fiffo' }),
      'topology.web.discipline: "fiffo" is not allowed;…',
    ],
    [
      'workers that are let go',
      withService({ holdWorkerDuringCalls: false }),
      'topology.web.holdWorkerDuringCalls: false is not allowed; it must be true (false is not available yet in this version)',
    ],
    [
      'another onCancel',
      withService({ onCancel: 'abort' }),
      'topology.web.onCancel: abort is not available yet in this version; allowed: finish',
    ],

    ['no rate', withWorkload('poisson', {}), 'workload.0.poisson.rate: missing;…'],
    ['a negative rate', withWorkload('poisson', { rate: -1 }), 'workload.0.poisson.rate: -1 is not allowed;…'],
    [
      'an unknown kind',
      withWorkload('poison', { rate: 1 }),
      'workload.0.poison: unknown key; allowed: constantArrivalRate, poisson, closedLoop; did you mean poisson?',
    ],
    [
      'a later kind',
      withWorkload('replay', {}),
      'workload.0.replay: not available yet in this version; allowed: constantArrivalRate, poisson, closedLoop',
    ],
    [
      'two kinds',
      { ...WHOLE, workload: [{ poisson: {}, closedLoop: {} }] },
      'workload.0: poisson and closedLoop together; an object with one of constantArrivalRate, poisson, closedLoop',
    ],
    [
      'no kind',
      { ...WHOLE, workload: [{}] },
      'workload.0: names no kind; an object with one of constantArrivalRate, poisson, closedLoop',
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
      'priorities',
      withWorkload('poisson', { rate: 1, priority: 'high' }),
      'workload.0.poisson.priority: not available yet in this version…',
    ],
    [
      'an endless circle',
      { ...WHOLE, topology: { web: { calls: ['orders'] }, orders: { steps: [[{ call: 'web', probability: 0.1 }]] } } },
      'workload.0.poisson.maxDepth: missing; calls go in a circle, web > orders > web, which a maxDepth must bound, as maxDepth: 20',
    ],

    [
      'an unknown fault',
      withFault({ slw: { target: 'web' } }),
      'faults.0.slw: unknown key; allowed: slow, error, crash, pause, hold, registryDown; did you mean slow?',
    ],
    [
      'a later fault',
      withFault({ deploy: {} }),
      'faults.0.deploy: not available yet in this version; allowed: slow, error, crash, pause, hold, registryDown',
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
      "thresholds.web\\.goodput: a list is not allowed; a list of conditions, as ['ratio>=0.99']",
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

  test('versions', () => {
    expect(() => resolveScenario(withService({ versions: {} }))).toThrow(
      'topology.web.versions: not available yet in this version',
    )
  })

  test('a rate for a topology that has a workload of its own', () => {
    expect(() => resolveScenario(WHOLE, { overrides: { ratePerSecond: 5 } })).toThrow(
      '--rate: is for topologies without a workload of their own; set the rate of a workload with --set workload.0.poisson.rate=200',
    )
  })
})
