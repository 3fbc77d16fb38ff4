// A dependency that has turned slow, and how long a backlog lasts.
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds, serverOf, thresholdValue } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** A pool of 100; a fifth of 1000 calls a second need a dependency that has turned from 50 to 500 ms. */
function pool(policy: Readonly<Record<string, unknown>> | undefined): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'bulkhead',
    duration: seconds(60 + arrivals / 1000),
    warmup: '60s',
    network: { latency: 0 },
    policies: { version: 1, targets: policy === undefined ? {} : { 'web>dep': policy } },
    topology: {
      web: { concurrency: 100, methods: { 'GET /dep': { calls: ['dep'] }, 'GET /own': { work: 0 } } },
      dep: { work: '500ms' },
    },
    workload: [
      { poisson: { to: 'web/GET /dep', rate: 200, name: 'with', deadline: '1s' } },
      { poisson: { to: 'web/GET /own', rate: 800, name: 'without', deadline: '1s' } },
    ],
  })
}

const bulkhead = pool({ concurrency: { limit: 20 } })
const common = { arrivals: 300_000, quickArrivals: 60_000 }

const bulkheads: Oracle[] = [
  {
    ...common,
    id: 'O4 pool',
    name: 'shared pool of 100, 200/s of 500 ms: share of the pool that is taken',
    theory: 1,
    tolerance: 0.05,
    scenario: pool(undefined),
    measure: (run) => serverOf(run, 'web').utilization,
  },
  {
    ...common,
    id: 'O4 dep',
    name: 'bulkhead of 20: goodput of the dependency, calls a second',
    theory: 40,
    tolerance: 0.05,
    scenario: bulkhead,
    measure: (run) => goodput(run, 'with') * 200,
  },
  {
    ...common,
    id: 'O4 others',
    name: 'the same: goodput of the others, calls a second',
    theory: 800,
    tolerance: 0.05,
    scenario: bulkhead,
    measure: (run) => goodput(run, 'without') * 800,
  },
  {
    ...common,
    id: 'O4 timeout',
    name: 'timeout of 100 ms instead: workers taken',
    theory: 20,
    tolerance: 0.05,
    scenario: pool({ timeout: '100ms' }),
    measure: (run) => serverOf(run, 'web').present,
  },
]

/** Capacity 100/s, load 80 and from 60 s on 160; from 180 s on capacity is 200, until then its work is slowed. */
const scalingLag: Oracle = {
  id: 'G5',
  name: 'capacity doubles 120 s after the load did: the backlog is gone after (s)',
  theory: ((160 - 100) * 120) / (200 - 160),
  tolerance: 0.05,
  arrivals: 0,
  scenario: () => ({
    name: 'autoscaling lag',
    duration: '400s',
    network: { latency: 0 },
    topology: { server: { concurrency: 1, work: '5ms' } },
    workload: [
      { constantArrivalRate: { to: 'server', rate: 80, name: 'before' } },
      { constantArrivalRate: { to: 'server', rate: 80, name: 'surge', from: '60s' } },
    ],
    faults: [{ at: '1s', slow: { target: 'server', factor: 2, for: '179s' } }],
    thresholds: { 'server.goodput': 'ratio>=0 within 500ms', 'server.recovery': 'time<400s' },
  }),
  measure: (run) => (thresholdValue(run, 'server.recovery') ?? Number.NaN) / 1000,
}

export const sharing: readonly Oracle[] = [...bulkheads, scalingLag]
