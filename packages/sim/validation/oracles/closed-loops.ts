// Closed loops: users who wait for their answer, then think.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { lasting, meanSeconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { EXPONENTIAL } from './queues.ts'

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

const WARMUP = 0.1

export function closedQueue(
  clients: number,
  rate: number,
  work: DistributionData,
  thinkTime: DistributionData,
): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'closed queue',
    ...lasting(arrivals, rate, WARMUP),
    network: { latency: 0 },
    topology: { server: { replicas: 1, concurrency: 1, work } },
    workload: [{ closedLoop: { to: 'server', clients, callers: 1, thinkTime } }],
  })
}

export const closedLoops: readonly Oracle[] = [1, 5, 10, 20, 50].flatMap((n): Oracle[] => {
  const { r, x } = mva(n, 10, 1)
  const scenario = closedQueue(n, x, EXPONENTIAL, { exponential: { mean: '10s' } })
  const common = { tolerance: 0.02, arrivals: 300_000, scenario }
  return [
    { ...common, id: `Q7 R N=${n}`, name: `closed loop of ${n} users: response time`, theory: r, measure: meanSeconds },
    {
      ...common,
      id: `Q7 X N=${n}`,
      name: `closed loop of ${n} users: calls a second`,
      theory: x,
      measure(run) {
        const measuredSeconds = run.virtualMs / 1000 - Math.round((run.virtualMs / 1000) * WARMUP)
        return serverOf(run).completed / measuredSeconds
      },
    },
  ]
})
