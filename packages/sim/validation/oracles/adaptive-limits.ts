// Limits that find themselves, at twice what ten workers of 100 ms can do: Gradient2 as published (Netflix
// concurrency-limits) climbs in an hour from 20 to its cap, and its goodput falls to nothing; Vegas sinks to 6, and has 0.57.
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'

type Concurrency = Readonly<Record<string, unknown>>

const WORKERS = 10
const PER_WORKER = 10
const OVERLOAD = 2
const RATE = OVERLOAD * WORKERS * PER_WORKER

/** Only its last tenth is measured. `places` bounds the server's line, for who learns by refusals. */
function overloaded(concurrency: Concurrency, places?: number): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'adaptive limit',
    duration: seconds(arrivals / RATE),
    warmup: seconds((arrivals / RATE) * 0.9),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { concurrency } } },
    topology: {
      server: {
        concurrency: WORKERS,
        work: { exponential: { mean: 1000 / PER_WORKER } },
        ...(places === undefined ? {} : { queue: places }),
      },
    },
    workload: [{ poisson: { to: 'server', rate: RATE, deadline: '1s' } }],
  })
}

/** With twice the load that can be served, there are always as many present as the limit allows. */
const present = (run: RunDocument): number | null => serverOf(run).present
const overCapacity = (run: RunDocument): number => goodput(run) * OVERLOAD

/** An hour; quick ten minutes, in which Gradient2 has come to 98. */
const common = { arrivals: RATE * 3600, quickArrivals: RATE * 600, tolerance: 0 } as const

const wide = { min: 1, max: 1000 }

/** What is right is 20 (ten at work and ten that wait: 0.5 s at the worst); twice that still answers within the second. */
const drift: Oracle[] = (
  [
    ['gradient', 10, 40, overloaded({ algorithm: 'gradient', ...wide })],
    ['vegas', 10, 40, overloaded({ algorithm: 'vegas', ...wide })],
    // The server refuses whom it has no place for: ten at work, ten that wait.
    ['aimd', 10, 22, overloaded({ algorithm: 'aimd', ...wide }, WORKERS)],
  ] as const
).flatMap(([algorithm, least, most, scenario]): Oracle[] => [
  {
    ...common,
    id: `M7 ${algorithm} most`,
    name: `${algorithm}, an hour at twice the capacity: limit in the end, at most`,
    theory: most,
    compare: 'at most',
    scenario,
    measure: present,
  },
  {
    ...common,
    id: `M7 ${algorithm} least`,
    name: 'the same: at least',
    theory: least,
    compare: 'at least',
    scenario,
    measure: present,
  },
  {
    ...common,
    id: `M7 ${algorithm} goodput`,
    name: 'the same: goodput within 1 s over capacity, at least',
    theory: 0.95,
    compare: 'at least',
    scenario,
    measure: overCapacity,
  },
])

/** Share of the workers' time that is taken where at most `places` may be present and the load is `a` workers: M/M/c/K. */
function taken(a: number, workers: number, places: number): number {
  let weight = 1
  let sum = 1
  for (let n = 1; n <= places; n++) {
    weight *= a / Math.min(n, workers)
    sum += weight
  }
  return (a * (1 - weight / sum)) / workers
}

const fixed: Oracle = {
  id: 'M7 fixed',
  name: 'a fixed limit of 20: goodput within 1 s over capacity',
  theory: taken(OVERLOAD * WORKERS, WORKERS, 20),
  tolerance: 0.02,
  arrivals: 300_000,
  scenario: overloaded({ limit: 20 }),
  measure: overCapacity,
}

/** A minute of little to do for 60 workers, then twice what they can: measured from 20 s after that on. */
function step(algorithm: string): () => ScenarioData {
  return () => ({
    name: 'step in load',
    duration: '120s',
    warmup: '80s',
    network: { latency: 0 },
    policies: { version: 1, targets: { 'gateway>server': { concurrency: { algorithm, ...wide } } } },
    topology: {
      gateway: { calls: ['server'] },
      server: { concurrency: 60, queue: 60, work: { exponential: { mean: '100ms' } } },
    },
    workload: [
      { poisson: { to: 'gateway', rate: 50, name: 'before', until: '60s' } },
      { poisson: { to: 'gateway', rate: 1200, name: 'surge', from: '60s', deadline: '1s' } },
    ],
  })
}

const steps: Oracle[] = ['gradient', 'vegas', 'aimd'].map((algorithm) => ({
  id: `M7 ${algorithm} step`,
  name: `${algorithm}, 20 s after a step from a twelfth to twice the capacity: goodput over capacity, at least`,
  theory: 0.95,
  compare: 'at least',
  tolerance: 0,
  arrivals: 50_000,
  scenario: step(algorithm),
  measure: (run) => goodput(run, 'surge') * 2,
}))

export const adaptiveLimits: readonly Oracle[] = [...drift, fixed, ...steps]
