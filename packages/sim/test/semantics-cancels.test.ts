// What a server does for a caller who has given up (contract §6, onCancel): the giving up travels as a packet.
import { isCancelledError } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  type FaultData,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'

/** `calls` to `api`, a millisecond apart, each given up after `patience`; packets take 2 ms. */
function impatient(
  data: ServiceData,
  { calls = 3, patience = 15, ...rest }: Partial<ScenarioData> & { calls?: number; patience?: number } = {},
): Promise<RunDocument> {
  const workload = constantArrivalRate({ to: 'api', rate: 1000, until: calls, deadline: patience, impatient: true })
  const topology = { api: service(data), ...(rest.topology as object) }
  return simulate({ duration: '2s', network: { latency: '2ms' }, ...rest, topology, workload: [workload] })
}

const outcomesOf = (run: RunDocument, edge = 'client>api'): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))
const server = (run: RunDocument, name = 'api'): Record<string, unknown> => ({ ...run.services[name]?.server })

/**
 * A caller who changes its mind at `afterMs` (each of `calls`, a millisecond apart), so that no deadline that is passed down
 * tells the services before its giving up does. Packets take 2 ms.
 */
function fickle(
  topology: Readonly<Record<string, ServiceData>>,
  { calls = 1, afterMs = 15, ...rest }: Partial<ScenarioData> & { calls?: number; afterMs?: number } = {},
): Promise<RunDocument> {
  const app: AppHandler = async (_request, { runtime, clock }) => {
    const controller = new AbortController()
    clock.schedule(clock.now() + afterMs, { onTimer: () => controller.abort() })
    await runtime.client('api').call({}, { signal: controller.signal })
  }
  return simulate({
    duration: '2s',
    network: { latency: '2ms' },
    ...rest,
    topology: { user: service({ app }), ...topology },
    workload: [constantArrivalRate({ to: 'user', rate: 1000, until: calls })],
  })
}

const ONE: ServiceData = { concurrency: 1, work: '10ms' }

describe('onCancel: finish', () => {
  it('is told nothing: the work is done all the same', async () => {
    const run = await impatient(ONE)
    expect(outcomesOf(run)).toEqual({ ok: 1, timeout: 2 })
    expect(server(run)).toMatchObject({ arrivals: 3, completed: 3, refused: 0, utilization: 30 / 2000 })
  })
})

describe('onCancel: dequeue', () => {
  it('takes out of the line who waits, when it hears of it, and finishes what has begun', async () => {
    // Begun at 2; the second at 12. At 16 the second gives up, which is heard at 18; the third at 19, out of the line.
    const run = await impatient({ ...ONE, onCancel: 'dequeue' })
    expect(outcomesOf(run)).toEqual({ ok: 1, timeout: 2 })
    expect(server(run)).toMatchObject({ arrivals: 3, completed: 2, refused: 1, open: 0, utilization: 20 / 2000 })
  })

  it('takes the packet’s time: who is begun meanwhile is finished', async () => {
    const far = await impatient({ ...ONE, onCancel: 'dequeue' }, { network: { latency: '6ms' }, patience: 19 })
    // The third gives up at 21 and is begun at 26; that is heard at 27.
    expect(server(far)).toMatchObject({ completed: 3, refused: 0 })
  })

  it('leaves the queue’s place to others', async () => {
    const late = constantArrivalRate({ to: 'api', name: 'late', rate: 1000, from: 25, until: 26 })
    const early = constantArrivalRate({ to: 'api', rate: 1000, until: 2, deadline: 15, impatient: true })
    const under = (onCancel: 'finish' | 'dequeue'): Promise<RunDocument> =>
      simulate({
        duration: '1s',
        network: { latency: '2ms' },
        topology: { api: service({ concurrency: 1, work: '100ms', queue: 1, onCancel }) },
        workload: [early, late],
      })
    expect(outcomesOf(await under('finish'), 'late>api')).toEqual({ refused: 1 })
    expect(outcomesOf(await under('dequeue'), 'late>api')).toEqual({ ok: 1 })
  })

  it('also takes out who waits for the inbound policy', async () => {
    const policies = { version: 1, inbound: { api: { concurrency: { limit: 1, queue: 5, maxWait: '1s' } } } }
    const patient = constantArrivalRate({ to: 'api', name: 'patient', rate: 1000, from: 30, until: 31 })
    const run = await simulate({
      duration: '1s',
      policies,
      network: { latency: '2ms' },
      topology: { api: service({ work: '50ms', onCancel: 'dequeue' }) },
      workload: [constantArrivalRate({ to: 'api', rate: 1000, until: 4, deadline: 15, impatient: true }), patient],
    })
    expect(server(run)).toMatchObject({ arrivals: 5, completed: 2, refused: 3, open: 0 })
    // Nobody stands before it: 52 is when the first has been served.
    expect(run.workload.patient?.latencyMs.max).toBe(52 + 50 + 2 - 30)
  })

  it('a giving up that overtakes its request: it arrives, is not begun, and takes no worker', async () => {
    const run = await simulate({
      duration: '2s',
      network: { latency: { uniform: { min: '1ms', max: '100ms' } } },
      topology: { api: service({ concurrency: 1000, work: '1ms', onCancel: 'dequeue' }) },
      workload: [constantArrivalRate({ to: 'api', rate: 1000, until: 500, deadline: 5, impatient: true })],
    })
    const { arrivals, completed, refused, open } = run.services.api?.server ?? {}
    expect([arrivals, open]).toEqual([500, 0])
    expect(refused).toBeGreaterThan(100)
    expect((completed ?? 0) + (refused ?? 0)).toBe(500)
    expect(run.services.api?.server.utilization).toBeCloseTo((completed ?? 0) / 1000 / 2000, 9)
  })

  it.each<[string, FaultData, object]>([
    // All come at 100, in the order sent: the requests, then what was given up; the first is begun.
    ['held back with the requests', at(0).hold('client>api', { for: '100ms' }), { completed: 1, refused: 2 }],
    // All that was due is then done in its order: the second is begun before it is heard that it was given up.
    ['to a paused host', at('5ms').pause('api', { for: '100ms' }), { completed: 2, refused: 1 }],
    ['to a host that has crashed', at('5ms').crash('api', { restartAfter: '2ms' }), { completed: 0, errors: 3 }],
  ])('%s', async (_, fault, expected) => {
    const run = await impatient({ ...ONE, onCancel: 'dequeue' }, { faults: [fault] })
    expect(server(run)).toMatchObject({ arrivals: 3, open: 0, ...expected })
  })
})

describe('onCancel: abort', () => {
  it('ends work under way, and its worker is free', async () => {
    const run = await impatient({ concurrency: 1, work: '1s', onCancel: 'abort' }, { calls: 2 })
    // Begun at 2, aborted at 17; the second begins then and is aborted at 18.
    expect(outcomesOf(run)).toEqual({ timeout: 2 })
    expect(server(run)).toMatchObject({ arrivals: 2, completed: 0, refused: 2, open: 0, utilization: 16 / 2000 })
  })

  it('gives the shared workers to the others', async () => {
    const slow = constantArrivalRate({ to: 'api', rate: 1000, until: 1, deadline: 20, impatient: true })
    const other = constantArrivalRate({ to: 'api', name: 'other', rate: 1000, from: 10, until: 11 })
    const run = await simulate({
      duration: '1s',
      network: { latency: 0 },
      topology: { api: service({ concurrency: 1, work: '30ms', discipline: 'processor-sharing', onCancel: 'abort' }) },
      workload: [slow, other],
    })
    // From 10 to 20 two share; alone from then on.
    expect(run.workload.other?.latencyMs.max).toBe(10 + 25)
  })

  it('calls off what was called for it, all the way down', async () => {
    const run = await fickle({
      api: service({ calls: ['mid'], onCancel: 'abort' }),
      mid: service({ concurrency: 1, steps: [[{ call: 'db' }, { work: '5ms' }]], onCancel: 'abort' }),
      db: service({ concurrency: 1, work: '1s', onCancel: 'abort' }),
    })
    for (const edge of ['user>api', 'api>mid', 'mid>db']) expect(outcomesOf(run, edge), edge).toEqual({ cancelled: 1 })
    for (const name of ['api', 'mid', 'db']) {
      expect(server(run, name), name).toMatchObject({ arrivals: 1, completed: 0, errors: 0, refused: 1, open: 0 })
    }
    // The user is called at 2 and gives up at 17; mid is at work from 6 to 21, db from 8 to 23.
    expect(run.services.mid?.server.utilization).toBe(15 / 2000)
    expect(run.services.db?.server.utilization).toBe(15 / 2000)
  })

  it('but what was called is told only where it hears of it', async () => {
    const run = await fickle({ api: service({ calls: ['db'], onCancel: 'abort' }), db: service({ work: '100ms' }) })
    expect(server(run, 'api')).toMatchObject({ refused: 1 })
    expect(server(run, 'db')).toMatchObject({ completed: 1 })
  })

  it.each([
    ['away at its calls', '100ms'],
    ['or back again, and in the line', '4ms'],
  ] as const)('a worker that was let go is not given back twice: %s', async (_, dbWork) => {
    const api: ServiceData = {
      concurrency: 1,
      work: '5ms',
      calls: ['db'],
      holdWorkerDuringCalls: false,
      onCancel: 'abort',
    }
    const run = await fickle({ api, db: { work: dbWork } }, { calls: 5, afterMs: 29 })
    const { arrivals, completed = 0, refused = 0, open } = run.services.api?.server ?? {}
    expect([arrivals, completed + refused, open]).toEqual([5, 5, 0])
    expect(refused).toBeGreaterThan(0)
    // Each was at work for 5 ms, whatever became of it then.
    expect(run.services.api?.server.utilization).toBeCloseTo(25 / 2000, 9)
  })

  describe('of real code', () => {
    const seen: unknown[] = []
    const story = async (app: AppHandler, rest: object = {}): Promise<RunDocument> => {
      seen.length = 0
      return impatient(
        { concurrency: 1, app, onCancel: 'abort', ...rest },
        { calls: 1, topology: { db: { work: '1s' } } },
      )
    }

    it('aborts its signal, and ends its work', async () => {
      const run = await story(async (_request, { signal, work, clock }) => {
        signal.addEventListener('abort', () => seen.push(['told', clock.now()]))
        try {
          await work('1s')
        } finally {
          seen.push(['ended', clock.now(), signal.aborted])
        }
      })
      expect(seen).toEqual([
        ['told', 17],
        ['ended', 17, true],
      ])
      expect(server(run)).toMatchObject({ arrivals: 1, errors: 0, refused: 1, open: 0, utilization: 15 / 2000 })
    })

    it('cancels its calls, and makes no more', async () => {
      seen.length = 0
      const app: AppHandler = async (_request, { client, work, clock }) => {
        const failure = await client('db')
          .call({})
          .catch((error: unknown) => error)
        seen.push(isCancelledError(failure), clock.now())
        const more = await Promise.allSettled([client('db').call({}), work('5ms')])
        seen.push(...more.map(({ status }) => status))
      }
      const db = service({ work: '1s', onCancel: 'abort' })
      const run = await fickle({ api: service({ app, onCancel: 'abort' }), db })
      expect(seen).toEqual([true, 19, 'rejected', 'rejected'])
      expect(outcomesOf(run, 'api>db')).toEqual({ cancelled: 1 })
      expect(server(run, 'db')).toMatchObject({ arrivals: 1, completed: 0, refused: 1, open: 0 })
    })

    it('what nobody looks at any more is no bug of the handler', async () => {
      const app: AppHandler = async (_request, { client, work }) => {
        const aside = work('1s')
        await client('db').call({})
        await aside
      }
      const run = await fickle({ api: service({ app, onCancel: 'abort' }), db: service({ work: '1s' }) })
      expect(server(run)).toMatchObject({ refused: 1, errors: 0 })
    })

    it('it is also ended where it has let its worker go', async () => {
      const app: AppHandler = async (_request, { client, work }) => {
        await client('db').call({})
        await work('5ms')
      }
      const api = service({ app, concurrency: 1, onCancel: 'abort', holdWorkerDuringCalls: false })
      const run = await fickle({ api, db: service({ work: '1s' }) }, { calls: 3 })
      expect(server(run)).toMatchObject({ arrivals: 3, refused: 3, errors: 0, open: 0, utilization: 0 })
    })

    it('dequeue leaves the signal alone', async () => {
      await story(
        async (_request, { signal, work }) => {
          await work('100ms')
          seen.push(signal.aborted)
        },
        { onCancel: 'dequeue' },
      )
      expect(seen).toEqual([false])
    })
  })
})

describe('the books balance', () => {
  it.each(['fifo', 'lifo', 'priority', 'processor-sharing', 'codel'] as const)(
    'with %s, whatever is given up',
    async (discipline) => {
      for (const onCancel of ['dequeue', 'abort'] as const) {
        for (const holdWorkerDuringCalls of [true, false]) {
          const tier = { discipline, onCancel, holdWorkerDuringCalls, replicas: 2, concurrency: 2, queue: 20 } as const
          const run = await simulate({
            duration: '20s',
            policies: {
              version: 1,
              targets: { '*': { timeout: '120ms', retry: { maxAttempts: 3, attemptTimeout: '60ms' } } },
              inbound: { db: { concurrency: { limit: 8, queue: 4 } } },
            },
            topology: {
              api: service({
                ...tier,
                steps: [{ work: '2ms' }, [{ call: 'db' }, { call: 'db', optional: true }], { work: '1ms' }],
              }),
              db: service({ ...tier, work: { exponential: { mean: '9ms' } } }),
            },
            workload: [poisson({ to: 'api', rate: 260, clients: 3 })],
            faults: [
              at('5s').crash('db#1', { restartAfter: '1s' }),
              at('8s').pause('api#2', { for: '500ms' }),
              at('12s').slow('db', { add: '50ms', ratio: 0.3, for: '2s' }),
            ],
          })
          for (const name of ['api', 'db']) {
            const { arrivals = 0, completed = 0, errors = 0, refused = 0, open = 0 } = run.services[name]?.server ?? {}
            expect(arrivals).toBe(completed + errors + refused + open)
            expect(refused).toBeGreaterThan(0)
            expect(open).toBeLessThan(100)
            expect(run.services[name]?.server.utilization).toBeLessThanOrEqual(1)
          }
        }
      }
    },
  )
})
