// Circuit breakers: what it takes to open one, and what a dead server is spared.
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Mean number of calls until `n` failures in a row, each with chance `p`. */
export function callsUntil(n: number, p: number): number {
  return (1 - p ** n) / (p ** n * (1 - p))
}

/** So many mean times to open: who has a closed circuit after them counts with the calls made, not with an opening. */
const LENGTH = 8

/** Clients that call once a second, each behind a breaker of its own that opens once, for good. */
function flaky(n: number, p: number): (arrivals: number) => ScenarioData {
  const circuitBreaker = {
    per: 'service',
    failureRatio: false,
    consecutiveFailures: n,
    openFor: '24h',
    maxOpenFor: '24h',
    jitter: 0,
  }
  const length = LENGTH * callsUntil(n, p)
  return (arrivals) => {
    const clients = Math.round(arrivals / length)
    return {
      name: 'flaky server',
      duration: seconds(length),
      network: { latency: 0 },
      policies: { version: 1, targets: { server: { circuitBreaker } } },
      topology: { server: { errorRate: p } },
      workload: [{ poisson: { to: 'server', rate: clients, clients } }],
    }
  }
}

const opening: Oracle[] = (
  [
    [3, 0.5],
    [5, 0.5],
    [5, 0.9],
  ] as const
).map(([n, p]) => ({
  id: `R8 n=${n} p=${p}`,
  name: `breaker of ${n} failures in a row, each with p ${p}: calls until it opens`,
  theory: callsUntil(n, p),
  tolerance: 0.1,
  arrivals: 1000 * LENGTH * callsUntil(n, p),
  quickArrivals: 300 * LENGTH * callsUntil(n, p),
  scenario: flaky(n, p),
  measure: (run) => serverOf(run).arrivals / run.events$.filter(({ type }) => type === 'circuitOpened').length,
}))

/** A dead server behind a breaker: `n` calls open it, then one probe an open time. */
const dead: Oracle[] = (
  [
    [5, 5],
    [20, 2],
  ] as const
).map(([n, openSeconds]) => ({
  id: `R8 hits n=${n},${openSeconds}s`,
  name: `server dead for 100 s, breaker of ${n} calls, open ${openSeconds} s, one probe: requests it sees`,
  theory: n + Math.ceil(100 / openSeconds),
  compare: 'at most',
  tolerance: 0,
  arrivals: 100_000,
  scenario: () => ({
    name: 'dead server',
    duration: '100s',
    network: { latency: 0 },
    policies: {
      version: 1,
      targets: {
        server: {
          circuitBreaker: {
            per: 'service',
            minimumCalls: n,
            openFor: `${openSeconds}s`,
            maxOpenFor: `${openSeconds}s`,
            jitter: 0,
            halfOpenProbes: 1,
          },
        },
      },
    },
    topology: { server: {} },
    workload: [{ poisson: { to: 'server', rate: 1000 } }],
    faults: [{ at: 0, error: { target: 'server' } }],
  }),
  measure: (run) => serverOf(run).arrivals,
}))

export const breaking: readonly Oracle[] = [...opening, ...dead]
