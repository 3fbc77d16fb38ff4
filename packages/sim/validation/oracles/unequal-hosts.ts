// Hosts that are not alike: slower ones, one that turns slow, one that fails now and then.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { FaultData, ScenarioData } from '../../src/scenario/scenario-data.ts'
import { roundRobin } from './balancing.ts'
import { callsUntil } from './breaking.ts'
import { goodput, lasting, meanSeconds, seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Work short against the ten seconds in which p2c-ewma forgets: 50 ms stands for one unit of time. */
const UNIT_SECONDS = 0.05

/** Ten servers at full speed and ten at half of it, to 80 % of their capacity. */
function unequal(loadBalancing: string): (arrivals: number) => ScenarioData {
  const slow = Array.from(
    { length: 10 },
    (_, i): FaultData => ({ at: 0, slow: { target: `server#${i + 11}`, factor: 2 } }),
  )
  return (arrivals) => ({
    name: 'unequal servers',
    ...lasting(arrivals, 12 / UNIT_SECONDS),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing } } },
    topology: { server: { replicas: 20, concurrency: 1, work: { exponential: { mean: UNIT_SECONDS * 1000 } } } },
    workload: [{ poisson: { to: 'server', rate: 12 / UNIT_SECONDS } }],
    faults: slow,
  })
}

const halfSlow: Oracle[] = [
  {
    id: 'L9 p2c',
    name: '10 servers and 10 of half the speed, ρ 0.8, p2c: mean time over the fast mean',
    theory: 3.24,
    tolerance: 0.04,
    arrivals: 1_000_000,
    scenario: unequal('p2c'),
    measure: (run) => meanSeconds(run) / UNIT_SECONDS,
  },
  {
    id: 'L9 p2c-ewma',
    name: 'the same, p2c-ewma',
    theory: 2.93,
    tolerance: 0.04,
    arrivals: 1_000_000,
    scenario: unequal('p2c-ewma'),
    measure: (run) => meanSeconds(run) / UNIT_SECONDS,
  },
  {
    id: 'L9 round robin',
    name: 'the same, round robin: diverges (mean over 1000 by 200,000 jobs)',
    theory: 1000,
    compare: 'at least',
    tolerance: 0,
    arrivals: 400_000,
    quickSeeds: 0,
    scenario: unequal('round-robin'),
    measure: (run) => meanSeconds(run) / UNIT_SECONDS,
  },
]

/** The same servers as two versions, each with the weight of its speed. */
function weighted(loadBalancing: string): (arrivals: number) => ScenarioData {
  const work = (speed: number): DistributionData => ({ exponential: { mean: (UNIT_SECONDS * 1000) / speed } })
  return (arrivals) => ({
    name: 'unequal servers by weight',
    ...lasting(arrivals, 12 / UNIT_SECONDS),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing } } },
    topology: {
      server: {
        concurrency: 1,
        versions: {
          fast: { replicas: 10, weight: 2, work: work(1) },
          slow: { replicas: 10, weight: 1, work: work(0.5) },
        },
      },
    },
    workload: [{ poisson: { to: 'server', rate: 12 / UNIT_SECONDS } }],
  })
}

/** Two thirds go to the fast; all are busy to 0.8. */
const bySpeed = (fast: number, slow: number): number => (2 / 3) * fast + (1 / 3) * 2 * slow

const byWeight: Oracle[] = (
  [
    // Each is an M/M/1 queue.
    ['random', 'random', bySpeed(5, 5)],
    // In turn, and evenly: each 15th call to a fast one, each 30th to a slow one.
    ['in turn', 'weighted-round-robin', bySpeed(roundRobin(15, 0.8), roundRobin(30, 0.8))],
  ] as const
).map(([id, loadBalancing, theory]) => ({
  id: `L9 ${id}`,
  name: `the same servers, ${loadBalancing} by their speed: mean time over the fast mean`,
  theory,
  tolerance: 0.04,
  arrivals: 500_000,
  scenario: weighted(loadBalancing),
  measure: (run) => meanSeconds(run) / UNIT_SECONDS,
}))

/** Linkerd, "Beyond Round Robin" (2016): 11 backends, one of which takes 2 s for half of a minute; good is under 1 s. */
function linkerd(loadBalancing: string): () => ScenarioData {
  return () => ({
    name: 'beyond round robin',
    duration: '60s',
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing } } },
    topology: { server: { replicas: 11, work: { normal: { mean: '167ms', sd: '5ms' } } } },
    workload: [{ constantArrivalRate: { to: 'server', rate: 1000, deadline: '1s' } }],
    faults: [{ at: '15s', slow: { target: 'server#4', to: '2s', for: '30s' } }],
  })
}

const oneTurnsSlow: Oracle[] = (
  [
    ['round-robin', 1 - (1 / 11) * 0.5, 'absolute', 0.0002],
    ['p2c', 0.99499, 'absolute', 0.001],
    ['p2c-ewma', 0.9985, 'at least', 0],
  ] as const
).map(([loadBalancing, theory, compare, tolerance]) => ({
  id: `L7 ${loadBalancing}`,
  name: `Linkerd's slow backend of 11, ${loadBalancing}: answered within 1 s`,
  theory,
  compare,
  tolerance,
  arrivals: 60_000,
  quickArrivals: 60_000,
  scenario: linkerd(loadBalancing),
  measure: (run) => goodput(run),
}))

/**
 * One of ten hosts fails a share of its calls; five in a row eject it. Its ejections last a millisecond here, so that
 * one run holds many of them: the calls it gets over its ejections are the calls to eject it.
 */
function gray(ratio: number): (arrivals: number) => ScenarioData {
  const outlier = {
    consecutiveFailures: 5,
    baseEjection: '1ms',
    maxEjection: '1ms',
    maxEjected: 0.1,
    successRate: false,
  }
  return (arrivals) => ({
    name: 'gray host',
    duration: seconds(arrivals / 1000),
    network: { latency: 0 },
    policies: { version: 1, targets: { server: { loadBalancing: 'round-robin', outlier } } },
    topology: { server: { replicas: 10 } },
    workload: [{ constantArrivalRate: { to: 'server', rate: 1000 } }],
    faults: [{ at: 0, error: { target: 'server#1', ratio } }],
  })
}

const sometimesFailing: Oracle[] = (
  [
    [0.3, 2_000_000, 300_000],
    [0.5, 500_000, 100_000],
    [0.9, 100_000, 50_000],
  ] as const
).map(([p, arrivals, quickArrivals]) => ({
  id: `L13 p=${p}`,
  name: `a host that fails with p ${p}, ejected after 5 in a row: calls until then`,
  theory: callsUntil(5, p),
  tolerance: 0.15,
  arrivals,
  quickArrivals,
  scenario: gray(p),
  measure(run) {
    const ejections = run.events$.filter((event) => event.type === 'endpointEjected').length
    return (run.services.server?.instances['server#1']?.arrivals ?? Number.NaN) / ejections
  },
}))

/** How much of that users see: one in ten that is never caught (nearly), and half that is, within a second. */
const seen: Oracle[] = (
  [
    [0.1, 0.99, 0.001],
    [0.5, 0.9998, 0.0005],
  ] as const
).map(([p, theory, tolerance]) => ({
  id: `L13 success p=${p}`,
  name: `the same for 300 s, ejected for all of it: success`,
  theory,
  compare: 'absolute',
  tolerance,
  arrivals: 300_000,
  quickSeeds: 0,
  scenario: (arrivals) => ({
    ...gray(p)(arrivals),
    policies: {
      version: 1,
      targets: {
        server: {
          loadBalancing: 'round-robin',
          outlier: { baseEjection: '10m', maxEjection: '10m', maxEjected: 0.1, successRate: false },
        },
      },
    },
  }),
  measure: (run) => goodput(run),
}))

export const unequalHosts: readonly Oracle[] = [...halfSlow, ...byWeight, ...oneTurnsSlow, ...sometimesFailing, ...seen]
