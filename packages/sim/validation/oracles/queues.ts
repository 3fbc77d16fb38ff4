// Classical queues: one service, no network, a client without a policy, W measured from when the call was offered.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import type { Oracle } from './oracle.ts'

/** Waiting in M/M/c: Erlang's C formula for `c` servers and `a` = λ/µ. */
export function erlangC(c: number, a: number): number {
  let b = 1
  for (let k = 1; k <= c; k++) b = (a * b) / (k + a * b)
  return b / (1 - (a / c) * (1 - b))
}

/** Closed loop of N users, think time Z, service time S, one server: exact mean value analysis. */
export function mva(users: number, z: number, s: number): { readonly r: number; readonly x: number } {
  let queue = 0
  let r = s
  let x = 0
  for (let k = 1; k <= users; k++) {
    r = s * (1 + queue)
    x = k / (r + z)
    queue = x * r
  }
  return { r, x }
}

const mean = (run: RunDocument): number => (run.workload.server?.latencyMs.mean ?? Number.NaN) / 1000
const p99 = (run: RunDocument): number => (run.workload.server?.latencyMs.p99 ?? Number.NaN) / 1000

function openQueue(workers: number, rate: number, work: DistributionData): (arrivals: number) => ScenarioData {
  return (arrivals) => {
    const seconds = Math.round(arrivals / rate)
    return {
      name: 'queue',
      duration: `${seconds}s`,
      warmup: `${Math.round(seconds * 0.15)}s`,
      network: { latency: 0 },
      topology: { server: { replicas: 1, concurrency: workers, work } },
      workload: [{ poisson: { to: 'server', rate } }],
    }
  }
}

const EXPONENTIAL: DistributionData = { exponential: { mean: '1s' } }

/** Relative standard deviation of W (and of p99) in one M/M/1 run of 1e5 arrivals. */
const SPREAD: Readonly<Record<number, readonly [w: number, p99: number]>> = {
  0.5: [0.01, 0.027],
  0.7: [0.02, 0.042],
  0.8: [0.027, 0.05],
  0.9: [0.044, 0.1],
}

const mm1: Oracle[] = [0.5, 0.7, 0.8, 0.9].flatMap((rho): Oracle[] => {
  const [spread = 0.05, tail = 0.1] = SPREAD[rho] ?? []
  const common = { arrivals: 1_000_000, scenario: openQueue(1, rho, EXPONENTIAL) }
  const w = 1 / (1 - rho)
  return [
    {
      ...common,
      id: `Q1 W ${rho}`,
      name: `M/M/1, ρ ${rho}: mean time in system`,
      theory: w,
      tolerance: rho === 0.9 ? 0.03 : 0.02,
      quickTolerance: 3.5 * spread,
      measure: mean,
    },
    {
      ...common,
      id: `Q1 p99 ${rho}`,
      name: `M/M/1, ρ ${rho}: 99th percentile`,
      theory: w * Math.log(100),
      tolerance: rho === 0.9 ? 0.06 : 0.04,
      quickTolerance: 3.5 * tail,
      measure: p99,
    },
  ]
})

const mmc: Oracle[] = [2, 5, 10, 20].map((c) => ({
  id: `Q2 c=${c}`,
  name: `M/M/${c}, ρ 0.8: mean time in system`,
  theory: erlangC(c, 0.8 * c) / (c - 0.8 * c) + 1,
  tolerance: 0.02,
  quickTolerance: 3.5 * 0.02,
  arrivals: 1_000_000,
  scenario: openQueue(c, 0.8 * c, EXPONENTIAL),
  measure: mean,
}))

const md1: Oracle[] = [0.5, 0.7, 0.8, 0.9].map((rho) => ({
  id: `Q3 ${rho}`,
  name: `M/D/1, ρ ${rho}: mean time in system`,
  theory: rho / (2 * (1 - rho)) + 1,
  tolerance: rho === 0.9 ? 0.03 : 0.02,
  quickTolerance: 3.5 * (SPREAD[rho]?.[0] ?? 0.05),
  arrivals: 1_000_000,
  scenario: openQueue(1, rho, '1s'),
  measure: mean,
}))

function closedQueue(users: number, x: number): (arrivals: number) => ScenarioData {
  return (arrivals) => {
    const seconds = Math.round(arrivals / x)
    return {
      name: 'closed queue',
      duration: `${seconds}s`,
      warmup: `${Math.round(seconds * 0.1)}s`,
      network: { latency: 0 },
      topology: { server: { replicas: 1, concurrency: 1, work: EXPONENTIAL } },
      workload: [
        { closedLoop: { to: 'server', clients: users, callers: 1, thinkTime: { exponential: { mean: '10s' } } } },
      ],
    }
  }
}

const closed: Oracle[] = [1, 5, 10, 20, 50].flatMap((users): Oracle[] => {
  const { r, x } = mva(users, 10, 1)
  const common = { tolerance: 0.02, quickTolerance: 0.05, arrivals: 300_000, scenario: closedQueue(users, x) }
  return [
    {
      ...common,
      id: `Q7 R N=${users}`,
      name: `closed loop of ${users} users: response time`,
      theory: r,
      measure: mean,
    },
    {
      ...common,
      id: `Q7 X N=${users}`,
      name: `closed loop of ${users} users: calls a second`,
      theory: x,
      measure: (run) => {
        const server = run.services.server?.server
        const seconds = (run.virtualMs - Math.round(run.virtualMs / 1000 / 10) * 1000) / 1000
        return server === undefined ? null : server.completed / seconds
      },
    },
  ]
})

export const queues: readonly Oracle[] = [...mm1, ...mmc, ...md1, ...closed]
