// What faults do (semantics §5). Times are exact unless chance is the subject.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  type FaultData,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
  type WorkloadData,
} from '../src/index.ts'

const NO_DELAY = { latency: 0 }

interface Load {
  readonly to?: string
  readonly from?: number
  readonly until?: number
  readonly rate?: number
}

/** Calls to `api` at fixed intervals, by callers named `name`; so each stretch of time has figures of its own. */
function load(name: string, { to = 'api', from = 0, until = 9000, rate = 100 }: Load = {}): WorkloadData {
  return constantArrivalRate({ to, name, from, until, rate })
}

interface Story {
  readonly api?: ServiceData
  readonly topology?: Readonly<Record<string, ServiceData>>
  readonly faults: readonly FaultData[]
  readonly loads?: readonly WorkloadData[]
  readonly rest?: Partial<ScenarioData>
}

function tell({
  api = { work: '10ms' },
  topology = {},
  faults,
  loads = [load('user')],
  rest,
}: Story): Promise<RunDocument> {
  const all = { api: service(api), ...topology }
  return simulate({ duration: '10s', network: NO_DELAY, ...rest, topology: all, faults, workload: loads })
}

const outcomesOf = (run: RunDocument, edge: string): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))
const eventsOf = (run: RunDocument, type: string): readonly number[] =>
  run.events$.filter((event) => event.type === type).map(({ atMs }) => atMs)

describe('slow', () => {
  it.each<[string, FaultData, number]>([
    ['adds to the work', at('2s').slow('api', { add: '40ms', for: '3s' }), 50],
    ['multiplies the work', at('2s').slow('api', { factor: 3, for: '3s' }), 30],
    ['sets the work', at('2s').slow('api', { to: '25ms', for: '3s' }), 25],
    ['may make it quicker, too', at('2s').slow('api', { to: '1ms', for: '3s' }), 1],
  ])('%s, from its begin to its end', async (_, fault, ms) => {
    const loads = [
      load('before', { until: 1990 }),
      load('during', { from: 2000, until: 4900 }),
      load('after', { from: 5000 }),
    ]
    const { workload, services } = await tell({ faults: [fault], loads })
    expect(workload.before?.latencyMs).toMatchObject({ mean: 10, max: 10 })
    expect(workload.during?.latencyMs).toMatchObject({ mean: ms, max: ms })
    expect(workload.after?.latencyMs).toMatchObject({ mean: 10, max: 10 })
    expect(services.api?.failed).toBe(0)
  })

  it('strikes a share of the requests, drawn for each', async () => {
    const fault = at(0).slow('api', { add: '100ms', ratio: 0.3 })
    const { workload } = await tell({ faults: [fault] })
    expect(workload.user?.latencyMs.max).toBe(110)
    expect(((workload.user?.latencyMs.mean ?? 0) - 10) / 100).toBeCloseTo(0.3, 1)
  })

  it('strikes one instance only, where it names one', async () => {
    const { workload } = await tell({
      api: { replicas: 4, work: '10ms' },
      faults: [at(0).slow('api#3', { add: '40ms' })],
    })
    expect(workload.user?.latencyMs).toMatchObject({ mean: 20, max: 50 })
  })

  it('strikes each instance of a zone', async () => {
    const api = { replicas: 4, work: '10ms', zones: ['a', 'b'] } as const
    const { workload } = await tell({ api, faults: [at(0).slow('zone:b', { add: '40ms' })] })
    expect(workload.user?.latencyMs.mean).toBe(30)
  })

  it('holds the worker', async () => {
    const api: ServiceData = { concurrency: 4, work: '10ms' }
    const run = await tell({
      api,
      faults: [at(0).slow('api', { add: '10ms' })],
      loads: [load('user')],
    })
    expect(run.services.api?.server.utilization).toBeCloseTo((900 * 20) / (4 * 10_000), 9)
    expect(run.services.api?.server.serviceMs.mean).toBe(20)
  })

  it.each<[string, ServiceData, FaultData, number]>([
    ['add to a service that only calls', { calls: ['db'] }, at(0).slow('api', { add: '40ms' }), 45],
    ['to of a service that only calls', { calls: ['db'] }, at(0).slow('api', { to: '40ms' }), 45],
    [
      'add is added once, however many steps of work',
      { steps: [{ work: '1ms' }, { call: 'db' }, { work: '1ms' }] },
      at(0).slow('api', { add: '40ms' }),
      47,
    ],
    [
      'a factor holds for every step of work',
      { steps: [{ work: '1ms' }, [{ work: '2ms' }, { call: 'db' }], { work: '3ms' }] },
      at(0).slow('api', { factor: 10 }),
      10 + 20 + 30,
    ],
    ['faults add up', { work: '10ms' }, at(0).slow('api', { factor: 2 }), 20],
  ])('%s', async (_, api, fault, ms) => {
    const { workload } = await tell({ api, topology: { db: service({ work: '5ms' }) }, faults: [fault] })
    expect(workload.user?.latencyMs).toMatchObject({ mean: ms, max: ms })
  })

  it.each<[string, FaultData, number]>([
    ['adds to the way there', at(0).slow('user>api', { add: '5ms' }), 10 + 2 + 5],
    ['adds to the way back', at(0).slow('api>user', { add: '5ms' }), 10 + 2 + 5],
    ['multiplies the way there', at(0).slow('user>api', { factor: 4 }), 10 + 1 + 4],
    ['sets the way there', at(0).slow('user>api', { to: '8ms' }), 10 + 1 + 8],
  ])('on an edge %s', async (_, fault, ms) => {
    const { workload, services } = await tell({ faults: [fault], rest: { network: { latency: '1ms' } } })
    expect(workload.user?.latencyMs).toMatchObject({ mean: ms, max: ms })
    expect(services.api?.server.serviceMs.mean).toBe(10)
  })

  it('on an edge leaves the other edges of both ends alone', async () => {
    const loads = [load('user'), load('other')]
    const { workload } = await tell({ faults: [at(0).slow('user>api', { add: '50ms', ratio: 0.5 })], loads })
    expect(workload.other?.latencyMs.max).toBe(10)
    expect(((workload.user?.latencyMs.mean ?? 0) - 10) / 50).toBeCloseTo(0.5, 1)
  })
})

describe('error', () => {
  it('answers after `after`, without taking a worker', async () => {
    const api: ServiceData = { concurrency: 1, work: '10ms' }
    const faults = [at(0).error('api', { ratio: 0.5, after: '30ms' })]
    const run = await tell({ api, faults, loads: [load('user', { rate: 50 })] })
    const { ok = 0, error = 0 } = outcomesOf(run, 'user>api')
    expect(ok + error).toBe(450)
    expect(error / 450).toBeCloseTo(0.5, 1)
    // Had it a worker, the one behind it would wait.
    expect(run.workload.user?.latencyMs.max).toBe(10)
    expect(run.services.api?.failedLatencyMs).toMatchObject({ mean: 30, max: 30 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 450, completed: ok, errors: error })
    expect(run.services.api?.server.utilization).toBeCloseTo((ok * 10) / 10_000, 9)
  })

  it('answers at once by default, and for as long as it lasts', async () => {
    const run = await tell({ faults: [at('2s').error('api', { for: '3s' })] })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 600, error: 300 })
    expect(run.services.api?.failedLatencyMs.max).toBe(0)
  })

  it('strikes one instance only, where it names one', async () => {
    const run = await tell({ api: { replicas: 5, work: '1ms' }, faults: [at(0).error('api#2')] })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 720, error: 180 })
    expect(run.services.api?.instances['api#2']).toMatchObject({ arrivals: 180, errors: 180 })
  })
})

describe('crash', () => {
  const WAY = { network: { latency: '5ms' } } as const

  it('resets open calls one way-delay later, and refuses new ones after a round trip', async () => {
    const faults = [at(1050).crash('api#1')]
    const loads = [load('user', { until: 3000, rate: 10 })]
    const run = await tell({ api: { work: '100ms' }, faults, loads, rest: WAY })
    // Offered at 0 … 0.9 s, each 110 ms; the one of 1 s is at work in the crash; 1.1 … 2.9 s find nobody.
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 10, error: 1, unreachable: 19 })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ max: 55, mean: (55 + 19 * 10) / 20 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 11, completed: 10, errors: 1, open: 0 })
    expect(run.services.api).toMatchObject({ failed: 20, rejected: 0 })
  })

  it('resets those in the line, too, and whoever works there loses the calls it has made', async () => {
    const topology = { db: service({ work: '1s' }) }
    const faults = [at(500).crash('api#1')]
    const run = await tell({
      api: { concurrency: 2, calls: ['db'] },
      topology,
      faults,
      loads: [load('user', { until: 50 })],
    })
    expect(outcomesOf(run, 'user>api')).toEqual({ error: 5 })
    expect(run.services.api?.failedLatencyMs.max).toBe(500)
    // The calls to the database have no caller any more; the database works on them all the same.
    expect(outcomesOf(run, 'api>db')).toEqual({ cancelled: 2 })
    expect(run.services.db).toMatchObject({ cancelled: 2 })
    expect(run.services.db?.server).toMatchObject({ arrivals: 2, completed: 2 })
  })

  it('the registry learns of it when the lease runs out, and nobody goes there any more', async () => {
    const loads = [load('during', { from: 1000, until: 24_000 }), load('late', { from: 24_500, until: 60_000 })]
    const faults = [at('1s').crash('api#2')]
    const run = await tell({ api: { replicas: 2, work: '1ms' }, faults, loads, rest: { duration: '60s' } })
    const [expiredMs = 0, ...more] = eventsOf(run, 'instanceExpired')
    expect(more).toEqual([])
    // The last heartbeat was at most 6 s before the crash (5 s and a fifth of it), the lease is 15 s.
    expect(expiredMs).toBeGreaterThan(1000 + 9000)
    expect(expiredMs).toBeLessThanOrEqual(1000 + 15_000)
    const { unreachable = 0 } = outcomesOf(run, 'during>api')
    // Its clients keep it for 8 s more: it might have been registered again.
    expect(Math.abs(unreachable - (expiredMs + 8000 - 1000) / 20)).toBeLessThanOrEqual(1)
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 3550 })
  })

  it('all instances gone: nobody is left to call', async () => {
    const loads = [load('late', { from: 20_000, until: 21_000 })]
    const faults = [at('1s').crash('api')]
    const run = await tell({ api: { replicas: 2, work: '1ms' }, faults, loads, rest: { duration: '30s' } })
    expect(outcomesOf(run, 'late>api')).toEqual({ 'no-endpoint': 100 })
    expect(run.workload.late).toMatchObject({ rejected: 100, failed: 0 })
  })

  it('comes back under its name with restartAfter, as a new process', async () => {
    const lives = new Set<object>()
    const app: AppHandler = async (_request, { runtime, work }) => {
      lives.add(runtime)
      await work('1ms')
    }
    const loads = [
      load('before', { until: 990 }),
      load('during', { from: 1000, until: 2900 }),
      load('late', { from: 3010, until: 9010 }),
    ]
    const faults = [at('1s').crash('api#2', { restartAfter: '2s' })]
    const run = await tell({ api: { replicas: 2, app }, faults, loads })
    expect(lives.size).toBe(3)
    expect(outcomesOf(run, 'during>api')).toEqual({ ok: 95, unreachable: 95 })
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 600 })
    expect(eventsOf(run, 'instanceRestarted')).toEqual([3000])
    expect(eventsOf(run, 'instanceExpired')).toEqual([])
  })

  it('state and timers are gone: what a handler was waiting for never comes', async () => {
    const done: number[] = []
    const kept: number[] = []
    const app: AppHandler = async (_request, { clock, work, policy }) => {
      kept.push(policy({ name: 'once', concurrency: { limit: 5 } }).state.value.inFlight)
      void policy({ name: 'once', concurrency: { limit: 5 } })
        .execute(() => new Promise(() => {}))
        .catch(() => {})
      await work('700ms')
      done.push(clock.now())
    }
    const faults = [at('1s').crash('api#1', { restartAfter: '1s' })]
    await tell({ api: { app }, faults, loads: [load('user', { rate: 2, until: 5000 })] })
    // Begun at 0 and 0.5 s; the latter is lost with the process, those of 1 and 1.5 s find nobody.
    expect(done).toEqual([700, 2700, 3200, 3700, 4200, 4700, 5200])
    // The permits that the first two calls hold for ever went with the process.
    expect(kept.slice(0, 4)).toEqual([0, 1, 0, 1])
  })

  it('a process that is frozen when it dies resets what had reached it', async () => {
    const faults = [at('1s').pause('api#1', { for: '5s' }), at('2s').crash('api#1')]
    const loads = [load('user', { until: 3000, rate: 10 })]
    const run = await tell({ faults, loads })
    expect(run.services.api).toMatchObject({ offered: 30, inFlight: 0 })
    const { ok, error, unreachable } = outcomesOf(run, 'user>api')
    expect({ ok, error, unreachable }).toEqual({ ok: 10, error: 10, unreachable: 10 })
    expect(run.services.api?.failedLatencyMs.max).toBe(1000)
  })
})

describe('pause', () => {
  it('answers late, and loses nothing', async () => {
    const faults = [at('2s').pause('api#1', { for: '3s' })]
    const run = await tell({ api: { work: '10ms' }, faults, loads: [load('user')] })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 900 })
    // The one of 1.995 s is at work; those that come get in when it wakes up.
    expect(run.services.api?.latencyMs.max).toBe(3010)
    expect(run.services.api?.server.open).toBe(0)
    expect(eventsOf(run, 'instanceExpired')).toEqual([])
  })

  it('takes work that was begun up where it stood still: timers that were due fire at the end', async () => {
    const faults = [at(1).pause('api#1', { for: 99 })]
    const run = await tell({ api: { work: '50ms' }, faults, loads: [load('user', { until: 1 })] })
    expect(run.services.api?.latencyMs.max).toBe(100)
  })

  it('stops one instance only, where it names one', async () => {
    const faults = [at('2s').pause('api#1', { for: '3s' })]
    const run = await tell({ api: { replicas: 2, work: '10ms' }, faults, loads: [load('user')] })
    expect(run.services.api?.latencyMs.max).toBe(3010)
    expect(run.services.api?.latencyMs.mean).toBeLessThan(500)
    expect(run.services.api?.succeeded).toBe(900)
  })

  it('a process frozen for longer than its lease is taken out, and comes back by itself', async () => {
    const loads = [load('during', { from: 20_000, until: 29_000 }), load('late', { from: 40_000, until: 50_000 })]
    const faults = [at('1s').pause('api#1', { for: '29s' })]
    const run = await tell({ api: { replicas: 2, work: '1ms' }, faults, loads, rest: { duration: '60s' } })
    expect(eventsOf(run, 'instanceExpired')).toHaveLength(1)
    expect(outcomesOf(run, 'during>api')).toEqual({ ok: 900 })
    expect(run.workload.during?.latencyMs.max).toBe(1)
    expect(eventsOf(run, 'registrationLost')).toHaveLength(1)
    const { arrivals = 0 } = run.services.api?.instances['api#1'] ?? {}
    expect(arrivals).toBe(500)
    expect(run.services.api?.failed).toBe(0)
  })

  it('a frozen caller hears late', async () => {
    const topology = { db: service({ work: '10ms' }) }
    const faults = [at(1).pause('api#1', { for: 999 })]
    const run = await tell({ api: { calls: ['db'] }, topology, faults, loads: [load('user', { until: 1 })] })
    expect(run.services.db?.latencyMs.max).toBe(1000)
    expect(run.services.api?.latencyMs.max).toBe(1000)
    expect(run.services.db?.server.serviceMs.mean).toBe(10)
  })
})

describe('hold', () => {
  /** A sender whose messages are numbered, and the numbers as the receiver gets them. */
  async function numbered(faults: readonly FaultData[], latency: ScenarioData['network']) {
    const got: { readonly number: unknown; readonly atMs: number }[] = []
    const api: AppHandler = async ({ body }, { clock, work }) => {
      got.push({ number: body, atMs: clock.now() })
      await work('1ms')
    }
    let sent = 0
    const sender: AppHandler = async (_request, { client }) => {
      sent += 1
      await client('api').call({ body: sent })
    }
    const policies = { version: 1, targets: { 'sender>api': { timeout: '200ms' } } }
    const rest = { network: latency ?? {}, policies }
    const topology = { sender: service({ app: sender }) }
    const loads = [load('user', { to: 'sender', until: 3000 })]
    return { got, run: await tell({ api: { app: api }, topology, faults, loads, rest }) }
  }

  it('lets all that was held arrive at its end, in the order it was sent, also where the caller has given up', async () => {
    const delay = { latency: { uniform: { min: 0, max: '30ms' } } } as const
    const { got, run } = await numbered([at('1s').hold('sender>api', { for: '1s' })], delay)
    const held = got.filter(({ atMs }) => atMs === 2000).map(({ number }) => number as number)
    expect(held.length).toBeGreaterThan(90)
    expect(held).toEqual([...held].sort((a, b) => a - b))
    // On other days they overtake each other.
    const others = got.filter(({ atMs }) => atMs < 1000).map(({ number }) => number as number)
    expect(others).not.toEqual([...others].sort((a, b) => a - b))
    expect(got.filter(({ atMs }) => atMs > 1031 && atMs < 2000)).toEqual([])
    // Nothing was lost, though most callers had gone after 200 ms.
    expect(got).toHaveLength(300)
    const { ok = 0, timeout = 0 } = outcomesOf(run, 'sender>api')
    expect(ok + timeout).toBe(300)
    expect(timeout).toBeGreaterThan(75)
    expect(run.services.api?.server).toMatchObject({ arrivals: 300, completed: 300 })
  })

  it('of the other direction keeps the answers back', async () => {
    const { got, run } = await numbered([at('1s').hold('api>sender', { for: '150ms' })], NO_DELAY)
    expect(got.every(({ number, atMs }) => atMs === ((number as number) - 1) * 10)).toBe(true)
    expect(outcomesOf(run, 'sender>api')).toEqual({ ok: 300 })
    // Worked on at 0.99 s, answered at 0.991; the one of 1 s is answered at 1.15.
    expect(run.services.api?.latencyMs.max).toBe(150)
  })

  it('two at once: what both keep goes when the second lets go', async () => {
    const faults = [at('1s').hold('sender>api', { for: '100ms' }), at('1050ms').hold('sender>api', { for: '100ms' })]
    const { got } = await numbered(faults, NO_DELAY)
    expect(got.filter(({ atMs }) => atMs === 1150)).toHaveLength(16)
    expect(got.filter(({ atMs }) => atMs === 1100)).toEqual([])
  })
})

describe('registryDown', () => {
  it('calls go on with what was known', async () => {
    const loads = [load('user', { until: 60_000, rate: 20 })]
    const faults = [at('1s').registryDown({ for: '50s' })]
    const run = await tell({ api: { replicas: 3, work: '1ms' }, faults, loads, rest: { duration: '60s' } })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 1200 })
    for (const { arrivals } of Object.values(run.services.api?.instances ?? {})) expect(arrivals).toBe(400)
    // No lease ran out on that account.
    expect(eventsOf(run, 'instanceExpired')).toEqual([])
    expect(eventsOf(run, 'resolverFailed')).toHaveLength(1)
    expect(eventsOf(run, 'resolverRecovered')).toHaveLength(1)
  })

  it('a service that is called for the first time during it is not found; afterwards it is', async () => {
    const loads = [load('early', { from: 2000, until: 3000 }), load('late', { from: 20_000, until: 21_000 })]
    const faults = [at('1s').registryDown({ for: '9s' })]
    const run = await tell({ faults, loads, rest: { duration: '30s' } })
    expect(outcomesOf(run, 'early>api')).toEqual({ 'no-endpoint': 100 })
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 100 })
  })

  it('an instance that was taken out and restarts during it becomes known after it', async () => {
    const seen = new Map<object, number>()
    const app: AppHandler = (_request, { runtime, clock }) => {
      if (!seen.has(runtime)) seen.set(runtime, clock.now())
    }
    const faults = [at('1s').crash('api#2', { restartAfter: '24s' }), at('20s').registryDown({ for: '20s' })]
    const loads = [load('user', { until: 60_000 })]
    const run = await tell({ api: { replicas: 2, app }, faults, loads, rest: { duration: '60s' } })
    expect(eventsOf(run, 'instanceExpired')).toHaveLength(1)
    const [, , backMs = 0] = [...seen.values()]
    // It tries to register at least every 10 s.
    expect(backMs).toBeGreaterThan(40_000)
    expect(backMs).toBeLessThan(50_100)
    const { unreachable = 0, ok = 0 } = outcomesOf(run, 'user>api')
    expect(unreachable).toBeGreaterThan(400)
    expect(ok + unreachable).toBe(6000)
  })
})

describe('what is told of faults', () => {
  it('their begins and ends are in the run document, under the name they were given', async () => {
    const faults = [at('1s').slow('api', { add: '5ms', ratio: 0.5, for: '2s' }), at('2s').crash('api#1')]
    const { events$ } = await tell({ faults })
    expect(events$.filter(({ type }) => type.startsWith('fault'))).toEqual([
      { atMs: 1000, type: 'faultBegan', fault: 'slow api +5ms 50%' },
      { atMs: 2000, type: 'faultBegan', fault: 'crash api#1' },
      { atMs: 3000, type: 'faultEnded', fault: 'slow api +5ms 50%' },
    ])
  })

  it('a fault without an end lasts to the end of the run, one at 0 s is there for the first call', async () => {
    const run = await tell({ faults: [at(0).error('api')] })
    expect(outcomesOf(run, 'user>api')).toEqual({ error: 900 })
  })
})
