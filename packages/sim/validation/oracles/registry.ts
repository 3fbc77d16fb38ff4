// A dead instance in a registry: leases of 15 s, renewed every 5 s (±20 %), watched by push; and of 30 s, polled.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { FaultData, ScenarioData } from '../../src/scenario/scenario-data.ts'
import { seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

const TTL = 15
const [SHORTEST, LONGEST] = [4, 6]
/** Mean age of the last heartbeat at a random instant: E[X²] / 2 E[X]. */
function ageOf(shortest: number, longest: number): number {
  return (longest ** 3 - shortest ** 3) / 3 / (longest - shortest) / (longest + shortest)
}
const STALE = TTL - ageOf(SHORTEST, LONGEST)
/** The reference's own: leases of 30 s, renewed every 10 s, looked at every 5 s. */
const POLLED = { ttl: '30s', heartbeat: '10s', poll: '5s' } as const
const POLLED_STALE = 30 - ageOf(8, 12) + 5 / 2
/** How long clients keep one whose lease has run out: `lapseGrace`. */
const LAPSE = 8
/** Crashes at instants that have nothing to do with heartbeats. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** So many instances, each of which crashes once, at its own instant of the second minute. */
function crashing(instances: number): ScenarioData {
  const faults = Array.from({ length: instances }, (_, i): FaultData => {
    return { at: 60_000 + 60_000 * ((i * GOLDEN) % 1), crash: { target: `server#${i + 1}` } }
  })
  return {
    name: 'leases',
    duration: '140s',
    network: { latency: 0 },
    topology: { server: { replicas: instances } },
    workload: [{ poisson: { to: 'server', rate: 1 } }],
    faults,
  }
}

/** Seconds each dead instance stayed in the registry. */
function staleness(run: RunDocument): number[] {
  const crashed = new Map<string, number>()
  const stale: number[] = []
  for (const event of run.events$) {
    if (event.type === 'faultBegan') crashed.set(/server#\d+/.exec(String(event.fault))?.[0] ?? '', event.atMs)
    if (event.type !== 'instanceExpired') continue
    const since = crashed.get(String(event.endpoint))
    if (since !== undefined) stale.push((event.atMs - since) / 1000)
  }
  return stale.sort((a, b) => a - b)
}

const dead: Oracle[] = [
  {
    id: 'G1 mean',
    name: `lease of ${TTL} s, crash at any time: how long the dead instance is listed, mean (s)`,
    theory: STALE,
    tolerance: 0.02,
    arrivals: 1500,
    quickArrivals: 300,
    scenario: crashing,
    measure(run) {
      const all = staleness(run)
      return all.reduce((sum, one) => sum + one, 0) / all.length
    },
  },
  {
    id: 'G1 p99',
    name: 'the same: 99th percentile (s)',
    theory: TTL - 0.01 / (2 / (SHORTEST + LONGEST)),
    tolerance: 0.02,
    arrivals: 1500,
    quickArrivals: 300,
    scenario: crashing,
    measure(run) {
      const all = staleness(run)
      return all[Math.floor(all.length * 0.99)] ?? null
    },
  },
]

const HOSTS = 10
const RATE = 100
const ROUND = 60
const SERVICE = 5

/** Ten hosts in turn, one of which crashes each minute and is restarted when nobody lists it any more. */
function killed(serviceSeconds: number, rest: Partial<ScenarioData> = {}): (arrivals: number) => ScenarioData {
  return (arrivals) => {
    const rounds = Math.round(arrivals / RATE / ROUND)
    const faults = Array.from({ length: rounds }, (_, i): FaultData => {
      const at = ROUND * 1000 * (i + 0.25) + 10_000 * ((i * GOLDEN) % 1)
      return {
        at,
        crash: { target: `server#${1 + (i % HOSTS)}`, restartAfter: rest.registry === undefined ? '30s' : '40s' },
      }
    })
    return {
      name: 'killed without drain',
      duration: seconds(rounds * ROUND),
      network: { latency: 0 },
      topology: { server: { replicas: HOSTS, work: serviceSeconds * 1000 } },
      workload: [{ constantArrivalRate: { to: 'server', rate: RATE } }],
      faults,
      ...rest,
    }
  }
}

/** Failed calls of one crash, in seconds of one host's calls. */
function lostSeconds(run: RunDocument): number {
  const crashes = run.events$.filter(({ type }) => type === 'faultBegan').length
  return (run.workload.server?.failed ?? Number.NaN) / crashes / (RATE / HOSTS)
}

const lost: Oracle[] = [
  {
    id: 'G1 lost',
    name: 'calls lost in turn to a dead instance, in seconds of its calls',
    theory: STALE + LAPSE,
    tolerance: 0.02,
    arrivals: 1_200_000,
    quickArrivals: 240_000,
    scenario: killed(0),
    measure: lostSeconds,
  },
  {
    id: 'G1 poll',
    name: 'the same with leases of 30 s, renewed every 10 s, in a registry that is asked every 5 s',
    theory: POLLED_STALE + LAPSE,
    tolerance: 0.02,
    arrivals: 1_200_000,
    quickArrivals: 240_000,
    scenario: killed(0, { registry: POLLED }),
    measure: lostSeconds,
  },
  {
    id: 'G3',
    name: `the same with ${SERVICE} s of service under way`,
    theory: SERVICE + STALE + LAPSE,
    tolerance: 0.05,
    arrivals: 1_200_000,
    quickArrivals: 240_000,
    scenario: killed(SERVICE),
    measure: lostSeconds,
  },
]

export const registry: readonly Oracle[] = [...dead, ...lost]
