// The production rate limiter: a token bucket of one token a second in a caller, Poisson calls to a server without work.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

/**
 * Share refused by a bucket of `burst` tokens: its debt is the unfinished work of an M/D/1 queue with `burst` places, so
 * this is the loss of M/D/1/K, by the chain embedded at departures.
 */
export function bucketLoss(lambda: number, burst: number): number {
  const a: number[] = [Math.exp(-lambda)]
  for (let k = 1; k <= burst; k++) a.push(((a[k - 1] as number) * lambda) / k)
  const pi = [1]
  for (let j = 0; j + 1 < burst; j++) {
    let next = (pi[j] as number) - (a[j] as number)
    for (let i = 1; i <= j; i++) next -= (pi[i] as number) * (a[j - i + 1] as number)
    pi.push(next / (a[0] as number))
  }
  const empty = 1 / pi.reduce((sum, one) => sum + one, 0)
  return 1 - 1 / (empty + lambda)
}

function limited(rate: number, burst: number): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'token bucket',
    duration: seconds(arrivals / rate),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { rateLimit: { rate: 1, burst } } } },
    topology: { server: {} },
    workload: [{ poisson: { to: 'server', rate } }],
  })
}

/** Admitted beyond `rate * T + burst`, at the worst of all stretches of whole steps of the timeline. */
function excess(run: RunDocument, burst: number): number {
  const stepSeconds = run.timeline.stepMs / 1000
  const good = run.timeline.series['server.goodput'] ?? []
  const offered = run.timeline.series['server.offered'] ?? []
  let worst = Number.NEGATIVE_INFINITY
  let stretch = 0
  for (let i = 0; i < good.length; i++) {
    const admitted = Math.round((good[i] ?? 0) * (offered[i] ?? 0) * stepSeconds)
    stretch = Math.max(0, stretch) + admitted - stepSeconds
    worst = Math.max(worst, stretch)
  }
  return worst - burst
}

const BUCKETS: readonly (readonly [rate: number, burst: number])[] = [
  [0.5, 1],
  [0.8, 5],
  [0.9, 10],
  [1, 10],
  [1, 100],
  [1.2, 10],
  [2, 10],
]

const refused: Oracle[] = BUCKETS.map(([rate, burst]) => ({
  id: `Q13 ${rate},${burst}`,
  name: `token bucket 1/s, burst ${burst}, λ ${rate}: share refused`,
  theory: bucketLoss(rate, burst),
  // The large bucket is empty so seldom that 3.5 standard deviations of what can be run are more than 3 %.
  tolerance: burst === 100 ? 0.06 : 0.03,
  arrivals: burst === 100 ? 8_000_000 : 1_000_000,
  quickSeeds: burst === 100 ? 0 : 1,
  scenario: limited(rate, burst),
  measure: ({ workload: { server } }) => (server === undefined ? null : server.rejected / server.offered),
}))

/** Runs of 600 s, whose timeline has a step for each second. */
const bound: Oracle[] = [1, 10, 100].map((burst) => ({
  id: `Q13 bound ${burst}`,
  name: `token bucket 1/s, burst ${burst}, λ 20: admitted beyond rate × T + burst, in any stretch of seconds`,
  theory: 0,
  compare: 'at most',
  tolerance: 0,
  arrivals: 12_000,
  quickArrivals: 12_000,
  scenario: limited(20, burst),
  measure: (run) => excess(run, burst),
}))

export const rateLimits: readonly Oracle[] = [...refused, ...bound]
