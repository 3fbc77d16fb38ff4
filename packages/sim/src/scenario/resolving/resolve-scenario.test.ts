import { describe, expect, test } from 'vitest'
import { parseSetting } from '../set-path.ts'
import { resolveScenario } from './resolve-scenario.ts'

type Data = Readonly<Record<string, unknown>>

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
      modules: [],
      thresholds: [],
      properties: [],
      invariants: [],
      warnings: [],
    })
    expect(network.latency.meanMs).toBe(0.5)
    expect(services).toEqual([
      {
        name: 'web',
        replicas: 1,
        concurrency: Number.POSITIVE_INFINITY,
        queue: Number.POSITIVE_INFINITY,
        queueTimeout: undefined,
        processors: Number.POSITIVE_INFINITY,
        discipline: 'fifo',
        holdWorkerDuringCalls: true,
        onCancel: 'finish',
        zones: [],
        operations: new Map([['', { steps: [], errorRate: 0 }]]),
        weight: 1,
        failover: 0,
        versions: [],
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
        priority: undefined,
        keyOf: undefined,
        zones: [],
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

  test('a version says in what it differs; all else is the service’s', () => {
    const { services } = resolveScenario(
      withService({
        work: '2ms',
        calls: ['orders'],
        errorRate: 0.1,
        weight: 3,
        methods: { 'GET /x': { work: '5ms', errorRate: 0.2 } },
        versions: {
          stable: { replicas: 4 },
          slow: { replicas: 2, work: '40ms', weight: 1, methods: { 'GET /x': { work: '6ms' }, 'GET /y': {} } },
          other: { steps: [{ call: 'orders', optional: true }], errorRate: 0, failover: 1 },
        },
      }),
    )
    const [{ replicas, versions } = {}] = services
    expect(replicas).toBe(7)
    const call = { kind: 'call', service: 'orders', method: undefined, probability: 1, optional: false }
    const work = (meanMs: number) => ({ kind: 'work', work: expect.objectContaining({ meanMs }) })
    const own = { steps: [work(2), call], errorRate: 0.1 }
    const get = { steps: [work(5)], errorRate: 0.2 }
    expect(versions).toEqual([
      {
        version: 'stable',
        replicas: 4,
        weight: 3,
        failover: 0,
        operations: new Map<string, object>([
          ['GET /x', get],
          ['', own],
        ]),
      },
      {
        version: 'slow',
        replicas: 2,
        weight: 1,
        failover: 0,
        operations: new Map<string, object>([
          ['GET /x', { ...get, steps: [work(6)] }],
          ['GET /y', { steps: [], errorRate: 0 }],
          ['', { ...own, steps: [work(40), call] }],
        ]),
      },
      {
        version: 'other',
        replicas: 1,
        weight: 3,
        failover: 1,
        operations: new Map<string, object>([
          ['GET /x', get],
          ['', { steps: [{ ...call, optional: true }], errorRate: 0 }],
        ]),
      },
    ])
  })

  test('keys are one for all, or drawn for each call by what names it', () => {
    const keyOf = (key: unknown) => resolveScenario(withWorkload('poisson', { rate: 1, key })).workloads[0]?.keyOf
    expect(keyOf('eu')?.(17)).toBe('eu')
    const draw = (key: unknown): Map<string, number> => {
      const counts = new Map<string, number>()
      const by = keyOf(key)
      for (let call = 0; call < 20_000; call++) {
        const drawn = by?.(call) ?? ''
        counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
      }
      return counts
    }
    const alike = draw({ uniform: { keys: 4 } })
    expect([...alike.keys()].sort()).toEqual(['k1', 'k2', 'k3', 'k4'])
    for (const count of alike.values()) expect(Math.abs(count / 5000 - 1)).toBeLessThan(0.06)
    // By Zipf's law with s = 1 and three keys: 6/11, 3/11, 2/11.
    const ranked = draw({ zipf: { keys: 3 } })
    expect((ranked.get('k1') ?? 0) / 20_000).toBeCloseTo(6 / 11, 1)
    expect((ranked.get('k2') ?? 0) / 20_000).toBeCloseTo(3 / 11, 1)
    expect((ranked.get('k3') ?? 0) / 20_000).toBeCloseTo(2 / 11, 1)
    expect(keyOf({ zipf: { keys: 1000, s: 1.2 } })?.(5)).toBe(keyOf({ zipf: { keys: 1000, s: 1.2 } })?.(5))
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
      'an inbound policy for nobody',
      { ...WHOLE, policies: { version: 1, inbound: { mail: { rateLimit: { rate: 5 } } } } },
      ['policies.inbound.mail: "mail" is not in the topology'],
    ],
    [
      'a method that is not named',
      {
        topology: {
          web: { calls: ['orders/GET /ordrs', 'orders/GET /orders'] },
          orders: { methods: { 'GET /orders': {} } },
        },
        workload: [{ poisson: { to: 'web/GET /', rate: 1 } }],
      },
      [
        "orders/GET /ordrs is called, which has no entry in methods; its service's own work answers; did you mean GET /orders?",
      ],
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
