// Retries: what they win, what they cost, and what a budget bounds. Servers fail by the toss of a coin.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

interface Budget {
  readonly ratio: number
  readonly minPerSecond: number
}

function retry(maxAttempts: number, budget: false | Budget): Readonly<Record<string, unknown>> {
  return { retry: { maxAttempts, backoff: { initial: 0, max: 0 }, budget } }
}

/** `tiers` services in front of a server that fails a share `f` of its requests; every caller retries. */
function tiered(
  tiers: number,
  f: number,
  policy: Readonly<Record<string, unknown>>,
  clients = 1,
): (arrivals: number) => ScenarioData {
  const rate = 10 * Math.max(10, clients)
  const topology: Record<string, ServiceData> = { server: { errorRate: f } }
  for (let i = 1; i < tiers; i++) topology[`tier${i}`] = { calls: [i + 1 < tiers ? `tier${i + 1}` : 'server'] }
  const to = tiers > 1 ? 'tier1' : 'server'
  return (arrivals) => ({
    name: 'retries',
    duration: seconds(arrivals / rate),
    network: { latency: 0 },
    policies: { version: 1, targets: { '*': policy } },
    topology,
    workload: [{ poisson: { to, rate, clients, name: 'user' } }],
  })
}

const attemptsACall = (run: RunDocument): number => serverOf(run).arrivals / (run.workload.user?.offered ?? Number.NaN)

/** Brooker, "Fixing retries with token buckets and circuit breakers": 100 clients of 10 calls a second, 3 retries. */
const threeRetries: Oracle[] = [0.01, 0.05, 0.1, 0.2, 0.5, 0.75].flatMap((f): Oracle[] => {
  const common = { arrivals: 100_000, quickArrivals: 50_000, scenario: tiered(1, f, retry(4, false), 100) }
  return [
    {
      ...common,
      id: `R2 avail f=${f}`,
      name: `3 retries, a share ${f} of attempts fails: availability`,
      theory: 1 - f ** 4,
      compare: 'absolute',
      tolerance: 0.005,
      measure: (run) => goodput(run, 'user'),
    },
    {
      ...common,
      id: `R2 amp f=${f}`,
      name: 'the same: attempts a call',
      theory: (1 - f ** 4) / (1 - f),
      tolerance: 0.01,
      measure: attemptsACall,
    },
  ]
})

const TENTH: Budget = { ratio: 0.1, minPerSecond: 0 }

/**
 * The same with a budget of a tenth: (1 - f)(1 + b) of the calls get an answer where more than b of them fail. Ten clients of
 * ten calls a second have a hundred calls in a window each; a budget is of whole retries, and loses up to 1 % by that. (The
 * reference, a bucket of tokens that begins full, has 1.10.)
 */
const budgeted: Oracle[] = [0.2, 0.5, 0.75].flatMap((f): Oracle[] => {
  const common = { arrivals: 100_000, quickArrivals: 50_000, scenario: tiered(1, f, retry(4, TENTH), 10) }
  return [
    {
      ...common,
      id: `R3 avail f=${f}`,
      name: `budget 10 %, 10 clients, a share ${f} of attempts fails: availability`,
      theory: (1 - f) * (1 + TENTH.ratio),
      compare: 'absolute',
      tolerance: 0.01,
      measure: (run) => goodput(run, 'user'),
    },
    {
      ...common,
      id: `R3 amp f=${f}`,
      name: 'the same: attempts a call',
      theory: 1 + TENTH.ratio,
      tolerance: 0.01,
      measure: attemptsACall,
    },
  ]
})

/** Layers multiply where nothing bounds them, (1 - f^64) / (1 - f) in all; with a budget each adds its share. */
const LAYERS: readonly (readonly [
  id: string,
  name: string,
  theory: number,
  arrivals: number,
  quickArrivals: number,
  scenario: Oracle['scenario'],
])[] = [
  ['3x4', '3 tiers of 4 attempts, all fail', 64, 1000, 1000, tiered(3, 1, retry(4, false))],
  ['2x3', '2 tiers of 3 attempts, all fail', 9, 1000, 1000, tiered(2, 1, retry(3, false))],
  ['5x4', '5 tiers of 4 attempts, all fail', 1024, 200, 200, tiered(5, 1, retry(4, false))],
  ['f=0.5', '3 tiers of 4 attempts, half fail', 1.9999, 100_000, 10_000, tiered(3, 0.5, retry(4, false))],
  ['f=0.9', '3 tiers of 4 attempts, 9 of 10 fail', 9.9882, 100_000, 10_000, tiered(3, 0.9, retry(4, false))],
  ['budget', '3 tiers, budget 10 % each, all fail', 1.331, 100_000, 50_000, tiered(3, 1, retry(4, TENTH))],
]

const layers: Oracle[] = LAYERS.map(([id, name, theory, arrivals, quickArrivals, scenario]) => ({
  id: `R5 ${id}`,
  name: `${name}: attempts at the server a call`,
  theory,
  tolerance: 0.01,
  arrivals,
  quickArrivals,
  scenario,
  measure: attemptsACall,
}))

/** Total outage: the long-run bound, with the ten seconds' worth of reserve that may be spent at once. */
const budgets: Oracle[] = (
  [
    [0.1, 0],
    [0.2, 0],
    [0.2, 10],
  ] as const
).map(([ratio, minPerSecond]) => ({
  id: `R7 ${ratio},${minPerSecond}`,
  name: `budget ${ratio * 100} % and ${minPerSecond}/s, all fail: retries beyond it`,
  theory: 0,
  compare: 'at most',
  tolerance: 0,
  arrivals: 100_000,
  quickArrivals: 50_000,
  scenario: tiered(1, 1, retry(4, { ratio, minPerSecond })),
  measure(run) {
    const calls = run.workload.user?.offered ?? Number.NaN
    return serverOf(run).arrivals - calls - ratio * calls - minPerSecond * (run.virtualMs / 1000 + 10)
  },
}))

export const retries: readonly Oracle[] = [...threeRetries, ...budgeted, ...layers, ...budgets]
