// What every run of the simulator must have, whatever it simulates: S1 to S8. Where two runs are compared, both have the same
// seed. (S1 in unlike processes: two-processes.itest.ts; S5, parity with production: parity.test.ts.)
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { FaultData, ScenarioData, TopologyData } from '../../src/scenario/scenario-data.ts'
import type { WorkloadData } from '../../src/scenario/workload-data.ts'
import { farm, supermarket } from './balancing.ts'
import { meanSeconds, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** A small shop under every policy, with a fault of chance. */
function shop(change: Partial<ScenarioData> = {}): () => ScenarioData {
  const topology: TopologyData = {
    web: { replicas: 3, concurrency: 16, work: { exponential: { mean: '2ms' } }, calls: ['orders'] },
    orders: { replicas: 4, concurrency: 4, queue: 20, work: { exponential: { mean: '10ms' } }, calls: ['db'] },
    db: { replicas: 2, concurrency: 4, work: { lognormal: { p50: '4ms', p99: '40ms' } }, errorRate: 0.02 },
  }
  const { topology: more, workload = [], faults = [], ...rest } = change
  return () => ({
    name: 'shop',
    duration: '40s',
    policies: {
      version: 1,
      targets: {
        '*': {
          timeout: '300ms',
          retry: true,
          circuitBreaker: { minimumCalls: 10 },
          outlier: true,
          concurrency: { limit: 64 },
        },
      },
    },
    topology: { ...topology, ...more },
    workload: [{ poisson: { to: 'web', rate: 150, clients: 3, deadline: '500ms' } }, ...workload],
    faults: [{ at: '10s', slow: { target: 'orders#2', add: '200ms', ratio: 0.5, for: '10s' } }, ...faults],
    ...rest,
  })
}

const same = (is: boolean): number => (is ? 1 : 0)
const json = (value: unknown): string => JSON.stringify(value)

const verdict = (
  id: string,
  name: string,
  scenario: Oracle['scenario'],
  other: Oracle['scenario'],
  measure: Oracle['measure'],
): Oracle => ({
  id,
  name,
  theory: 1,
  compare: 'absolute',
  tolerance: 0,
  arrivals: 0,
  quickArrivals: 0,
  scenario,
  other,
  measure,
})

const plain = shop()

/** Share of the services of the first that the second has to the last bit. */
const untouched = (run: RunDocument, other: RunDocument): number => {
  const names = Object.keys(run.services)
  return names.filter((name) => json(run.services[name]) === json(other.services[name])).length / names.length
}

const island: TopologyData = {
  island: { replicas: 2, concurrency: 1, work: { exponential: { mean: '20ms' } }, calls: ['lagoon'], errorRate: 0.1 },
  lagoon: { work: '1ms' },
}
const castaways: WorkloadData = { poisson: { to: 'island', rate: 40, name: 'castaway' } }

/** Nobody calls it. */
const spare: TopologyData = { spare: { replicas: 2, work: '1ms' } }
const idle: readonly FaultData[] = [
  { at: '5s', slow: { target: 'spare', add: '1s' } },
  { at: '5s', error: { target: 'spare', ratio: 0.5 } },
  { at: '5s', error: { target: 'db', ratio: 0 } },
  { at: '5s', error: { target: 'db', key: 'of-nobody' } },
]

const replay: readonly Oracle[] = [
  verdict('S1', 'the same scenario and seed again: same trace', plain, shop(), (run, other) =>
    same(run.traceHash === other.traceHash),
  ),
  verdict(
    'S2',
    'beside a service with traffic of its own: services that are as they were',
    plain,
    shop({ topology: island, workload: [castaways] }),
    untouched,
  ),
  verdict(
    'S3',
    'without four faults that never met anything: same trace',
    shop({ topology: spare }),
    shop({ topology: spare, faults: idle }),
    (run, other) => same(run.traceHash === other.traceHash),
  ),
  verdict('S4', 'begin of a run of twice the length: same trace', plain, shop({ duration: '80s' }), (run, other) =>
    same(json(run.traceHashes) === json(other.traceHashes.slice(0, run.traceHashes.length))),
  ),
]

/** Offered, less how calls ended, over all services and workloads. */
function unaccounted({ services, workload }: RunDocument): number {
  let sum = 0
  for (const one of [...Object.values(services), ...Object.values(workload)]) {
    sum += Math.abs(one.offered - one.succeeded - one.failed - one.rejected - one.cancelled - one.inFlight)
  }
  for (const { server } of Object.values(services)) {
    sum += Math.abs(server.arrivals - server.completed - server.errors - server.refused - server.open)
  }
  return sum
}

const books: readonly Oracle[] = [
  {
    id: 'Q14 books',
    name: 'conservation: calls offered that are neither ended nor open, and arrivals at servers',
    theory: 0,
    compare: 'absolute',
    tolerance: 0,
    arrivals: 0,
    quickArrivals: 0,
    scenario: plain,
    measure: unaccounted,
  },
]

/** An hour on the wall clocks of one instance of each service. */
const skewed = (by: '1h' | '-1h'): Oracle['scenario'] =>
  shop({
    faults: ['web#1', 'orders#2', 'db#1'].map((target) => ({ at: '5s', clockSkew: { target, offset: by } })),
  })

const clocks: readonly Oracle[] = (['1h', '-1h'] as const).map((by) =>
  verdict(
    `S6 ${by}`,
    `wall clocks of three instances ${by} off: services that are as they were`,
    plain,
    skewed(by),
    untouched,
  ),
)

/** A lease of 30 s, renewed every 10 s, kept by dates: who reads it is so far ahead. */
const leased = (ahead: number): (() => ScenarioData) => {
  return () => {
    let untilMs = 0
    return {
      name: 'lease by dates',
      duration: '100s',
      warmup: '50s',
      network: { latency: 0 },
      topology: {
        holder: {
          app: (_request, { clock }) => {
            untilMs = clock.wallNow() + 30_000
          },
        },
        reader: { app: (_request, { clock }) => (clock.wallNow() > untilMs ? { status: 500 } : undefined) },
      },
      workload: [
        { constantArrivalRate: { to: 'holder', rate: 0.1 } },
        { constantArrivalRate: { to: 'reader', rate: 10, from: '50ms' } },
      ],
      faults: [{ at: '40s', clockSkew: { target: 'reader', offset: `${ahead}s` } }],
    }
  }
}

const leases: readonly Oracle[] = [19, 25, 35].map((ahead) => ({
  id: `S6 lease ${ahead}s`,
  name: `a lease of 30 s by dates, renewed every 10 s, read ${ahead} s ahead: share that finds it expired`,
  theory: Math.min(1, Math.max(0, ahead - 20) / 10),
  compare: 'absolute',
  tolerance: 0.01,
  arrivals: 0,
  quickArrivals: 0,
  seeds: 1,
  scenario: leased(ahead),
  measure: ({ workload: { reader } }) => (reader === undefined ? null : reader.failed / reader.offered),
}))

/** Load ends early enough for all to be served. */
function paired(loadBalancing: string | Readonly<Record<string, unknown>>): (arrivals: number) => ScenarioData {
  return (arrivals) => {
    const { warmup: _, duration: __, workload: ___, ...rest } = farm(loadBalancing, 100, 0.9)(arrivals)
    const length = arrivals / 90
    return {
      ...rest,
      duration: seconds(length + 60),
      workload: [{ poisson: { to: 'server', rate: 90, until: seconds(length) } }],
    }
  }
}
const twoChoices = paired('p2c')
const threeChoices = paired({ algorithm: 'least-request', choices: 3 })

const commonChance: readonly Oracle[] = [
  {
    ...verdict(
      'S7',
      'two balancers, same seed: same arrivals, and the same work in all',
      twoChoices,
      threeChoices,
      () => 0,
    ),
    arrivals: 100_000,
    quickArrivals: 20_000,
    measure: (run, other) =>
      same(
        serverOf(run).completed === serverOf(other).completed &&
          Math.abs((serverOf(run).serviceMs.mean ?? 0) - (serverOf(other).serviceMs.mean ?? 1)) < 1e-6,
      ),
  },
  {
    id: 'S7 difference',
    name: 'two choices less three, 100 servers, λ 0.9, paired by seed: difference of the mean times',
    theory: supermarket(0.9, 2) - supermarket(0.9, 3),
    tolerance: 0.06,
    arrivals: 300_000,
    quickSeeds: 0,
    scenario: twoChoices,
    other: threeChoices,
    measure: (run, other) => meanSeconds(run) - meanSeconds(other),
  },
]

const RATE = 100

/** A server that works for as long as the call before it was ago: its latencies are the gaps between arrivals. */
function gaps(): (arrivals: number) => ScenarioData {
  return (arrivals) => {
    let before = 0
    return {
      name: 'gaps',
      duration: seconds(arrivals / RATE),
      warmup: '1s',
      network: { latency: 0 },
      topology: {
        server: {
          app: async (_request, { clock, work }) => {
            const gap = clock.now() - before
            before = clock.now()
            await work(gap)
          },
        },
      },
      workload: [{ poisson: { to: 'server', rate: RATE } }],
    }
  }
}
const exponentialGaps = gaps()

/** Variance over mean of the calls in each second: 1 for independent arrivals. */
function dispersion(run: RunDocument): number {
  const counts = (run.timeline.series['server.offered'] ?? []).map((rate) => (rate ?? 0) * (run.timeline.stepMs / 1000))
  const mean = counts.reduce((sum, one) => sum + one, 0) / counts.length
  return counts.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (counts.length - 1) / mean
}

/** Stands still from 20 to 30 s; calls go on coming. */
const omission = (): ScenarioData => ({
  name: 'coordinated omission',
  duration: '60s',
  network: { latency: 0 },
  topology: { server: {} },
  workload: [{ constantArrivalRate: { to: 'server', rate: RATE } }],
  faults: [{ at: '20s', pause: { target: 'server', for: '10s' } }],
})

const arrivals: readonly Oracle[] = [
  ...(['p50', 'p90', 'p99'] as const).map((percentile): Oracle => {
    const q = { p50: 0.5, p90: 0.9, p99: 0.99 }[percentile]
    return {
      id: `S8 gap ${percentile}`,
      name: `Poisson arrivals: ${percentile} of the gaps between them, in mean gaps`,
      theory: -Math.log(1 - q),
      tolerance: 0.02,
      arrivals: 200_000,
      quickArrivals: 20_000,
      scenario: exponentialGaps,
      measure: (run) => ((run.workload.server?.latencyMs[percentile] ?? Number.NaN) * RATE) / 1000,
    }
  }),
  {
    id: 'S8 dispersion',
    name: 'the same: variance over mean of the calls in a second',
    theory: 1,
    tolerance: 0.09,
    arrivals: 60_000,
    quickArrivals: 60_000,
    scenario: () => ({
      name: 'counts',
      duration: '600s',
      network: { latency: 0 },
      topology: { server: {} },
      workload: [{ poisson: { to: 'server', rate: RATE } }],
    }),
    measure: dispersion,
  },
  {
    id: 'S8 omission p99',
    name: 'a server stands still for 10 s of a minute: p99 (s)',
    theory: 9.4,
    tolerance: 0.01,
    arrivals: 0,
    quickArrivals: 0,
    scenario: omission,
    measure: (run) => (run.workload.server?.latencyMs.p99 ?? Number.NaN) / 1000,
  },
  {
    id: 'S8 omission max',
    name: 'the same: longest (s)',
    theory: 10,
    tolerance: 0.001,
    arrivals: 0,
    quickArrivals: 0,
    scenario: omission,
    measure: (run) => (run.workload.server?.latencyMs.max ?? Number.NaN) / 1000,
  },
]

export const selfOracles: readonly Oracle[] = [...replay, ...books, ...clocks, ...leases, ...commonChance, ...arrivals]
