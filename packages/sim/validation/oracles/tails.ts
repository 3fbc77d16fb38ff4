// Fan-out and chains: what many calls make of the tail, and of the failures, of one.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

const RATE = 100

/** A root that calls a leaf without queues so many times in parallel; its users wait for half a second. */
function fanOut(calls: number, work: DistributionData): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'fan-out',
    // A second longer than the load, so that the slow ones among the last count as well.
    duration: seconds(arrivals / RATE + 1),
    network: { latency: 0 },
    topology: {
      root: { steps: [Array.from({ length: calls }, () => ({ call: 'leaf' }))] },
      leaf: { work },
    },
    workload: [{ poisson: { to: 'root', rate: RATE, deadline: '500ms', until: seconds(arrivals / RATE) } }],
  })
}

const slowFor = (share: number): DistributionData => ({
  mixture: [
    { weight: 1 - share, of: '10ms' },
    { weight: share, of: '1s' },
  ],
})
const shareOfSlow = (calls: number): number => (calls === 2000 ? 1e-4 : 0.01)

/** Dean and Barroso, "The Tail at Scale". */
const slowLeaves: Oracle[] = (
  [
    [10, 50_000, 10_000],
    [50, 20_000, 2000],
    [100, 20_000, 2000],
    [500, 4000, 400],
    [2000, 2000, 200],
  ] as const
).map(([calls, arrivals, quickArrivals]) => ({
  id: `T1 n=${calls}`,
  name: `fan-out ${calls}, one leaf call in ${calls === 2000 ? '10,000' : '100'} is slow: share of slow requests`,
  theory: 1 - (1 - shareOfSlow(calls)) ** calls,
  compare: 'absolute',
  tolerance: 0.01,
  arrivals,
  quickArrivals,
  quickSeeds: calls === 2000 ? 0 : 1,
  scenario: fanOut(calls, slowFor(shareOfSlow(calls))),
  measure: (run) => 1 - goodput(run, 'root'),
}))

const MEAN_MS = 10

const longest: Oracle[] = (
  [
    [5, 100_000, 20_000],
    [10, 100_000, 10_000],
    [100, 20_000, 2000],
  ] as const
).flatMap(([calls, arrivals, quickArrivals]): Oracle[] => {
  const scenario = fanOut(calls, { exponential: { mean: MEAN_MS } })
  const common = { tolerance: 0.015, arrivals, quickArrivals, scenario }
  let harmonic = 0
  for (let k = 1; k <= calls; k++) harmonic += 1 / k
  const latency = (run: RunDocument) => run.workload.root?.latencyMs
  return [
    {
      ...common,
      id: `T2 mean n=${calls}`,
      name: `longest of ${calls} exponential calls: mean`,
      theory: harmonic,
      measure: (run) => (latency(run)?.mean ?? Number.NaN) / MEAN_MS,
    },
    {
      ...common,
      id: `T2 p99 n=${calls}`,
      name: `longest of ${calls} exponential calls: 99th percentile`,
      theory: -Math.log(1 - 0.99 ** (1 / calls)),
      measure: (run) => (latency(run)?.p99 ?? Number.NaN) / MEAN_MS,
    },
  ]
})

/** Services in a row, each of which fails a share of its requests on its own account. */
function chain(length: number, errorRate: number): (arrivals: number) => ScenarioData {
  const topology: Record<string, ServiceData> = {}
  for (let i = 1; i <= length; i++) topology[`s${i}`] = { errorRate, calls: i < length ? [`s${i + 1}`] : [] }
  return (arrivals) => ({
    name: 'chain',
    duration: seconds(arrivals / RATE),
    network: { latency: 0 },
    topology,
    workload: [{ poisson: { to: 's1', rate: RATE } }],
  })
}

const chains: Oracle[] = (
  [
    [10, 0.999, 30_000, 10_000],
    [30, 0.999, 30_000, 3000],
    [10, 0.99, 100_000, 10_000],
    [100, 0.99, 60_000, 1000],
  ] as const
).map(([length, availability, arrivals, quickArrivals]) => ({
  id: `T7 ${availability}^${length}`,
  name: `chain of ${length} services, each ${availability * 100} % available: availability`,
  theory: availability ** length,
  compare: 'absolute',
  tolerance: 0.003,
  arrivals,
  quickArrivals,
  scenario: chain(length, Number((1 - availability).toFixed(6))),
  measure: (run) => goodput(run, 's1'),
}))

export const tails: readonly Oracle[] = [...slowLeaves, ...longest, ...chains]
