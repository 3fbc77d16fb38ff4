// Circuit breakers: what a dead server is spared.
import { serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** A dead server behind a breaker: `n` calls open it, then one probe an open time. */
export const breaking: readonly Oracle[] = (
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
