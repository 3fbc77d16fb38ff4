// Client-side adaptive throttling (SRE book, "Handling Overload"): 20 clients of a backend that takes C a second and
// answers all else with 503, each of which counts what it wanted and what was taken over two minutes.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { crossing, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { bucketLoss } from './rate-limits.ts'

const CLIENTS = 20
const CAPACITY = 40
const WINDOW = 120
/** Until then windows fill. */
const WARMUP = 2 * WINDOW

/** Tokens of the backend's bucket. */
const BURST = 10

/**
 * What the backend sees, in capacities, however much is wanted: K times what it takes. A bucket of ten that is offered so
 * many takes them but for its loss, so it is the load at which 1 - 1/K are lost: K itself, but for a small K, which leaves
 * the bucket unused now and then. (For K 1.1 the reference simulation has 1.08, of which 0.978 are taken.)
 */
function loadUnder(multiplier: number): number {
  return crossing((load) => 1 - 1 / multiplier - bucketLoss(load, BURST), 0, 2 * multiplier)
}

/** `load` in capacities. */
function throttled(multiplier: number, load: number): (arrivals: number) => ScenarioData {
  const rate = load * CAPACITY
  return (arrivals) => ({
    name: 'adaptive throttling',
    duration: seconds(WARMUP + arrivals / rate),
    warmup: seconds(WARMUP),
    network: { latency: 0 },
    policies: {
      version: 1,
      targets: { server: { throttle: { multiplier, window: seconds(WINDOW) } } },
      inbound: { server: { rateLimit: { rate: CAPACITY, burst: BURST } } },
    },
    topology: { server: {} },
    workload: [{ poisson: { to: 'server', rate, clients: CLIENTS } }],
  })
}

/** What the backend sees of what is wanted. */
function seen(run: RunDocument): number {
  return serverOf(run).arrivals / (run.workload.server?.offered ?? Number.NaN)
}

const common = { arrivals: 300_000, quickArrivals: 60_000 }
const twice = throttled(2, 10)
const hardly = throttled(1.1, 10)

const throttles: Oracle[] = [
  {
    ...common,
    id: 'O1 K=2',
    name: 'ten times the capacity, K 2: what the backend sees, in capacities',
    theory: loadUnder(2),
    tolerance: 0.02,
    scenario: twice,
    measure: (run) => seen(run) * 10,
  },
  {
    ...common,
    id: 'O1 K=2 refused',
    name: 'the same: share that is refused by the clients',
    theory: 1 - loadUnder(2) / 10,
    tolerance: 0.02,
    scenario: twice,
    measure: ({ workload: { server } }) => (server === undefined ? null : server.rejected / server.offered),
  },
  {
    ...common,
    id: 'O1 K=1.5',
    name: 'the same, K 1.5: what the backend sees, in capacities',
    theory: loadUnder(1.5),
    tolerance: 0.02,
    quickSeeds: 0,
    scenario: throttled(1.5, 10),
    measure: (run) => seen(run) * 10,
  },
  {
    ...common,
    id: 'O1 K=1.1',
    name: 'the same, K 1.1: what the backend sees, in capacities',
    theory: loadUnder(1.1),
    tolerance: 0.02,
    scenario: hardly,
    measure: (run) => seen(run) * 10,
  },
  {
    ...common,
    id: 'O1 K=1.1 taken',
    name: 'the same: what it takes, in capacities',
    theory: loadUnder(1.1) / 1.1,
    tolerance: 0.02,
    scenario: hardly,
    measure: ({ workload: { server } }) => (server === undefined ? null : (server.succeeded / server.offered) * 10),
  },
  {
    ...common,
    id: 'O1 1.5 times',
    name: 'one and a half times the capacity, K 2: what the backend sees, in capacities',
    theory: 1.5,
    tolerance: 0.02,
    scenario: throttled(2, 1.5),
    measure: (run) => seen(run) * 1.5,
  },
]

/**
 * Of R calls in a window one of R + 1 is sent, and R being Poisson of mean λw that is 1/w a second, whatever λ. The two
 * minutes are counted in 24 parts, of which the present one is incomplete: w lies between 23 and 24 of them.
 */
const PROBES = (24 / WINDOW) * Math.log(24 / 23)

const DEAD_CLIENTS = 100

const dead: Oracle = {
  id: 'O1 dead',
  name: 'a dead backend: what it sees of each client, in calls a second',
  theory: PROBES,
  tolerance: 0.03,
  arrivals: 400_000,
  quickArrivals: 100_000,
  scenario: (arrivals) => ({
    name: 'throttled and dead',
    duration: seconds(WARMUP + arrivals / DEAD_CLIENTS),
    warmup: seconds(WARMUP),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { throttle: { window: seconds(WINDOW) } } } },
    topology: { server: {} },
    workload: [{ poisson: { to: 'server', rate: DEAD_CLIENTS, clients: DEAD_CLIENTS } }],
    faults: [{ at: 0, error: { target: 'server' } }],
  }),
  measure: (run) => serverOf(run).arrivals / DEAD_CLIENTS / (run.virtualMs / 1000 - WARMUP),
}

export const throttling: readonly Oracle[] = [...throttles, dead]
