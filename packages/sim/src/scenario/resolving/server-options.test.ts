/** What a server may say of itself, and faults of it: data and code are the same, and what cannot be used names its place. */
import { describe, expect, test } from 'vitest'
import { at, exponential, service } from '../../index.ts'
import { parseData } from '../parse-data.ts'
import { resolveScenario } from './resolve-scenario.ts'

type Data = Readonly<Record<string, unknown>>

const scenario = (web: Data, fault?: Data): Data => ({
  topology: { web, db: { concurrency: 4 } },
  workload: [{ poisson: { to: 'web', rate: 5 } }],
  ...(fault === undefined ? {} : { faults: [{ at: '1s', ...fault }] }),
})

function refusal(data: Data): string {
  try {
    resolveScenario(data)
    return 'nothing was refused'
  } catch (error) {
    return (error as Error).message
  }
}

const CODE = {
  topology: {
    web: service({
      eventLoop: { processor: 'fifo', gc: { every: exponential({ mean: '1s' }), pause: '5ms' } },
      concurrency: 100,
      queueTimeout: exponential({ mean: '2s' }),
      coldStart: { for: '60s', factor: 10, shape: 'step', atStart: true },
      contention: { alpha: 0.05, beta: 0.001 },
      steps: [{ wait: '5ms' }, [{ work: '1ms' }, { wait: exponential({ mean: 3 }) }]],
      methods: { 'GET /a': { work: 1, cache: { size: 100, ttl: '1m', hit: '1ms', warm: '50%', coalesce: true } } },
    }),
    db: service({ eventLoop: true, cache: { size: 10, warm: true } }),
  },
  faults: [
    at('1s').error('db', { status: 503, retryAfter: '2s', key: ['k1', 'k2'], caller: 'web', ratio: 0.5 }),
    at('1s').slow('web', { add: '1s', method: 'GET /a', priority: 'critical' }),
    at('2s').hang('web#1', { ratio: 0.1, for: '3s' }),
    at('3s').capacity('web', { factor: 0.5, for: '1s' }),
    at('4s').flush('web'),
  ],
  workload: [{ poisson: { to: 'web', rate: 5 } }],
}
const YAML = `
topology:
  web:
    eventLoop: { processor: fifo, gc: { every: { exponential: { mean: 1s } }, pause: 5ms } }
    concurrency: 100
    queueTimeout: { exponential: { mean: 2s } }
    coldStart: { for: 60s, factor: 10, shape: step, atStart: true }
    contention: { alpha: 0.05, beta: 0.001 }
    steps: [{ wait: 5ms }, [{ work: 1ms }, { wait: { exponential: { mean: 3 } } }]]
    methods: { GET /a: { work: 1, cache: { size: 100, ttl: 1m, hit: 1ms, warm: 50%, coalesce: true } } }
  db: { eventLoop: true, cache: { size: 10, warm: true } }
faults:
  - { at: 1s, error: { target: db, status: 503, retryAfter: 2s, key: [k1, k2], caller: web, ratio: 0.5 } }
  - { at: 1s, slow: { target: web, add: 1s, method: GET /a, priority: critical } }
  - { at: 2s, hang: { target: web#1, ratio: 0.1, for: 3s } }
  - { at: 3s, capacity: { target: web, factor: 0.5, for: 1s } }
  - { at: 4s, flush: { target: web } }
workload: [{ poisson: { to: web, rate: 5 } }]
`

describe('a server', () => {
  test('says the same in code and in data', () => {
    expect(parseData(YAML, 'x.sim.yaml').value).toEqual(CODE)
    const { services, faults } = resolveScenario(CODE)
    expect(services[0]).toMatchObject({ concurrency: 100, processors: 1, contention: { alpha: 0.05, beta: 0.001 } })
    expect(services[0]?.operations.get('GET /a')?.cache).toMatchObject({ size: 100, ttlMs: 60_000, warmKeys: 50 })
    expect(services[1]?.eventLoop).toEqual({ processor: 'fifo', gc: undefined })
    expect(faults.map(({ label, untilMs }) => [label, untilMs])).toEqual([
      ['error db 503 retry after 2s 50% key k1 k2, caller web', Number.POSITIVE_INFINITY],
      ['slow web +1s method GET /a, priority critical', Number.POSITIVE_INFINITY],
      ['hang web#1 10%', 5000],
      ['capacity web ×0.5', 4000],
      ['flush web', 4000],
    ])
  })

  test('a version has the cache of its service, or its own', () => {
    const { services } = resolveScenario(
      scenario({ cache: { size: 5 }, versions: { 1: {}, 2: { cache: { size: 7 } }, 3: { steps: [] } } }),
    )
    expect(services[0]?.versions.map(({ operations }) => operations.get('')?.cache?.size)).toEqual([5, 7, 5])
  })
})

describe('what cannot be used', () => {
  test.each<[string, Data, string]>([
    ['a loop', scenario({ eventLoop: 'yes' }), 'topology.web.eventLoop: "yes" is not allowed;'],
    ['a processor', scenario({ eventLoop: { processor: 'lifo' } }), 'topology.web.eventLoop.processor: "lifo" is not'],
    [
      'collections without end',
      scenario({ eventLoop: { gc: { every: 0, pause: 1 } } }),
      'topology.web.eventLoop.gc.every: its mean is below 1 ms; collections are at least that far apart',
    ],
    [
      'two disciplines of one loop',
      scenario({ eventLoop: true, concurrency: 2, discipline: 'processor-sharing' }),
      'topology.web.discipline: not allowed with eventLoop, whose processor says how work shares the loop',
    ],
    ['a cold start without length', scenario({ coldStart: { factor: 2 } }), 'topology.web.coldStart.for: missing;'],
    [
      'one that is faster',
      scenario({ coldStart: { for: 1, factor: 0.5 } }),
      'topology.web.coldStart.factor: 0.5 is not',
    ],
    ['contention of nothing', scenario({ contention: {} }), 'topology.web.contention: says nothing; alpha or beta'],
    ['a cache without a size', scenario({ cache: {} }), 'topology.web.cache.size: missing;'],
    ['a warmth', scenario({ cache: { size: 1, warm: 50 } }), 'topology.web.cache.warm: 50 is not allowed;'],
    [
      'a cache beside code',
      scenario({ app: () => 1, cache: { size: 1 } }),
      'topology.web.app: a service with an app has no work, calls, steps, methods, errorRate or cache: its code does it all',
    ],
    ['a wait', scenario({ steps: [{ wait: 'long' }] }), 'topology.web.steps.0.wait: "long" is not allowed;'],
    ['patience', scenario({ queueTimeout: 'long' }), 'topology.web.queueTimeout: "long" is not allowed;'],
    [
      'a status that is an answer',
      scenario({}, { error: { target: 'web', status: 404 } }),
      'faults.0.error.status: 404 is not allowed; it must be 429, or from 500 to 599',
    ],
    [
      'a wait after a failure',
      scenario({}, { error: { target: 'web', retryAfter: '1s' } }),
      'faults.0.error.retryAfter: not allowed with status 500; only 429 and 503 say when to come back',
    ],
    [
      'a caller nobody is',
      scenario({}, { hang: { target: 'web', caller: 'clint' } }),
      'faults.0.hang.caller: "clint" is not in the topology; allowed: web, db, client; did you mean client?',
    ],
    [
      'a key of packets',
      scenario({}, { slow: { target: 'client>web', add: 1, key: 'k1' } }),
      'faults.0.slow: key k1: packets are not looked into; key, caller, method and priority are for services',
    ],
    ['no key', scenario({}, { error: { target: 'web', key: [] } }), 'faults.0.error.key: 0 items are not enough;'],
    [
      'a hanging edge',
      scenario({}, { hang: { target: 'client>web' } }),
      'faults.0.hang.target: hang strikes a service, an instance or a zone, not an edge; slow and hold strike edges',
    ],
    [
      'workers lost without number',
      scenario({}, { capacity: { target: 'db' } }),
      'faults.0.capacity: exactly one of factor, to says how many workers are left',
    ],
    [
      'workers of those who have any number',
      scenario({}, { capacity: { target: 'web', to: 1 } }),
      'faults.0.capacity.target: web has no concurrency: of unlimited workers none can be lost',
    ],
    [
      'as many workers as before',
      scenario({}, { capacity: { target: 'db', to: 4 } }),
      'faults.0.capacity.to: 4 takes none away; db has concurrency 4',
    ],
    ['no cache', scenario({}, { flush: { target: 'db' } }), 'faults.0.flush.target: db has no cache to flush'],
  ])('%s', (_, data, message) => {
    expect(refusal(data)).toContain(message)
  })
})
