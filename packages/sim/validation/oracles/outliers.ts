// Outliers by success rate: whether k of N equally bad hosts stand out depends on k/N alone (gRPC A50, Envoy).
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { FaultData, ScenarioData } from '../../src/scenario/scenario-data.ts'
import type { Oracle } from './oracle.ts'

const FACTOR = 1.9

/** Below the mean less 1.9 deviations of all: q < 1 - f e - 1.9 e √(f (1 - f)), q being 1 - e and f = k/N. */
function standOut(k: number, n: number): boolean {
  return k / n < 1 / (1 + FACTOR ** 2)
}

/** `k` of `n` hosts fail a share `ratio` of their calls; three intervals. */
function withBad(n: number, k: number, ratio: number): (arrivals: number) => ScenarioData {
  const outlier = {
    consecutiveFailures: false,
    successRate: { minimumHosts: 1, stdevFactor: FACTOR },
    interval: '10s',
    baseEjection: '1h',
    maxEjection: '1h',
    maxEjected: 1,
  }
  return (arrivals) => ({
    name: 'bad hosts',
    duration: '30s',
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing: 'round-robin', outlier } } },
    topology: { server: { replicas: n } },
    workload: [{ constantArrivalRate: { to: 'server', rate: arrivals / 30 } }],
    faults: Array.from({ length: k }, (_, i): FaultData => ({ at: 0, error: { target: `server#${i + 1}`, ratio } })),
  })
}

/** Hosts that were ejected; NaN where one of them was good. */
function ejected(run: RunDocument, k: number): number {
  const hosts = new Set(run.events$.filter(({ type }) => type === 'endpointEjected').map(({ endpoint }) => endpoint))
  for (const host of hosts) if (Number(String(host).split('#')[1]) > k) return Number.NaN
  return hosts.size
}

/** The last two with calls enough that chance does not decide. */
const FLEETS: readonly (readonly [n: number, k: number, ratio: number, arrivals: number])[] = [
  [4, 1, 1, 6000],
  [5, 1, 1, 6000],
  [10, 2, 1, 6000],
  [10, 3, 1, 6000],
  [20, 4, 1, 12_000],
  [20, 5, 1, 12_000],
  [100, 21, 1, 45_000],
  [100, 22, 1, 45_000],
  [5, 1, 0.2, 30_000],
  [10, 3, 0.2, 120_000],
]

export const outliers: readonly Oracle[] = FLEETS.map(([n, k, ratio, arrivals]) => ({
  id: `L12 ${k} of ${n}${ratio < 1 ? ` e=${ratio}` : ''}`,
  name: `${k} of ${n} hosts fail ${ratio < 1 ? `${ratio * 100} %` : 'all'} of their calls: ejected by success rate`,
  theory: standOut(k, n) ? k : 0,
  compare: 'absolute',
  tolerance: 0,
  arrivals,
  quickArrivals: arrivals,
  scenario: withBad(n, k, ratio),
  measure: (run) => ejected(run, k),
}))
