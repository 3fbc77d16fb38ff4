// What networks and losses of hosts do to calls, where a formula says it (the numbers of scenarios 6, 18 and 21 of the library).
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { farm } from './balancing.ts'
import { goodput, lasting, meanSeconds, p99Seconds, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

const RATE = 1000

/** Requests are lost, each by itself or so many in a row; who hears nothing for 100 ms tries once more. */
function losing(ratio: number): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'loss',
    duration: seconds(arrivals / RATE),
    network: { latency: '1ms', between: { 'client>server': { loss: ratio } } },
    policies: {
      version: 1,
      targets: {
        server: { retry: { maxAttempts: 2, attemptTimeout: '100ms', backoff: { initial: 0, max: 0 }, budget: false } },
      },
    },
    topology: { server: {} },
    workload: [{ poisson: { to: 'server', rate: RATE } }],
  })
}

const losses: Oracle[] = [0.01, 0.05, 0.2].map((ratio) => ({
  id: `C21 loss ${ratio}`,
  name: `a share ${ratio} of requests is lost, two attempts: share of calls that fail`,
  theory: ratio ** 2,
  compare: 'absolute',
  tolerance: 0.002,
  arrivals: 100_000,
  quickArrivals: 30_000,
  scenario: losing(ratio),
  measure: (run) => 1 - goodput(run),
}))

/** A link that takes a millisecond for each message: M/D/1, and nothing else takes time. */
const narrow: Oracle[] = [0.5, 0.8].map((rho) => ({
  id: `X9 link ${rho}`,
  name: `a link ${rho * 100} % full, messages of one length: mean time on the way (ms)`,
  theory: 1 + rho / (2 * (1 - rho)),
  tolerance: 0.02,
  arrivals: 500_000,
  quickArrivals: 50_000,
  scenario: (arrivals) => ({
    name: 'narrow link',
    ...lasting(arrivals, RATE * rho),
    network: { latency: 0, between: { 'client>server': { bandwidth: '1MB/s' } } },
    topology: { server: { requestBytes: '1KB' } },
    workload: [{ poisson: { to: 'server', rate: RATE * rho } }],
  }),
  measure: (run) => meanSeconds(run) * 1000,
}))

const twice: Oracle = {
  id: 'X9 duplicate',
  name: 'a tenth of requests arrives twice: requests at the server a call',
  theory: 1.1,
  tolerance: 0.01,
  arrivals: 100_000,
  quickArrivals: 30_000,
  scenario: (arrivals) => ({
    name: 'duplicates',
    duration: seconds(arrivals / RATE),
    network: { latency: 0, duplicate: 0.1 },
    topology: { server: {} },
    workload: [{ poisson: { to: 'server', rate: RATE } }],
  }),
  measure: (run) => serverOf(run).arrivals / (run.workload.server?.offered ?? Number.NaN),
}

/** One of three zones is gone: thirty servers 60 % busy, then twenty 90 %. Figures of an independent reference. */
const zones: Oracle[] = (
  [
    ['before', 30, 0.6, 1.42, 6.1],
    ['after', 20, 0.9, 2.79, 9.5],
  ] as const
).flatMap(([when, servers, lambda, mean, p99]): Oracle[] => {
  const common = {
    arrivals: 500_000,
    quickArrivals: 50_000,
    quickSeeds: lambda < 0.9 ? 1 : 0,
    scenario: farm('p2c', servers, lambda),
  }
  const what = `power of two choices, ${servers} servers, λ ${lambda}`
  return [
    {
      ...common,
      id: `C6 mean ${when}`,
      name: `${what}: mean time`,
      theory: mean,
      tolerance: 0.03,
      measure: meanSeconds,
    },
    { ...common, id: `C6 p99 ${when}`, name: `${what}: p99`, theory: p99, tolerance: 0.05, measure: p99Seconds },
  ]
})

/** 1600/s for a capacity of 1000/s until there is more: a short line keeps what can be served, a long one nothing. */
function surged(queue: number | undefined): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'surge',
    duration: seconds(10 + arrivals / 1600),
    warmup: '10s',
    network: { latency: 0 },
    topology: { server: { concurrency: 1, work: '1ms', ...(queue === undefined ? {} : { queue }) } },
    workload: [{ poisson: { to: 'server', rate: 1600, deadline: '500ms' } }],
  })
}

const lag: Oracle[] = (
  [
    ['limit', 50, 0.625],
    ['no limit', undefined, 0],
  ] as const
).map(([id, queue, theory]) => ({
  id: `C18 ${id}`,
  name: `1600/s for a capacity of 1000/s, ${queue === undefined ? 'no bound' : `a line of ${queue}`}: goodput`,
  theory,
  compare: 'absolute',
  tolerance: 0.01,
  arrivals: 100_000,
  quickArrivals: 30_000,
  scenario: surged(queue),
  measure: (run: RunDocument) => goodput(run),
}))

export const disturbances: readonly Oracle[] = [...zones, ...lag, ...losses, ...narrow, twice]
