// Who is served next, and who gives a worker away (semantics §4): exact times where nothing is drawn, theory where it is.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  constantArrivalRate,
  exponential,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
  type WorkloadData,
} from '../src/index.ts'

const NO_DELAY = { latency: 0 }

/** One call at an instant, from a caller of its own. */
function call(name: string, atMs: number, rest: object = {}): WorkloadData {
  return constantArrivalRate({ to: 'api', name, rate: 1, from: atMs, until: atMs + 0.5, ...rest })
}

/** Calls to `api`, by name and instant, and when each was answered. */
async function answeredAt(
  data: ServiceData,
  calls: Readonly<Record<string, number>>,
  rest: Partial<ScenarioData> & { readonly priorities?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly at: Record<string, number | string>; readonly run: RunDocument }> {
  const { priorities = {}, ...others } = rest
  const workload = Object.entries(calls).map(([name, atMs]) => {
    const priority = priorities[name]
    return call(name, atMs, priority === undefined ? {} : { priority })
  })
  const topology = { api: service(data), ...(others.topology as object) }
  const run = await simulate({ duration: '10s', network: NO_DELAY, ...others, topology, workload })
  const at = Object.entries(calls).map(([name, atMs]) => {
    const outcomes = Object.entries(run.edges[`${name}>api`]?.outcomes ?? {}).filter(([, number]) => number > 0)
    const latency = run.workload[name]?.latencyMs.max
    return [name, latency == null ? (outcomes[0]?.[0] ?? 'open') : atMs + latency]
  })
  return { at: Object.fromEntries(at) as Record<string, number | string>, run }
}

const THREE_WAIT = { a: 0, b: 1, c: 2, d: 3 }

describe('lifo', () => {
  it('serves the newest first', async () => {
    const { at } = await answeredAt({ concurrency: 1, work: '10ms', discipline: 'lifo' }, THREE_WAIT)
    expect(at).toEqual({ a: 10, d: 20, c: 30, b: 40 })
  })

  it('refuses who finds the line full, and who has waited too long, wherever it stands', async () => {
    const data: ServiceData = { concurrency: 1, work: '10ms', discipline: 'lifo', queue: 2, queueTimeout: '15ms' }
    const { at, run } = await answeredAt(data, THREE_WAIT)
    expect(at).toEqual({ a: 10, c: 20, b: 'refused', d: 'refused' })
    expect(run.services.api?.failedLatencyMs.max).toBe(15)
  })
})

describe('priority', () => {
  const calls = { a: 0, b: 1, c: 2, d: 3, e: 4, f: 5 }
  const priorities = { a: 'sheddable', b: 'sheddable', d: 'default', e: 'critical', f: 'anything else' }

  it('serves classes in order, within one in order, too, and interrupts nobody', async () => {
    const data: ServiceData = { concurrency: 1, work: '10ms', discipline: 'priority' }
    const { at } = await answeredAt(data, calls, { priorities })
    expect(at).toEqual({ a: 10, e: 20, f: 30, c: 40, d: 50, b: 60 })
  })

  it('has a place again when somebody has waited too long', async () => {
    const data: ServiceData = {
      concurrency: 1,
      work: '100ms',
      discipline: 'priority',
      queue: 1,
      queueTimeout: '10ms',
    }
    const { at, run } = await answeredAt(data, { a: 0, b: 1, c: 20, d: 95 })
    expect(at).toEqual({ a: 100, b: 'refused', c: 'refused', d: 200 })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ mean: 10, max: 10 })
  })

  it('ranks them as the inbound policy does', async () => {
    const concurrency = { limit: 1, queue: 10, discipline: 'priority' }
    const policies = { version: 1, inbound: { api: { concurrency } } }
    const { at } = await answeredAt({ work: '10ms' }, calls, { priorities, policies })
    expect(at).toEqual({ a: 10, e: 20, f: 30, c: 40, d: 50, b: 60 })
  })

  it('Q12: two classes wait as Cobham says', async () => {
    const run = await simulate({
      duration: '130000s',
      warmup: '5000s',
      network: NO_DELAY,
      topology: { api: service({ concurrency: 1, work: exponential({ mean: '1s' }), discipline: 'priority' }) },
      workload: [
        poisson({ to: 'api', name: 'first', rate: 0.2, priority: 'critical' }),
        poisson({ to: 'api', name: 'second', rate: 0.6 }),
      ],
    })
    const waited = (name: string): number => (run.workload[name]?.latencyMs.mean ?? 0) / 1000 - 1
    expect(run.services.api?.server.arrivals).toBeGreaterThan(99_000)
    // Standard errors of about 1 % and 3 %, since waits of neighbours go together.
    expect(waited('first')).toBeGreaterThan(0.95)
    expect(waited('first')).toBeLessThan(1.05)
    expect(waited('second')).toBeGreaterThan(4.6)
    expect(waited('second')).toBeLessThan(5.4)
  })
})

describe('processor sharing', () => {
  const shared: ServiceData = { concurrency: 1, work: '10ms', discipline: 'processor-sharing' }

  it('gives all who are present an equal part, and nobody waits', async () => {
    // a alone for 4 ms, then a and b by halves: a has 6 left, which take 12; b has 4 left then.
    const { at, run } = await answeredAt(shared, { a: 0, b: 4 })
    expect(at).toEqual({ a: 16, b: 20 })
    expect(run.services.api?.server.queueMs.mean).toBe(0)
    expect(run.services.api?.server.utilization).toBeCloseTo(20 / 10_000, 9)
  })

  it('nobody is faster than one worker', async () => {
    const { at, run } = await answeredAt({ ...shared, concurrency: 2 }, { a: 0, b: 0.1, c: 5 })
    // From 5 on three share two workers: a has 5 left, which take 7.5.
    expect(at.a).toBe(12.5)
    // b has 0.1 left, at full speed again; then c, which was given 5.1.
    expect(at.b).toBe(12.6)
    expect(at.c).toBe(17.5)
    expect(run.services.api?.server.utilization).toBeCloseTo(30 / (2 * 10_000), 9)
  })

  it('queue bounds how many are present beyond the workers', async () => {
    const { at } = await answeredAt({ ...shared, queue: 1 }, { a: 0, b: 1, c: 2, d: 21 })
    expect(at).toEqual({ a: 19, b: 20, c: 'refused', d: 31 })
  })

  it('shares the work of real code, too, and of those who wait for their calls unless they let workers go', async () => {
    const app: AppHandler = async (_request, { work, client }) => {
      await work('10ms')
      await client('db').call({})
    }
    const topology = { db: service({ work: '30ms' }) }
    const data = { concurrency: 1, discipline: 'processor-sharing', app } as const
    const held = await answeredAt(data, { a: 0, b: 20 }, { topology })
    // b shares with a, who waits for db from 10 to 40: 20 ms of half speed.
    expect(held.at).toEqual({ a: 40, b: 40 + 30 })
    const free = await answeredAt({ ...data, holdWorkerDuringCalls: false }, { a: 0, b: 20 }, { topology })
    expect(free.at).toEqual({ a: 40, b: 60 })
  })

  it('a crash ends it all, and the next life begins with nothing', async () => {
    const { at, run } = await answeredAt(
      shared,
      { a: 0, b: 4, c: 100 },
      { faults: [{ at: '5ms', crash: { target: 'api', restartAfter: '20ms' } }] },
    )
    expect(at).toEqual({ a: 'error', b: 'error', c: 110 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 3, completed: 1, errors: 2, open: 0 })
  })

  it('is insensitive to how the work is distributed: M/G/1 shared, 1 / (1 - rho)', async () => {
    const work = { hyperexponential: { mean: '1s', cs2: 4 } } as const
    const run = await simulate({
      duration: '60000s',
      warmup: '2000s',
      network: NO_DELAY,
      topology: { api: service({ concurrency: 1, work, discipline: 'processor-sharing' }) },
      workload: [poisson({ to: 'api', rate: 0.6 })],
    })
    // First come, first served would take 4.75 s.
    expect((run.services.api?.latencyMs.mean ?? 0) / 1000).toBeGreaterThan(2.5 * 0.95)
    expect((run.services.api?.latencyMs.mean ?? 0) / 1000).toBeLessThan(2.5 * 1.05)
  })
})

describe('codel', () => {
  it('is first come, first served while a burst drains within its interval', async () => {
    const { at } = await answeredAt({ concurrency: 1, work: '10ms', discipline: 'codel' }, THREE_WAIT)
    expect(at).toEqual({ a: 10, b: 20, c: 30, d: 40 })
  })

  it('under overload refuses who has waited above 10 ms: who is answered is answered soon', async () => {
    const under = (discipline: 'fifo' | 'codel'): Promise<RunDocument> =>
      simulate({
        duration: '60s',
        warmup: '5s',
        network: NO_DELAY,
        topology: { api: service({ concurrency: 1, work: exponential({ mean: '2ms' }), discipline }) },
        workload: [poisson({ to: 'api', rate: 750, deadline: '100ms' })],
      })
    const [fifo, codel] = [await under('fifo'), await under('codel')]
    expect(fifo.workload.api?.goodput).toBeLessThan(0.01)
    // Two of three can be served.
    expect(codel.workload.api?.goodput).toBeGreaterThan(0.63)
    // Seldom longer than the interval in which overload is found out.
    expect(codel.services.api?.latencyMs.p99).toBeLessThan(110)
    const { server } = codel.services.api ?? {}
    expect(server?.refused).toBeGreaterThan(0.3 * (server?.arrivals ?? 0))
    expect(codel.edges['client>api']?.outcomes.refused).toBe(server?.refused)
    expect(server?.utilization).toBeGreaterThan(0.95)
  })

  it.each([
    [0.8, 0.89],
    [1.1, 0.84],
    [1.5, 0.92],
    [3, 0.98],
  ])('O2: at a load of %f, goodput of the capacity', async (load, theory) => {
    const run = await simulate({
      duration: '1000s',
      warmup: '50s',
      network: NO_DELAY,
      topology: { api: service({ concurrency: 1, work: exponential({ mean: '10ms' }), discipline: 'codel' }) },
      workload: [poisson({ to: 'api', rate: 100 * load, deadline: '500ms' })],
    })
    const goodput = (run.workload.api?.goodput ?? 0) * Math.max(1, load)
    expect(Math.abs(goodput - theory)).toBeLessThan(0.02)
  })

  it('never gives up who comes back after its calls', async () => {
    const run = await simulate({
      duration: '20s',
      network: NO_DELAY,
      topology: {
        api: service({
          concurrency: 1,
          discipline: 'codel',
          holdWorkerDuringCalls: false,
          steps: [{ work: exponential({ mean: '2ms' }) }, { call: 'db' }, { work: '1ms' }],
        }),
        db: service({ work: exponential({ mean: '5ms' }) }),
      },
      workload: [poisson({ to: 'api', rate: 500 })],
    })
    const { completed = 0, refused = 0, errors, open = 0 } = run.services.api?.server ?? {}
    expect(refused).toBeGreaterThan(1000)
    expect(errors).toBe(0)
    // Who has called has been answered or is still there.
    expect(run.services.db?.offered).toBeGreaterThanOrEqual(completed)
    expect(run.services.db?.offered).toBeLessThanOrEqual(completed + open)
  })
})

describe('a worker that is let go during calls', () => {
  const served = (run: RunDocument): unknown => run.services.api?.server
  const db = { db: service({ work: '50ms' }) }
  const data: ServiceData = { concurrency: 1, work: '10ms', calls: ['db'], holdWorkerDuringCalls: false }

  it('serves others meanwhile; who comes back goes to the end of the line', async () => {
    const { at, run } = await answeredAt(data, { a: 0, b: 1, c: 2 }, { topology: db })
    expect(at).toEqual({ a: 60, b: 70, c: 80 })
    // Held, the third would have been answered at 180.
    expect(run.services.api?.server.utilization).toBeCloseTo(30 / 10_000, 9)
    // When a is back at 80 c is at work until 90, and when b is at 110 nobody is.
    const busy = await answeredAt({ ...data, work: '30ms' }, { a: 0, b: 1, c: 2 }, { topology: db })
    expect(busy.at).toEqual({ a: 90, b: 110, c: 140 })
  })

  it('nobody who comes back is refused or timed out, be the line full or not', async () => {
    const narrow = { ...data, work: '30ms', queue: 1, queueTimeout: '35ms' } as const
    const { at } = await answeredAt(narrow, { a: 0, b: 1, c: 75, d: 78 }, { topology: db })
    // a is back at 80, when c is at work and d has the only place; when d lets go at 135 it has waited for 55 ms.
    expect(at).toEqual({ a: 135, b: 135, c: 155, d: 185 })
  })

  it('not while work beside the calls goes on', async () => {
    const steps = [[{ work: '30ms' }, { call: 'db' }], { work: '5ms' }] as const
    const { at } = await answeredAt(
      { concurrency: 1, steps, holdWorkerDuringCalls: false },
      { a: 0, b: 1 },
      { topology: db },
    )
    // b begins at 30; a is back at 50 and waits until 60; b is back at 80.
    expect(at).toEqual({ a: 65, b: 85 })
  })

  it('not for calls that are not made, or refused at once', async () => {
    const steps = [{ call: 'db', probability: 0 }, { work: '10ms' }] as const
    const { at } = await answeredAt(
      { concurrency: 1, steps, holdWorkerDuringCalls: false },
      { a: 0, b: 1 },
      { topology: db },
    )
    expect(at).toEqual({ a: 10, b: 20 })
    // The second and the third call of db are refused by the caller's own policy, before the work beside them begins.
    const policies = { version: 1, targets: { db: { rateLimit: { rate: 0.001, burst: 1 } } } }
    const refused = { call: 'db', optional: true } as const
    const beside = await answeredAt(
      { concurrency: 1, steps: [[refused, { work: '30ms' }], { work: '10ms' }], holdWorkerDuringCalls: false },
      { a: 0, b: 1, c: 2 },
      { topology: db, policies },
    )
    // a lets go at 30 and is back at 50, behind c; b and c keep their worker for 40 ms each.
    expect(beside.at).toEqual({ a: 120, b: 70, c: 110 })
    expect(beside.run.services.api?.server.utilization).toBeCloseTo(120 / 10_000, 9)
  })

  it('a failed call fails the request when it has a worker again', async () => {
    const broken = { db: service({ work: '50ms', errorRate: 1 }) }
    const { at, run } = await answeredAt(data, { a: 0, b: 52 }, { topology: broken })
    expect(at).toEqual({ a: 'error', b: 'error' })
    // a is back at 60, when b is at work until 62.
    expect(run.services.api?.failedLatencyMs.max).toBe(62)
    expect(served(run)).toMatchObject({ arrivals: 2, errors: 2, open: 0 })
  })

  describe('of real code', () => {
    const coded = (app: AppHandler): ServiceData => ({ concurrency: 1, app, holdWorkerDuringCalls: false })

    it('is let go while it waits for calls, and is there again before it goes on', async () => {
      const app: AppHandler = async (_request, { work, client }) => {
        await work('30ms')
        await client('db').call({})
        await work('5ms')
      }
      const { at, run } = await answeredAt(coded(app), { a: 0, b: 1, c: 2 }, { topology: db })
      // At work: a to 30, b to 60, c to 90; a is back at 80, b at 110, c at 140.
      expect(at).toEqual({ a: 95, b: 115, c: 145 })
      expect(run.services.api?.server.utilization).toBeCloseTo(105 / 10_000, 9)
    })

    it('is kept while it works beside its calls, and while it waits for something else', async () => {
      const app: AppHandler = async (_request, { work, client, clock }) => {
        const asked = client('db').call({})
        await work('30ms')
        await asked
        await new Promise<void>((resolve) => clock.schedule(clock.now() + 10, { onTimer: () => resolve() }))
      }
      const { at } = await answeredAt(coded(app), { a: 0, b: 1 }, { topology: db })
      // a lets go at 30, b begins and keeps it to 60; a is back at 50.
      expect(at).toEqual({ a: 70, b: 90 })
    })

    it('all the answers that come while it is away are handed over when it is back', async () => {
      const seen: [string, number][] = []
      const app: AppHandler = async ({ body }, { client, clock, work }) => {
        void body
        await Promise.all([client('db').call({}), client('quick').call({})])
        seen.push(['both', clock.now()])
        await work('20ms')
      }
      const topology = { ...db, quick: service({ work: '5ms' }) }
      const { at } = await answeredAt(coded(app), { a: 0, b: 40 }, { topology })
      expect(seen).toEqual([
        ['both', 50],
        ['both', 90],
      ])
      expect(at).toEqual({ a: 70, b: 110 })
    })

    it('may answer without one, and leaves none behind', async () => {
      const app: AppHandler = async (_request, { client, clock }) => {
        const tick = new Promise<void>((resolve) => clock.schedule(clock.now() + 10, { onTimer: () => resolve() }))
        await Promise.race([client('db').call({}), tick])
      }
      const { at, run } = await answeredAt(coded(app), { a: 0, b: 1, c: 100 }, { topology: db })
      expect(at).toEqual({ a: 10, b: 11, c: 110 })
      expect(run.services.api?.server.utilization).toBe(0)
      expect(served(run)).toMatchObject({ arrivals: 3, completed: 3, open: 0 })
    })
  })
})
