// Who calls, when, and how long they wait (semantics §5, contract §6).
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  closedLoop,
  constantArrivalRate,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
  type WorkloadData,
} from '../src/index.ts'

function under(
  workload: WorkloadData | readonly WorkloadData[],
  api: ServiceData = { work: '1ms' },
  rest: Partial<ScenarioData> = {},
): Promise<RunDocument> {
  const topology = { api: service(api), ...(rest.topology as object) }
  return simulate({ duration: '10s', network: { latency: 0 }, ...rest, topology, workload: [workload].flat() })
}

const outcomesOf = (run: RunDocument, edge = 'client>api'): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))

describe('open workloads', () => {
  it.each<[string, Parameters<typeof constantArrivalRate>[0], number]>([
    ['call at fixed intervals to the end of the run', { to: 'api', rate: 10 }, 100],
    ['from the first instant of `from`', { to: 'api', rate: 10, from: '2s' }, 80],
    ['up to and without the last of `until`', { to: 'api', rate: 10, until: '2s' }, 20],
    ['within both', { to: 'api', rate: 10, from: '9950ms', until: '12s' }, 1],
    ['at rates that do not divide a microsecond', { to: 'api', rate: 300, until: '1s' }, 300],
    ['at rates below one a second', { to: 'api', rate: 0.5 }, 5],
  ])('%s', async (_, options, calls) => {
    const run = await under(constantArrivalRate(options))
    expect(run.services.api?.offered).toBe(calls)
    expect(run.workload.api?.offered).toBe(calls)
  })

  it('share their rate among all clients, of whom each has a runtime of its own', async () => {
    // Every caller's round-robin begins where it likes and goes round for itself.
    const run = await under(constantArrivalRate({ to: 'api', rate: 1000, clients: 4 }), { replicas: 5, work: '1ms' })
    expect(run.edges['client>api']?.calls).toBe(10_000)
    const arrivals = Object.values(run.services.api?.instances ?? {}).map((instance) => instance.arrivals)
    for (const number of arrivals) expect(Math.abs(number - 2000)).toBeLessThanOrEqual(4)
    // One caller would be exact.
    const alone = await under(constantArrivalRate({ to: 'api', rate: 1000 }), { replicas: 5, work: '1ms' })
    expect(Object.values(alone.services.api?.instances ?? {}).map((one) => one.arrivals)).toEqual(Array(5).fill(2000))
  })

  it('have chance of their own: not all of them begin their rounds at one instance', async () => {
    const run = await under(constantArrivalRate({ to: 'api', rate: 1000, until: 40, clients: 1000 }), {
      replicas: 20,
      work: '1ms',
    })
    const asked = Object.values(run.services.api?.instances ?? {}).filter(({ arrivals }) => arrivals > 0)
    expect(asked.length).toBeGreaterThan(10)
  })

  it('spread over several services by their shares', async () => {
    const to = [{ service: 'api', share: 3 }, { service: 'web', share: 1 }, { service: 'db' }]
    const run = await under(poisson({ to, rate: 500 }), undefined, {
      topology: { web: service({ work: '1ms' }), db: service({ work: '1ms' }) },
    })
    const { offered = 0 } = run.workload.client ?? {}
    expect(offered).toBeGreaterThan(4500)
    expect((run.services.api?.offered ?? 0) / offered).toBeCloseTo(0.6, 1)
    expect((run.services.web?.offered ?? 0) / offered).toBeCloseTo(0.2, 1)
    expect(run.services.api!.offered + run.services.web!.offered + run.services.db!.offered).toBe(offered)
  })

  it('call a method, where they name one', async () => {
    const run = await under(constantArrivalRate({ to: 'api/POST /charges', rate: 10 }), {
      work: '1ms',
      methods: { 'POST /charges': { work: '30ms' } },
    })
    expect(run.workload.api?.latencyMs.max).toBe(30)
  })

  it('are known by their name, else by what they call', async () => {
    const run = await under([
      constantArrivalRate({ to: 'api', rate: 10 }),
      constantArrivalRate({ to: 'api', rate: 20 }),
      constantArrivalRate({ to: 'api', rate: 30, name: 'batch' }),
    ])
    expect(Object.entries(run.workload).map(([id, { offered }]) => [id, offered])).toEqual([
      ['api', 100],
      ['api#2', 200],
      ['batch', 300],
    ])
    expect(run.edges['client>api']?.calls).toBe(300)
    expect(run.edges['batch>api']?.calls).toBe(300)
  })
})

describe('a closed loop', () => {
  it('has each user wait for the answer, think, and call again', async () => {
    const run = await under(closedLoop({ to: 'api', clients: 4, thinkTime: '50ms', until: '9s' }), { work: '200ms' })
    // A round is 250 ms: a user calls at 50, 300 … 8800 ms.
    expect(run.services.api).toMatchObject({ offered: 4 * 36, succeeded: 4 * 36 })
    expect(run.services.api?.server.present).toBeCloseTo((4 * 36 * 200) / 10_000, 9)
  })

  it('falls when answers are slow', async () => {
    const run = await under(closedLoop({ to: 'api', clients: 10, thinkTime: '10ms' }), {
      concurrency: 1,
      work: '100ms',
    })
    expect(run.services.api?.server.completed).toBe(99)
    expect(run.services.api?.server.open).toBe(10)
  })

  it('whose users are refused at once and do not think calls on, once a millisecond', async () => {
    const policies = {
      version: 1,
      targets: { api: { circuitBreaker: { minimumCalls: 1, openFor: '1h', maxOpenFor: '1h' } } },
    }
    const run = await under(closedLoop({ to: 'api', clients: 2 }), { work: '5ms', errorRate: 1 }, { policies })
    expect(outcomesOf(run)).toEqual({ error: 2, 'circuit-open': 2 * 9995 })
  })

  it.each([
    ['each user has a runtime of its own', {}, 6],
    ['users may share one', { callers: 1 }, 1],
    ['or a few', { callers: 2 }, 2],
  ])('%s', async (_, sharing, runtimes) => {
    // Every runtime's circuit opens with the first failure, for the service and for its only endpoint.
    const circuitBreaker = { minimumCalls: 1, openFor: '1h', maxOpenFor: '1h' }
    const policies = { version: 1, targets: { api: { circuitBreaker } } }
    const workload = closedLoop({ to: 'api', clients: 6, thinkTime: '10ms', ...sharing })
    const run = await under(workload, { work: '5ms', errorRate: 1 }, { policies, duration: '1s' })
    expect(run.events$.map(({ type }) => type)).toEqual(Array(2 * runtimes).fill('circuitOpened'))
    expect(new Set(run.events$.map(({ caller }) => caller)).size).toBe(runtimes)
  })
})

describe('users who wait so long and no longer', () => {
  const workload = (impatient: boolean): WorkloadData =>
    constantArrivalRate({ to: 'api', rate: 10, until: '1s', deadline: '50ms', impatient })

  it('impatient ones give up at their deadline; the server does the work all the same', async () => {
    const run = await under(workload(true), { work: '80ms' })
    expect(outcomesOf(run)).toEqual({ timeout: 10 })
    expect(run.workload.api).toMatchObject({ failed: 10, rejected: 0, cancelled: 0, goodput: 0 })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ mean: 50, max: 50 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 10, completed: 10 })
    expect(run.edges['client>api']?.attemptOutcomes.timeout).toBe(10)
  })

  it('patient ones get their answer, and it is no good to them', async () => {
    const run = await under(workload(false), { work: '80ms' })
    expect(outcomesOf(run)).toEqual({ ok: 10 })
    expect(run.workload.api).toMatchObject({ succeeded: 10, goodput: 0, deadlineMs: 50 })
  })

  it('to the instant: an answer at the deadline is in time', async () => {
    for (const impatient of [true, false]) {
      const run = await under(workload(impatient), { work: '49.999ms' })
      expect(run.workload.api).toMatchObject({ succeeded: 10, goodput: 1 })
    }
    const exact = await under(workload(false), { work: '50ms' })
    expect(exact.workload.api).toMatchObject({ succeeded: 10, goodput: 1 })
  })

  it('what is done for them stops with their patience: calls of calls get what is left of it', async () => {
    const db = service({ concurrency: 1, work: '40ms' })
    const options = { to: 'api', rate: 100, until: '50ms', deadline: '100ms', impatient: true } as const
    const run = await under(constantArrivalRate(options), { calls: ['db'] }, { topology: { db } })
    // Five at the database in a line: answered after 40, 70 and 100 … ms, of which the third is too late.
    expect(outcomesOf(run)).toEqual({ ok: 2, timeout: 3 })
    expect(outcomesOf(run, 'api>db')).toEqual({ ok: 2, timeout: 3 })
    expect(run.services.db?.server.completed).toBe(5)
  })

  it('a deadline that has passed is no refusal: such a call has failed, though nothing was sent', async () => {
    const app: AppHandler = async (_request, { client, work }) => {
      await work('80ms')
      await client('db').call({})
    }
    const run = await under(workload(true), { app }, { topology: { db: service({ work: '1ms' }) } })
    expect(run.edges['api>db']).toMatchObject({ calls: 10, attempts: 0, outcomes: { timeout: 10 } })
    expect(run.services.db).toMatchObject({ offered: 10, failed: 10, rejected: 0 })
  })
})

describe('priority', () => {
  const oneAtATime: ServiceData = { concurrency: 1, work: '10ms', discipline: 'priority' }

  /** Three calls at once and one at work: `first` by its priority, although it comes last. */
  const workload = ['w', 'x', 'y', 'first'].map((name, i) => {
    const priority = name === 'first' ? { priority: 'critical' } : {}
    return constantArrivalRate({ to: 'api', name, rate: 1000, from: i, until: i + 0.5, ...priority })
  })
  const latencies = (run: RunDocument): unknown =>
    ['w', 'x', 'y', 'first'].map((name) => run.workload[name]?.latencyMs.max)

  it.each<[string, ServiceData]>([
    ['by steps', { calls: ['mid'] }],
    ['by real code', { app: async (_request, { client }) => client('mid').call({}) }],
  ])('goes down with every call that is made for one, %s', async (_, api) => {
    const topology = { mid: service({ calls: ['db'] }), db: service(oneAtATime) }
    expect(latencies(await under(workload, api, { topology }))).toEqual([10, 29, 38, 17])
  })

  it('reaches the inbound policy', async () => {
    const concurrency = { limit: 1, queue: 10, discipline: 'priority' }
    const policies = { version: 1, inbound: { api: { concurrency } } }
    expect(latencies(await under(workload, { work: '10ms' }, { policies }))).toEqual([10, 29, 38, 17])
  })
})

describe('key', () => {
  const perInstance = (run: RunDocument): number[] =>
    Object.values(run.services.api?.instances ?? {}).map(({ arrivals }) => arrivals)

  it('routes: one key goes to one instance, many are spread', async () => {
    const policies = { version: 1, targets: { api: { loadBalancing: 'ring-hash' } } }
    const api: ServiceData = { replicas: 4, work: '1ms' }
    const one = await under(constantArrivalRate({ to: 'api', rate: 100, key: 'eu' }), api, { policies })
    expect(perInstance(one).sort((a, b) => a - b)).toEqual([0, 0, 0, 1000])
    const keys = { zipf: { keys: 1000, s: 0.5 } } as const
    const many = await under(constantArrivalRate({ to: 'api', rate: 100, key: keys }), api, { policies })
    for (const arrivals of perInstance(many)) expect(arrivals).toBeGreaterThan(80)
  })

  it('has a rate of its own where the policy counts by key, at the caller', async () => {
    const policies = { version: 1, targets: { api: { rateLimit: { rate: 1, burst: 5, by: 'key' } } } }
    const under10 = (key: object): Promise<RunDocument> =>
      under(constantArrivalRate({ to: 'api', rate: 100, until: '500ms', ...key }), { work: '1ms' }, { policies })
    expect(outcomesOf(await under10({ key: 'eu' }))).toEqual({ ok: 5, 'rate-limited': 45 })
    const drawn = outcomesOf(await under10({ key: { uniform: { keys: 4 } } }))
    expect(drawn).toEqual({ ok: 20, 'rate-limited': 30 })
  })

  it('and at the server; without a key it is the caller', async () => {
    const policies = { version: 1, inbound: { api: { rateLimit: { rate: 1, burst: 5, by: 'key' } } } }
    const load = (name: string, rest: object = {}): WorkloadData =>
      constantArrivalRate({ to: 'api', name, rate: 100, until: '200ms', ...rest })
    const two = await under([load('one'), load('two')], { work: '1ms' }, { policies })
    expect([outcomesOf(two, 'one>api'), outcomesOf(two, 'two>api')]).toEqual([
      { ok: 5, refused: 15 },
      { ok: 5, refused: 15 },
    ])
    const same = await under([load('one', { key: 'eu' }), load('two', { key: 'eu' })], { work: '1ms' }, { policies })
    expect(same.services.api?.succeeded).toBe(5)
  })

  it('stays with the call: what is called on its behalf has none', async () => {
    const policies = { version: 1, inbound: { db: { rateLimit: { rate: 1, burst: 5, by: 'key' } } } }
    const keys = { uniform: { keys: 1000 } } as const
    const run = await under(
      constantArrivalRate({ to: 'api', rate: 100, until: '200ms', key: keys }),
      { calls: ['db'] },
      { policies, topology: { db: service({ work: '1ms' }) } },
    )
    expect(outcomesOf(run, 'api>db')).toEqual({ ok: 5, refused: 15 })
  })

  it('is the same under two policies', async () => {
    const keys = { zipf: { keys: 10 } } as const
    const counted = async (policies: Readonly<Record<string, unknown>>): Promise<number[]> =>
      perInstance(await under(poisson({ to: 'api', rate: 200, key: keys }), { replicas: 3, work: '1ms' }, { policies }))
    const ring = { loadBalancing: 'ring-hash' }
    const plain = await counted({ version: 1, targets: { api: ring } })
    expect(await counted({ version: 1, targets: { api: { ...ring, timeout: '1s', retry: true } } })).toEqual(plain)
  })
})
