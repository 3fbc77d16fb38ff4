// Faults that strike some requests only, what errors say, requests that hang, workers that are lost; and work that takes
// longer while an instance is young or full. Times are exact: no network delay, fixed arrivals, fixed work.
import { describe, expect, it } from 'vitest'
import {
  at,
  closedLoop,
  constantArrivalRate,
  exponential,
  type FaultData,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'

/** Two shops over one `db`; 100 calls for each of ten keys through either. */
function shops(faults: readonly FaultData[], rest: Partial<ScenarioData> = {}): Promise<RunDocument> {
  const key = { uniform: { keys: 10 } } as const
  return simulate({
    duration: '10s',
    network: { latency: 0 },
    topology: {
      orders: service({ calls: ['db/GET /order'] }),
      search: service({ calls: ['db'] }),
      db: service({ replicas: 2, work: '10ms', methods: { 'GET /order': { work: '10ms' } } }),
    },
    workload: [
      constantArrivalRate({ to: 'orders', rate: 100, key, priority: 'critical' }),
      constantArrivalRate({ to: 'search', rate: 100, key }),
    ],
    faults,
    ...rest,
  })
}

const failed = (run: RunDocument) => [run.services.orders?.failed, run.services.search?.failed]

describe('a fault for some requests', () => {
  it('is for those made for a key, whoever asks', async () => {
    const [orders = 0, search = 0] = failed(await shops([at('0s').error('db', { key: ['k7', 'k8'] })]))
    // A fifth of a thousand calls each.
    for (const one of [orders, search]) expect(Math.abs(one - 200)).toBeLessThan(40)
    expect(failed(await shops([at('0s').error('db', { key: 'k11' })]))).toEqual([0, 0])
  })

  it.each([
    ['caller', { caller: 'orders' }],
    ['method', { method: 'GET /order' }],
    ['priority', { priority: 'critical' }],
  ])('is for one %s', async (_, only) => {
    expect(failed(await shops([at('0s').error('db', only)]))).toEqual([1000, 0])
  })

  it('is for who names no priority where it is for the default', async () => {
    expect(failed(await shops([at('0s').error('db', { priority: 'default' })]))).toEqual([0, 1000])
  })

  it('all of what is said has to hold, and then chance', async () => {
    const both = await shops([at('0s').error('db', { caller: 'orders', priority: 'default' })])
    expect(failed(both)).toEqual([0, 0])
    const [orders = 0, search] = failed(await shops([at('0s').error('db#1', { caller: 'orders', ratio: 0.5 })]))
    expect(search).toBe(0)
    expect(Math.abs(orders - 250)).toBeLessThan(60)
  })

  it('slows them only', async () => {
    const run = await shops([at('0s').slow('db', { add: '100ms', caller: 'search' })])
    expect(run.services.orders?.latencyMs.max).toBe(10)
    expect(run.services.search?.latencyMs).toMatchObject({ p50: 110, max: 110 })
  })

  it('has a coin of its own: without another for other requests its luck is the same', async () => {
    const one = at('0s').error('db', { ratio: 0.3, key: 'k1' })
    const other = at('0s').error('db', { ratio: 0.3, key: 'k2' })
    const [alone, both, second] = [await shops([one]), await shops([other, one]), await shops([other])]
    const sum = (run: RunDocument) => run.services.db?.server.errors ?? 0
    expect(sum(alone)).toBeGreaterThan(20)
    expect(sum(both)).toBe(sum(alone) + sum(second))
  })

  it('and leaves the run as it was where there is nobody it is for', async () => {
    const none = await shops([at('0s').hang('db', { key: 'k99' })])
    expect(none.traceHash).toBe((await shops([])).traceHash)
  })
})

describe('what an error says', () => {
  const refusing = (error: object) =>
    simulate({
      duration: '2s',
      network: { latency: 0 },
      policies: { version: 1, targets: { db: { retry: { maxAttempts: 2, backoff: { initial: 1, max: 1 } } } } },
      topology: { db: service({ work: '1ms' }) },
      workload: [constantArrivalRate({ to: 'db', rate: 10, until: 1 })],
      faults: [at(0).error('db', { for: '100ms', ...error })],
    })

  it('500 fails, 503 and 429 refuse', async () => {
    expect((await refusing({})).edges['client>db']?.attemptOutcomes).toMatchObject({ error: 2 })
    expect((await refusing({ status: 503 })).edges['client>db']?.attemptOutcomes).toMatchObject({ refused: 2 })
    expect((await refusing({ status: 429 })).edges['client>db']?.attemptOutcomes).toMatchObject({ refused: 2 })
  })

  it('who is told when to come back comes back then', async () => {
    const run = await refusing({ status: 503, retryAfter: '500ms' })
    expect(run.edges['client>db']?.attemptOutcomes).toMatchObject({ refused: 1, ok: 1 })
    expect(run.services.db?.latencyMs.max).toBeGreaterThanOrEqual(501)
  })

  it('a health check gets the same', async () => {
    const run = await simulate({
      duration: '10s',
      network: { latency: 0 },
      policies: { version: 1, targets: { db: { health: { http: '/ready', interval: '1s', fall: 1 } } } },
      topology: { db: service({ replicas: 2, work: '1ms' }) },
      workload: [constantArrivalRate({ to: 'db', rate: 10 })],
      faults: [at('2s').error('db#1', { status: 503, caller: 'client' })],
    })
    expect(run.events$.some(({ type, endpoint }) => type === 'endpointFailedChecks' && endpoint === 'db#1')).toBe(true)
  })
})

describe('hang', () => {
  const hung = (data: ServiceData, rest: Partial<ScenarioData> = {}) =>
    simulate({
      duration: '5s',
      network: { latency: 0 },
      policies: { version: 1, targets: { api: { timeout: '100ms' } } },
      topology: { api: service({ concurrency: 4, work: '1ms', ...data }) },
      workload: [constantArrivalRate({ to: 'api', rate: 10, until: '4s' })],
      faults: [at('1s').hang('api', { ratio: 0.5, for: '1s' })],
      ...rest,
    })

  it('takes workers until there are none, and keeps them after its end', async () => {
    const run = await hung({})
    expect(run.edges['client>api']?.outcomes.timeout).toBeGreaterThan(15)
    expect(run.services.api?.server.utilization).toBeGreaterThan(0.6)
    expect(run.services.api?.server.open).toBe(run.edges['client>api']?.outcomes.timeout ?? 0)
  })

  it('gives them back with the process', async () => {
    const faults = [at('1s').hang('api', { for: '1s' }), at('2s').crash('api', { restartAfter: 0 })]
    const run = await hung({}, { faults })
    expect(run.services.api?.server.open).toBe(0)
    expect(run.services.api).toMatchObject({ succeeded: 30, failed: 10 })
  })

  it('or where the service aborts what its caller has given up', async () => {
    const run = await hung({ onCancel: 'abort' }, { faults: [at('1s').hang('api', { for: '1s' })] })
    expect(run.services.api).toMatchObject({ succeeded: 30, failed: 10 })
    expect(run.services.api?.server.open).toBe(0)
  })
})

describe('capacity', () => {
  const lost = (left: { readonly factor: number } | { readonly to: number }, data: ServiceData = {}) =>
    simulate({
      duration: '10s',
      network: { latency: 0 },
      topology: { api: service({ concurrency: 4, work: '100ms', ...data }) },
      workload: [closedLoop({ to: 'api', clients: 4 })],
      faults: [at('2s').capacity('api', { ...left, for: '4s' })],
    })

  it.each([
    ['half of them', { factor: 0.5 }, 80 + 80 + 160],
    ['but one, as a share is rounded up', { factor: 0.01 }, 80 + 40 + 160],
    ['all of them', { to: 0 }, 80 + 0 + 160],
  ] as const)('%s: whoever is at work goes on, and nobody new begins', async (_, left, served) => {
    const { server } = (await lost(left)).services.api ?? {}
    // Those who are at work when it strikes, and when it ends.
    expect(Math.abs((server?.completed ?? 0) - served)).toBeLessThanOrEqual(8)
  })

  it('is shared by all present where workers are', async () => {
    const { server } = (await lost({ to: 1 }, { discipline: 'processor-sharing' })).services.api ?? {}
    expect(Math.abs((server?.completed ?? 0) - (80 + 40 + 160))).toBeLessThanOrEqual(8)
  })
})

describe('work that is not always the same', () => {
  const young = (coldStart: ServiceData['coldStart'] & {}, rest: Partial<ScenarioData> = {}) =>
    simulate({
      duration: '10s',
      network: { latency: 0 },
      topology: { api: service({ work: '10ms', coldStart }) },
      workload: [
        constantArrivalRate({ name: 'first', to: 'api', rate: 1, until: 1 }),
        constantArrivalRate({ name: 'again', to: 'api', rate: 1, from: '2s', until: 2001 }),
        constantArrivalRate({ name: 'half', to: 'api', rate: 1, from: '4s', until: 4001 }),
        constantArrivalRate({ name: 'warm', to: 'api', rate: 1, from: '6s', until: 6001 }),
      ],
      faults: [at('1s').crash('api', { restartAfter: '1s' })],
      ...rest,
    })
  const took = (run: RunDocument) => ['first', 'again', 'half', 'warm'].map((name) => run.workload[name]?.latencyMs.max)

  it('takes longer after each start, not at t = 0 unless it is said', async () => {
    expect(took(await young({ for: '4s', factor: 5 }))).toEqual([10, 50, 30, 10])
    expect(took(await young({ for: '4s', factor: 5, shape: 'step' }))).toEqual([10, 50, 50, 10])
    expect(took(await young({ for: '4s', factor: 5, atStart: true }))).toEqual([50, 50, 30, 10])
  })

  it('takes longer with others beside it, by the universal scalability law', async () => {
    const run = await simulate({
      duration: '100s',
      warmup: '10s',
      network: { latency: 0 },
      topology: { api: service({ work: exponential({ mean: '10ms' }), contention: { alpha: 0.1, beta: 0.01 } }) },
      workload: [closedLoop({ to: 'api', clients: 10 })],
    })
    const times = 1 + 0.1 * 9 + 0.01 * 10 * 9
    expect(run.services.api?.latencyMs.mean).toBeGreaterThan(0.97 * 10 * times)
    expect(run.services.api?.latencyMs.mean).toBeLessThan(1.03 * 10 * times)
  })
})

describe('patience', () => {
  it('is drawn for each request, and the same whatever else happens', async () => {
    const run = (queueTimeout: ServiceData['queueTimeout'] & {}) =>
      simulate({
        duration: '10s',
        network: { latency: 0 },
        topology: { api: service({ concurrency: 1, work: '1s', queueTimeout }) },
        workload: [constantArrivalRate({ to: 'api', rate: 10, until: '1s' })],
      })
    // Who came at 600 has waited 400 ms when the first has been served.
    expect((await run('500ms')).services.api?.server.refused).toBe(8)
    const drawn = await run(exponential({ mean: '5s' }))
    const { completed = 0, refused } = drawn.services.api?.server ?? {}
    expect(completed).toBeGreaterThan(1)
    expect(completed + (refused ?? 0)).toBe(10)
    expect((await run(exponential({ mean: '5s' }))).traceHash).toBe(drawn.traceHash)
  })
})
