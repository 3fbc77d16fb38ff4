// Retries: what they win, what they cost, and what a budget bounds. Servers fail by the toss of a coin.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

interface Window {
  readonly ratio: number
  readonly minPerSecond: number
}
interface Tokens {
  readonly algorithm: 'tokens' | 'throttle'
  readonly ratio?: number
  readonly maxTokens?: number
}
type Budget = Window | Tokens

function retry(maxAttempts: number, budget: false | Budget): Readonly<Record<string, unknown>> {
  return { retry: { maxAttempts, backoff: { initial: 0, max: 0 }, budget } }
}

/** `tiers` services in front of a server that fails a share `f` of its requests; every caller retries. */
function tiered(
  tiers: number,
  f: number,
  policy: Readonly<Record<string, unknown>>,
  clients = 1,
  rate = 10 * Math.max(10, clients),
): (arrivals: number) => ScenarioData {
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

const TENTH: Window = { ratio: 0.1, minPerSecond: 0 }

/**
 * The same with a budget of a tenth: (1 - f)(1 + b) of the calls get an answer where more than b of them fail. Ten clients of
 * ten calls a second have a hundred calls in a window each; a budget is of whole retries, and loses up to 1 % by that.
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

/** Brooker's adaptive retries: a bucket of five tokens for each client, full at first. */
const ADAPTIVE: Tokens = { algorithm: 'tokens', ratio: 0.1, maxTokens: 5 }

/** His 100 clients of 10 calls a second, as above, with such a bucket each; 500 tokens that are there at first included. */
const adaptive: Oracle[] = (
  [
    [0.1, 0.984, 1.095],
    [0.2, 0.883, 1.104],
    [0.5, 0.549, 1.104],
    [0.75, 0.276, 1.104],
  ] as const
).flatMap(([f, availability, amplification]): Oracle[] => {
  const scenario = tiered(1, f, retry(4, ADAPTIVE), 100)
  const common = { arrivals: 100_000, quickArrivals: 100_000, quickSeeds: f === 0.1 ? 1 : 0, scenario }
  return [
    {
      ...common,
      id: `R2 tokens avail f=${f}`,
      name: `bucket of 5 and a tenth a call, a share ${f} of attempts fails: availability`,
      theory: availability,
      compare: 'absolute',
      tolerance: 0.005,
      measure: (run) => goodput(run, 'user'),
    },
    {
      ...common,
      id: `R2 tokens amp f=${f}`,
      name: 'the same: attempts a call',
      theory: amplification,
      tolerance: 0.01,
      measure: attemptsACall,
    },
  ]
})

/**
 * The same 100 calls a second for 500 s by few clients or many: what buckets hold at first is of no weight, or makes most of
 * the retries.
 */
const fewCallsEach: Oracle[] = (
  [
    [10, 0.884, 1.101],
    [100, 0.888, 1.109],
    [1000, 0.934, 1.183],
  ] as const
).flatMap(([clients, availability, amplification]): Oracle[] => {
  const common = { arrivals: 50_000, quickArrivals: 50_000, tolerance: 0.01, quickSeeds: clients === 1000 ? 1 : 0 }
  return [
    {
      ...common,
      id: `R3 m=${clients} avail f=0.2`,
      name: `100 calls a second, ${clients} clients with a bucket each, a fifth fails: availability`,
      theory: availability,
      compare: 'absolute',
      scenario: tiered(1, 0.2, retry(4, ADAPTIVE), clients, 100),
      measure: (run) => goodput(run, 'user'),
    },
    {
      ...common,
      id: `R3 m=${clients} amp f=0.5`,
      name: 'the same where half fails: attempts a call',
      theory: amplification,
      compare: 'absolute',
      scenario: tiered(1, 0.5, retry(4, ADAPTIVE), clients, 100),
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

/** Calls that are not measured: a bucket of a thousand needs 24,000 to be half empty where 11 % fail. */
const SETTLES = 40_000
const THROTTLED_RATE = 1000

/** gRPC's throttle in a bucket so large that chance does not cross its half: it takes sides at 0.1 / 1.1 of failures. */
function throttledAt(f: number): (arrivals: number) => ScenarioData {
  const policy = retry(8, { algorithm: 'throttle', ratio: 0.1, maxTokens: 1000 })
  return (arrivals) => ({
    ...tiered(1, f, policy, 1, THROTTLED_RATE)(arrivals),
    warmup: seconds(SETTLES / THROTTLED_RATE),
  })
}

const throttled: Oracle[] = [
  {
    id: 'R6 f=0.08',
    name: "gRPC's throttle, a share 0.08 of attempts fails: attempts a call, none refused",
    theory: 1 / (1 - 0.08),
    tolerance: 0.005,
    arrivals: 200_000,
    quickArrivals: 60_000,
    scenario: throttledAt(0.08),
    measure: attemptsACall,
  },
  {
    id: 'R6 f=0.11',
    name: 'a share 0.11, more than 1/11: attempts a call, all refused',
    theory: 1,
    compare: 'absolute',
    tolerance: 0,
    arrivals: 200_000,
    quickArrivals: 60_000,
    scenario: throttledAt(0.11),
    measure: attemptsACall,
  },
  {
    // At most five, says A6: the fifth failure leaves five of ten tokens, which is not more than half.
    id: 'R6 outage',
    name: 'total outage, 10 tokens: retries in all',
    theory: 4,
    compare: 'absolute',
    tolerance: 0,
    arrivals: 10_000,
    quickArrivals: 1000,
    scenario: tiered(1, 1, retry(5, { algorithm: 'throttle' })),
    measure: (run) => serverOf(run).arrivals - (run.workload.user?.offered ?? Number.NaN),
  },
]

export const retries: readonly Oracle[] = [
  ...threeRetries,
  ...adaptive,
  ...budgeted,
  ...fewCallsEach,
  ...layers,
  ...throttled,
  ...budgets,
]
