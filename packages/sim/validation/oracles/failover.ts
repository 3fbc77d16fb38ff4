// Failover by priorities (Envoy): what a hundred hosts keep of the traffic when some of them are out, a hundred others
// standing by. A priority takes 1.4 times its healthy share, at most everything; Envoy cuts that off to whole percents.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { FaultData, ScenarioData } from '../../src/scenario/scenario-data.ts'
import { seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

const HOSTS = 100
const OVERPROVISIONING = 1.4
const RATE = 2000

/** So many hosts of each priority fail always, and who has failed once is out for good: all of them before the warmup ends. */
function standingBy(failing: readonly [first: number, second: number]): (arrivals: number) => ScenarioData {
  const outlier = {
    consecutiveFailures: 1,
    baseEjection: '1h',
    maxEjection: '1h',
    maxEjected: 1,
    minHealthy: 0,
    successRate: false,
  }
  const [first, second] = failing
  const numbers = [...range(1, first), ...range(HOSTS + 1, second)]
  return (arrivals) => ({
    name: 'failover',
    duration: seconds(5 + arrivals / RATE),
    warmup: '5s',
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing: 'round-robin', outlier } } },
    topology: {
      server: { versions: { first: { replicas: HOSTS }, second: { replicas: HOSTS, failover: 1 } } },
    },
    workload: [{ poisson: { to: 'server', rate: RATE } }],
    faults: numbers.map((number): FaultData => ({ at: 0, error: { target: `server#${number}` } })),
  })
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i)
}

/** Share of the requests that hosts with these numbers saw. */
function shareOf(run: RunDocument, isOne: (number: number) => boolean): number {
  let [seen, all] = [0, 0]
  for (const [name, { arrivals }] of Object.entries(run.services.server?.instances ?? {})) {
    all += arrivals
    if (isOne(Number(name.split('#')[1]))) seen += arrivals
  }
  return seen / all
}

const common = { compare: 'absolute', tolerance: 0.01, arrivals: 100_000, quickArrivals: 20_000 } as const

const spill: Oracle[] = [100, 72, 71, 50, 25, 0].map((healthy) => ({
  ...common,
  id: `L11 ${healthy}`,
  name: `${healthy} of ${HOSTS} hosts healthy, ${HOSTS} stand by: share of the traffic that the first keep`,
  theory: Math.min(1, (OVERPROVISIONING * healthy) / HOSTS),
  scenario: standingBy([HOSTS - healthy, 0]),
  measure: (run) => shareOf(run, (number) => number <= HOSTS),
}))

/** A quarter healthy of both: 0.7 of what is needed, so that health counts for nothing. */
const panicking = standingBy([75, 75])

const panic: Oracle[] = [
  {
    ...common,
    id: 'L11 panic',
    name: 'a quarter healthy of both: share of the traffic that goes to who is not',
    theory: 0.75,
    scenario: panicking,
    measure: (run) => shareOf(run, (number) => (number - 1) % HOSTS < 75),
  },
  {
    ...common,
    id: 'L11 panic first',
    name: 'the same: share of the first',
    theory: 0.5,
    scenario: panicking,
    measure: (run) => shareOf(run, (number) => number <= HOSTS),
  },
]

export const failover: readonly Oracle[] = [...spill, ...panic]
