// Hedging: what a second copy saves of the tail, what it costs, and when it makes everything worse.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { crossing, goodput, seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

const MEAN_MS = 10

/** A leaf without queues, whose callers send a copy after `delay`. */
function leaf(work: DistributionData, delay: string, rate: number): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'hedged leaf',
    duration: seconds(arrivals / rate),
    network: { latency: 0 },
    policies: policies('leaf', delay),
    topology: { leaf: { replicas: 10, work } },
    workload: [{ poisson: { to: 'leaf', rate } }],
  })
}

function policies(service: string, delay: string): Record<string, unknown> {
  return { version: 1, targets: { [service]: { loadBalancing: 'random', hedge: { delay, maxExtraLoad: 1 } } } }
}

const copies = (run: RunDocument, edge: string): number => (run.edges[edge]?.amplification ?? Number.NaN) - 1

/** Dean and Barroso: 100 leaves of which one answer in a hundred takes a second, hedged after 20 ms. */
const FAN_OUT = 100
const fanOut = (arrivals: number): ScenarioData => ({
  name: 'hedged fan-out',
  duration: seconds(arrivals / 100),
  network: { latency: 0 },
  policies: policies('leaf', '20ms'),
  topology: {
    root: { steps: [Array.from({ length: FAN_OUT }, () => ({ call: 'leaf' }))] },
    leaf: {
      replicas: 10,
      work: {
        mixture: [
          { weight: 0.99, of: '10ms' },
          { weight: 0.01, of: '1s' },
        ],
      },
    },
  },
  workload: [{ poisson: { to: 'root', rate: 100, deadline: '500ms' } }],
})

const hedgedFanOut: readonly Oracle[] = [
  {
    id: 'T3 slow',
    name: `fan-out ${FAN_OUT}, one leaf call in 100 is slow, hedged after 20 ms: share of slow requests`,
    theory: 1 - (1 - 0.01 ** 2) ** FAN_OUT,
    compare: 'absolute',
    tolerance: 0.002,
    arrivals: 20_000,
    quickArrivals: 2000,
    scenario: fanOut,
    measure: (run) => 1 - goodput(run, 'root'),
  },
  {
    id: 'T3 extra',
    name: 'the same: copies as a share of the calls',
    theory: 0.01,
    compare: 'absolute',
    tolerance: 0.002,
    arrivals: 20_000,
    quickArrivals: 2000,
    scenario: fanOut,
    measure: (run) => copies(run, 'root>leaf'),
  },
]

/** What a share `left` of hedged calls takes longer than, where `tail` is that of one: S(t) S(t - d) for t above d. */
function hedgedQuantile(left: number, delay: number, tail: (t: number) => number): number {
  return crossing((t) => (t < delay ? tail(t) : tail(t) * tail(t - delay)), left, 1e6)
}

const exponentialTail = (t: number): number => Math.exp(-t / MEAN_MS)
const P95_MS = MEAN_MS * Math.log(20)
const hedgedLeaf = leaf({ exponential: { mean: MEAN_MS } }, `${P95_MS.toFixed(3)}ms`, 1000)

const independent: readonly Oracle[] = [
  ...(['p99', 'p999'] as const).map((percentile): Oracle => {
    return {
      id: `T4 ${percentile}`,
      name: `exponential leaf of 10 ms, hedged at its p95: ${percentile} in ms`,
      theory: hedgedQuantile(percentile === 'p99' ? 0.01 : 0.001, P95_MS, exponentialTail),
      tolerance: 0.03,
      arrivals: 1_000_000,
      scenario: hedgedLeaf,
      measure: (run) => run.workload.leaf?.latencyMs?.[percentile] ?? null,
    }
  }),
  {
    id: 'T4 extra',
    name: 'the same: copies as a share of the calls',
    theory: 0.05,
    tolerance: 0.03,
    arrivals: 1_000_000,
    scenario: hedgedLeaf,
    measure: (run) => copies(run, 'client>leaf'),
  },
]

/** Lognormal leaf, median 10 ms, σ 1; the delay is one of its own percentiles. */
const SIGMA = 1
const lognormalTail = (t: number): number => (t <= 0 ? 1 : 1 - normalShare(Math.log(t / MEAN_MS) / SIGMA))
const lognormal: readonly Oracle[] = [0.5, 0.9, 0.95, 0.99].map((q) => {
  const delay = crossing(lognormalTail, 1 - q, 1e6)
  return {
    id: `T4 lognormal p${q * 100}`,
    name: `lognormal leaf of 10 ms, hedged at its p${q * 100}: p999 in ms`,
    theory: hedgedQuantile(0.001, delay, lognormalTail),
    tolerance: 0.03,
    arrivals: 500_000,
    quickArrivals: 50_000,
    scenario: leaf({ lognormal: { median: MEAN_MS, sigma: SIGMA } }, `${delay.toFixed(3)}ms`, 1000),
    measure: (run) => run.workload.leaf?.latencyMs.p999 ?? null,
  }
})

/** Φ, by Simpson's rule. */
function normalShare(x: number): number {
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)
  const steps = 400
  const width = x / steps
  let sum = density(0) + density(x)
  for (let i = 1; i < steps; i++) sum += density(i * width) * (i % 2 === 0 ? 2 : 4)
  return 0.5 + (sum * width) / 3
}

const SERVERS = 20

/** Twenty servers that are busy for `rho` of the time, hedged at random after three mean service times. */
function busy(rho: number, onCancel: 'finish' | 'dequeue', isHedged = true): (arrivals: number) => ScenarioData {
  const rate = (rho * SERVERS * 1000) / MEAN_MS
  return (arrivals) => ({
    name: 'hedging under load',
    duration: seconds((arrivals / rate) * 1.1),
    warmup: seconds((arrivals / rate) * 0.1),
    network: { latency: 0 },
    policies: isHedged
      ? policies('server', `${3 * MEAN_MS}ms`)
      : { version: 1, targets: { server: { loadBalancing: 'random' } } },
    topology: {
      server: { replicas: SERVERS, concurrency: 1, work: { exponential: { mean: MEAN_MS } }, onCancel },
    },
    workload: [{ poisson: { to: 'server', rate } }],
  })
}

/** p99 in mean service times, and copies a request, of the reference simulation. */
const underLoad: readonly Oracle[] = (
  [
    [0.2, 'finish', 4.43, 1.1],
    [0.4, 'finish', 6.07, 1.21],
    [0.2, 'dequeue', 4.37, undefined],
    [0.4, 'dequeue', 5.26, undefined],
    [0.6, 'dequeue', 6.62, 1.32],
    [0.8, 'dequeue', 9.93, 1.68],
  ] as const
).flatMap(([rho, onCancel, p99, perRequest]): Oracle[] => {
  const common = {
    arrivals: 1_000_000,
    quickArrivals: 50_000,
    seeds: 3,
    tolerance: 0.08,
    scenario: busy(rho, onCancel),
  }
  const what = `${SERVERS} servers ${rho * 100} % busy, hedged after 3 service times, losers ${onCancel === 'finish' ? 'are served all the same' : 'leave the line'}`
  const tail: Oracle = {
    ...common,
    id: `T5 ${rho} ${onCancel}`,
    name: `${what}: p99`,
    theory: p99,
    measure: (run) => (run.workload.server?.latencyMs?.p99 ?? Number.NaN) / MEAN_MS,
  }
  if (perRequest === undefined) return [tail]
  const measure = (run: RunDocument): number => 1 + copies(run, 'client>server')
  return [tail, { ...common, id: `T5 ${rho} ${onCancel} copies`, name: `${what}: copies`, theory: perRequest, measure }]
})

/** Nobody hedges, and each server is an M/M/1 queue. */
const alone: readonly Oracle[] = [0.2, 0.4, 0.6, 0.8].map((rho) => ({
  id: `T5 ${rho} alone`,
  name: `${SERVERS} servers ${rho * 100} % busy, no hedges: p99`,
  theory: Math.log(100) / (1 - rho),
  tolerance: 0.08,
  arrivals: 300_000,
  quickArrivals: 50_000,
  seeds: 3,
  quickSeeds: rho === 0.8 ? 0 : 1,
  scenario: busy(rho, 'finish', false),
  measure: (run) => (run.workload.server?.latencyMs.p99 ?? Number.NaN) / MEAN_MS,
}))

const collapse: readonly Oracle[] = [
  {
    id: 'T5 0.6 finish collapse',
    name: `${SERVERS} servers 60 % busy, hedged after 3 service times, losers are served all the same: copies`,
    theory: 2,
    tolerance: 0.02,
    arrivals: 200_000,
    quickArrivals: 50_000,
    seeds: 2,
    scenario: busy(0.6, 'finish'),
    measure: (run) => 1 + copies(run, 'client>server'),
  },
]

export const hedging: readonly Oracle[] = [
  ...hedgedFanOut,
  ...independent,
  ...lognormal,
  ...alone,
  ...underLoad,
  ...collapse,
]
