// Classical queues: one service, no network, a client without a policy, W measured from when the call was offered.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { Discipline, ScenarioData } from '../../src/scenario/scenario-data.ts'
import { crossing, lasting, meanSeconds, p50Seconds, p99Seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Waiting in M/M/c: Erlang's C formula for `c` servers and `a` = λ/µ. */
export function erlangC(c: number, a: number): number {
  let b = 1
  for (let k = 1; k <= c; k++) b = (a * b) / (k + a * b)
  return b / (1 - (a / c) * (1 - b))
}

/** P(T > t) in M/M/c, µ = 1. */
function mmcTail(t: number, c: number, a: number): number {
  const waits = erlangC(c, a)
  const d = c - a
  const both = Math.abs(d - 1) > 1e-9 ? (d * Math.exp(-t) - Math.exp(-d * t)) / (d - 1) : (1 + t) * Math.exp(-t)
  return (1 - waits) * Math.exp(-t) + waits * both
}

export const EXPONENTIAL: DistributionData = { exponential: { mean: '1s' } }

export function openQueue(
  workers: number,
  rate: number,
  work: DistributionData,
  discipline: Discipline = 'fifo',
): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'queue',
    ...lasting(arrivals, rate),
    network: { latency: 0 },
    topology: { server: { replicas: 1, concurrency: workers, discipline, work } },
    workload: [{ poisson: { to: 'server', rate } }],
  })
}

const mm1: Oracle[] = [0.5, 0.7, 0.8, 0.9].flatMap((rho): Oracle[] => {
  const common = { arrivals: 1_000_000, scenario: openQueue(1, rho, EXPONENTIAL) }
  const w = 1 / (1 - rho)
  return [
    {
      ...common,
      id: `Q1 W ${rho}`,
      name: `M/M/1, ρ ${rho}: mean time in system`,
      theory: w,
      tolerance: rho === 0.9 ? 0.03 : 0.02,
      measure: meanSeconds,
    },
    {
      ...common,
      id: `Q1 p99 ${rho}`,
      name: `M/M/1, ρ ${rho}: 99th percentile`,
      theory: w * Math.log(100),
      tolerance: rho === 0.9 ? 0.06 : 0.04,
      measure: p99Seconds,
    },
    ...(rho === 0.8 ? more(common) : []),
  ]
})

/** At 0.8 also what is in the middle and in the tail, and how many are present. */
function more(common: Pick<Oracle, 'arrivals' | 'scenario'>): Oracle[] {
  const quantile = (name: 'p50' | 'p95' | 'p999', q: number): Oracle => ({
    ...common,
    id: `Q1 ${name} 0.8`,
    name: `M/M/1, ρ 0.8: ${q * 100}th percentile`,
    theory: -5 * Math.log(1 - q),
    tolerance: name === 'p999' ? 0.08 : 0.04,
    measure: (run) => (run.workload.server?.latencyMs[name] ?? Number.NaN) / 1000,
  })
  const present: Oracle = {
    ...common,
    id: 'Q1 L 0.8',
    name: 'M/M/1, ρ 0.8: mean number present',
    theory: 4,
    tolerance: 0.03,
    measure: (run) => serverOf(run).present,
  }
  return [quantile('p50', 0.5), quantile('p95', 0.95), quantile('p999', 0.999), present]
}

const mmc: Oracle[] = [2, 5, 10, 20, 50, 100].flatMap((c): Oracle[] => {
  const arrivals = c === 2 ? 3_000_000 : c === 100 ? 300_000 : 1_000_000
  const quickSeeds = c === 100 ? 0 : 1
  const common = { tolerance: 0.02, arrivals, quickSeeds, scenario: openQueue(c, 0.8 * c, EXPONENTIAL) }
  const quantile = (q: number): number => crossing((t) => mmcTail(t, c, 0.8 * c), 1 - q, 100)
  const rows: Oracle[] = [
    {
      ...common,
      id: `Q2 W c=${c}`,
      name: `M/M/${c}, ρ 0.8: mean time in system`,
      theory: erlangC(c, 0.8 * c) / (c - 0.8 * c) + 1,
      measure: meanSeconds,
    },
  ]
  if (![2, 10, 50].includes(c)) return rows
  const p50 = { id: `Q2 p50 c=${c}`, name: `M/M/${c}, ρ 0.8: median`, theory: quantile(0.5) }
  const p99 = {
    id: `Q2 p99 c=${c}`,
    name: `M/M/${c}, ρ 0.8: 99th percentile`,
    theory: quantile(0.99),
  }
  return [...rows, { ...common, ...p50, measure: p50Seconds }, { ...common, ...p99, measure: p99Seconds }]
})

/** By the mean wait, which is C(c, a) / (cµ - λ): how many wait is not in the run document. */
const halfLoad: Oracle[] = [5, 10].map((c) => ({
  id: `Q2b c=${c}`,
  name: `Brooker's Erlang post, M/M/${c} half loaded: probability of waiting`,
  theory: erlangC(c, c / 2),
  tolerance: 0.03,
  arrivals: 2_000_000,
  scenario: openQueue(c, c / 2, EXPONENTIAL),
  measure: (run) => (serverOf(run).queueMs.mean ?? Number.NaN) * 0.001 * (c - c / 2),
}))

const little: Oracle = {
  id: 'Q14',
  name: "Little's law, M/M/5: mean number present over arrivals a second times W",
  theory: 1,
  tolerance: 0.01,
  arrivals: 1_000_000,
  scenario: openQueue(5, 4, EXPONENTIAL),
  measure(run) {
    const { present, arrivals } = serverOf(run)
    return (present ?? Number.NaN) / ((arrivals / (run.virtualMs * 0.85)) * 1000 * meanSeconds(run))
  },
}

export const queues: readonly Oracle[] = [...mm1, ...mmc, ...halfLoad, little]
