// Optimistic locking under contention (AWS, "Exponential Backoff And Jitter", and its aws-arch-backoff-simulator):
// clients that all begin at once read one row, write it back, and begin again where another was first.
import type { AppContext, AppHandler } from '../../src/scenario/app-handler.ts'
import { fail } from '../../src/scenario/fail.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** One way between a client and the database. */
const WAY = { normal: { mean: '10ms', sd: '2ms' } }

type Backoff = 'no backoff' | 'none' | 'full' | 'equal' | 'decorrelated'

/** What the source calls them. */
const IDS: Readonly<Record<Backoff, string>> = {
  'no backoff': 'None',
  none: 'Expo',
  full: 'Full',
  equal: 'Equal',
  decorrelated: 'Decorr',
}

/** Waits grow from twice the base of 5 ms there, decorrelated ones from the base itself. */
function backoff(kind: Backoff): Readonly<Record<string, unknown>> {
  if (kind === 'no backoff') return { initial: 0, max: 0 }
  return { initial: kind === 'decorrelated' ? 5 : 10, max: '2s', jitter: kind }
}

/** A client: reads and writes until it was the first, under the production policy. */
function writer(kind: Backoff): AppHandler {
  return async (_request, { client, policy, work }: AppContext) => {
    const row = client('row')
    const oneWay = (): Promise<void> => work(WAY)
    const write = policy({ name: 'write', retry: { maxAttempts: 20, backoff: backoff(kind), budget: false } })
    const once = async (): Promise<void> => {
      await oneWay()
      const { body: version } = await row.call({ method: 'GET /' })
      await oneWay()
      await oneWay()
      const { body: isWritten } = await row.call({ method: 'PUT /', body: version })
      await oneWay()
      if (isWritten !== true) fail('another was first')
    }
    // A policy makes 20 attempts at most. Who never waits loses nothing by beginning anew.
    const again = (error: unknown): Promise<void> => {
      if (kind === 'no backoff') return write.execute(once).catch(again)
      throw error
    }
    await write.execute(once).catch(again)
  }
}

function row(): AppHandler {
  let version = 0
  return ({ method, body }) => {
    if (method === 'GET /') return version
    const isFirst = body === version
    if (isFirst) version += 1
    return isFirst
  }
}

function contended(kind: Backoff, clients: number): () => ScenarioData {
  return () => ({
    name: 'contention',
    duration: '60s',
    network: { latency: 0 },
    topology: { writer: { app: writer(kind) }, row: { app: row() } },
    // Each user calls once.
    workload: [{ closedLoop: { to: 'writer', clients, callers: 1, thinkTime: '1s', until: '1001ms' } }],
  })
}

/**
 * Means of 3000 runs of another simulation of the same clients, written apart from ours for these rows; the published
 * figures agree. What takes more than the 20 attempts of a policy is left out: `none` with 50 clients, `decorrelated` with 100.
 */
const REFERENCE: readonly (readonly [kind: Backoff, clients: number, ms: number, writes: number, seeds: number])[] = [
  ['none', 10, 3444, 50.8, 700],
  ['decorrelated', 10, 438, 37.7, 250],
  ['equal', 10, 729, 42.6, 350],
  ['full', 10, 464, 39, 250],
  ['no backoff', 10, 381, 51, 100],
  ['decorrelated', 50, 2212, 374.4, 250],
  ['equal', 50, 4230, 347.1, 90],
  ['full', 50, 2893, 332.5, 170],
  ['no backoff', 50, 1141, 690.4, 30],
  ['equal', 100, 6631, 812.4, 50],
  ['full', 100, 4909, 795.8, 60],
  ['no backoff', 100, 2030, 2423.7, 20],
]

/** A quick check is of so many clients in all. */
const QUICK_CLIENTS = 200

export const contention: readonly Oracle[] = REFERENCE.flatMap(([kind, clients, ms, writes, seeds]): Oracle[] => {
  const common = {
    tolerance: 0.05,
    arrivals: clients,
    quickArrivals: clients,
    seeds,
    quickSeeds: Math.ceil(QUICK_CLIENTS / clients),
    scenario: contended(kind, clients),
  }
  const name = kind === 'no backoff' ? kind : `backoff with ${kind === 'none' ? 'no' : kind} jitter`
  return [
    {
      ...common,
      id: `R1 time ${clients} ${IDS[kind]}`,
      name: `${clients} writers of one row, ${name}: until the last is done (ms)`,
      theory: ms,
      measure: (run) => run.workload.writer?.latencyMs.max ?? null,
    },
    {
      ...common,
      id: `R1 writes ${clients} ${IDS[kind]}`,
      name: 'the same: writes tried',
      theory: writes,
      measure: (run) => serverOf(run, 'row').arrivals / 2,
    },
  ]
})
