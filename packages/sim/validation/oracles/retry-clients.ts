// Clients of Brooker's posts that are code of their own, made of production parts: retries that stop by a failure ratio
// ("Fixing retries with token buckets and circuit breakers", 2022), and clients that back off between calls ("What is Backoff
// For?", 2022). The server fails by the toss of a coin.
import type { AppHandler } from '../../src/scenario/app-handler.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

const HIGHEST = 0.1

/** Three retries of each call, and none while more than a tenth as many attempts have failed as calls were made. */
function stopping(): AppHandler {
  let [calls, failures] = [0, 0]
  const isFailure = (): 'failure' | 'ignored' => {
    failures += 1
    return failures / calls > HIGHEST ? 'ignored' : 'failure'
  }
  return async (_request, { client, policy }) => {
    calls += 1
    const call = policy({
      name: 'call',
      retry: { maxAttempts: 4, backoff: { initial: 0, max: 0 }, budget: false },
      classify: ({ error }) => (error === undefined ? 'success' : isFailure()),
    })
    await call.execute(() => client('server').call({}))
  }
}

/** So many clients, a service each, that make `rate` calls a second together. */
function breaking(f: number, clients: number, rate: number): (arrivals: number) => ScenarioData {
  const names = Array.from({ length: clients }, (_, i) => `client${i + 1}`)
  return (arrivals) => ({
    name: 'retries that stop',
    duration: seconds(arrivals / rate),
    network: { latency: 0 },
    topology: {
      ...Object.fromEntries(names.map((name) => [name, { app: stopping() }])),
      server: { errorRate: f },
    },
    workload: [{ poisson: { to: names.map((service) => ({ service })), rate, name: 'user' } }],
  })
}

const breakers: readonly Oracle[] = (
  [
    [0.01, 0.9999, 1.01],
    [0.05, 0.998, 1.052],
    [0.1, 0.927, 1.032],
    [0.2, 0.8, 1],
    [0.5, 0.5006, 1],
  ] as const
).flatMap(([f, availability, amplification]): Oracle[] => {
  const common = { arrivals: 100_000, quickArrivals: 100_000, quickSeeds: f === 0.2 ? 1 : 0, seeds: 3 }
  const scenario = breaking(f, 100, 1000)
  return [
    {
      ...common,
      id: `R2 breaker avail f=${f}`,
      name: `no retries above a tenth of failures, a share ${f} of attempts fails: availability`,
      theory: availability,
      compare: 'absolute',
      tolerance: 0.005,
      scenario,
      measure: (run) => goodput(run, 'user'),
    },
    {
      ...common,
      id: `R2 breaker amp f=${f}`,
      name: 'the same: attempts a call',
      theory: amplification,
      tolerance: 0.01,
      scenario,
      measure: (run) => serverOf(run).arrivals / (run.workload.user?.offered ?? Number.NaN),
    },
  ]
})

/** The same 100 calls a second for 500 s by few clients or many: who has made few calls is above a tenth by its first failures. */
const fewCallsEach: readonly Oracle[] = (
  [
    [10, 0.9997],
    [100, 0.997],
    [1000, 0.978],
  ] as const
).map(([clients, theory]) => ({
  id: `R3 breaker m=${clients}`,
  name: `100 calls a second, ${clients} clients that stop so, a twentieth fails: availability`,
  theory,
  compare: 'absolute',
  tolerance: 0.01,
  arrivals: 50_000,
  quickSeeds: 0,
  scenario: breaking(0.05, clients, 100),
  measure: (run) => goodput(run, 'user'),
}))

const SERIAL = 100
const GAP = 0.1
const LENGTH = 50

/**
 * First tries of one serial client until `until`: a gap drawn by an exponential law, a call, and after the k-th failure in a
 * row a wait of `gap · 2^(k-1)` before the next gap. The renewal equations, integrated in small steps. (Published: 45,100, 39,600 and, of runs
 * of 10 s, 21,100 for 0.5; how long those for 0.75 were is not told.)
 */
export function serialTries(f: number, gap = GAP, until = LENGTH, step = 0.0005): number {
  const states = Math.ceil(Math.log2(until / gap)) + 2
  const steps = Math.round(until / step)
  const leaves = 1 - Math.exp(-step / gap)
  const waiting = new Float64Array(states)
  waiting[0] = 1
  // Calls made in each step, by how many failures in a row came before.
  const calls = Array.from({ length: states }, () => new Float64Array(steps))
  let all = 0
  for (let t = 0; t < steps; t++) {
    let succeeded = 0
    for (let k = 0; k < states; k++) {
      const made = (waiting[k] as number) * leaves
      ;(calls[k] as Float64Array)[t] = made
      waiting[k] = (waiting[k] as number) - made
      all += made
      succeeded += made * (1 - f)
    }
    waiting[0] = (waiting[0] as number) + succeeded
    for (let k = 0; k + 1 < states; k++) {
      const then = t - Math.round((gap * 2 ** k) / step)
      if (then >= 0) waiting[k + 1] = (waiting[k + 1] as number) + f * ((calls[k] as Float64Array)[then] as number)
    }
  }
  return all
}

/** One call after another; what fails is begun anew by the policy, after a backoff without bound. */
const serial: AppHandler = async (_request, { client, policy, work }) => {
  const calls = policy({
    name: 'calls',
    retry: { maxAttempts: 20, backoff: { initial: GAP * 1000, max: '24h', jitter: 'none' }, budget: false },
  })
  await calls.execute(async () => {
    await work({ exponential: { mean: GAP * 1000 } })
    await client('server').call({})
  })
}

const backoffs: readonly Oracle[] = [0.1, 0.2, 0.5, 0.75].map((f) => ({
  id: `R4 f=${f}`,
  name: `${SERIAL} serial clients that back off, a share ${f} of calls fails: calls in ${LENGTH} s`,
  theory: SERIAL * serialTries(f),
  tolerance: 0.03,
  arrivals: SERIAL * LENGTH * 10,
  quickArrivals: SERIAL * LENGTH * 10,
  // Who has failed ten times in a row is silent for the rest of the run: few make most of the calls.
  seeds: f < 0.5 ? 5 : f === 0.5 ? 60 : 150,
  quickSeeds: f < 0.5 ? 1 : 0,
  scenario: () => ({
    name: 'serial clients',
    duration: seconds(LENGTH),
    network: { latency: 0 },
    topology: { client: { app: serial }, server: { errorRate: f } },
    workload: [{ closedLoop: { to: 'client', clients: SERIAL, callers: 1 } }],
  }),
  measure: (run) => serverOf(run).arrivals,
}))

export const retryClients: readonly Oracle[] = [...breakers, ...fewCallsEach, ...backoffs]
