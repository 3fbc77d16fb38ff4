// Overload: what a waiting line is worth under a deadline.
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { erlangTail, goodput, seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Goodput over capacity of M/M/1 with `places` (line and worker), for users who wait `deadline` mean service times. */
function inTime(rho: number, places: number, deadline: number): number {
  let sum = 0
  let good = 0
  for (let k = 0; k <= places; k++) {
    sum += rho ** k
    if (k < places) good += rho ** k * (1 - erlangTail(k + 1, deadline))
  }
  return (rho * good) / sum
}

const CAPACITY = 100

function line(rho: number, places: number | undefined): (arrivals: number) => ScenarioData {
  const rate = rho * CAPACITY
  return (arrivals) => ({
    name: 'overload',
    duration: seconds(60 + arrivals / rate),
    warmup: '60s',
    network: { latency: 0 },
    topology: {
      server: {
        concurrency: 1,
        work: { exponential: { mean: '10ms' } },
        ...(places === undefined ? {} : { queue: places - 1 }),
      },
    },
    workload: [{ poisson: { to: 'server', rate, deadline: '500ms' } }],
  })
}

export const overload: readonly Oracle[] = (
  [
    [1.1, undefined],
    [1.5, undefined],
    [1.1, 50],
    [1.5, 50],
    [3, 50],
    [1.1, 10],
    [1.5, 10],
    [3, 10],
  ] as const
).map(([rho, places]) => ({
  id: `O2 ${places ?? 'unbounded'} ${rho}`,
  name: `load ${rho}, users wait 500 ms, ${places ?? 'unboundedly many'} may be present: goodput over capacity`,
  theory: places === undefined ? 0 : inTime(rho, places, 50),
  compare: 'absolute',
  tolerance: 0.02,
  arrivals: 300_000,
  quickArrivals: 30_000,
  scenario: line(rho, places),
  measure: (run) => goodput(run) * rho,
}))
