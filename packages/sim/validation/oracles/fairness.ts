// Two kinds of users of one server: who suffers for whom, and what quotas and priorities change about it.
import type { ScenarioData } from '../../src/scenario/scenario-data.ts'
import { goodput, seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

const CAPACITY = 1000
const WORKERS = 10

interface Users {
  /** Also their key. */
  readonly name: string
  readonly rate: number
  readonly priority?: string
}

/** A server with a short line, first come, first served, unless its inbound policy knows better. */
function shared(
  users: readonly [Users, Users],
  inbound?: Readonly<Record<string, unknown>>,
): (arrivals: number) => ScenarioData {
  return (arrivals) => ({
    name: 'shared server',
    duration: seconds(10 + arrivals / (users[0].rate + users[1].rate)),
    warmup: '10s',
    network: { latency: 0 },
    ...(inbound === undefined ? {} : { policies: { version: 1, inbound: { server: inbound } } }),
    topology: { server: { concurrency: WORKERS, queue: 50, work: (1000 * WORKERS) / CAPACITY } },
    workload: users.map((kind) => ({ poisson: { to: 'server', deadline: '1s', key: kind.name, ...kind } })),
  })
}

const common = { arrivals: 300_000, quickArrivals: 60_000 }

const LIGHT = { name: 'light', rate: 200 }
const HEAVY = { name: 'heavy', rate: 5000 }
const QUOTA = 800
const quota = shared([LIGHT, HEAVY], { rateLimit: { rate: QUOTA, burst: 10, by: 'key' } })

const tenants: Oracle[] = [
  {
    ...common,
    id: 'O5 fifo',
    name: 'tenants of 5000 and 200/s on a server of 1000/s, one line: success of the small one',
    theory: CAPACITY / (LIGHT.rate + HEAVY.rate),
    tolerance: 0.03,
    scenario: shared([LIGHT, HEAVY]),
    measure: (run) => goodput(run, 'light'),
  },
  {
    ...common,
    id: 'O5 quota light',
    name: `the same with a quota of ${QUOTA}/s for each key: success of the small one`,
    theory: 1,
    tolerance: 0.03,
    scenario: quota,
    measure: (run) => goodput(run, 'light'),
  },
  {
    ...common,
    id: 'O5 quota heavy',
    name: 'the same: goodput of the large one, calls a second',
    theory: QUOTA,
    tolerance: 0.03,
    scenario: quota,
    measure: (run) => goodput(run, 'heavy') * HEAVY.rate,
  },
]

const CRITICAL = { name: 'critical', rate: 600, priority: 'critical' }
const BATCH = { name: 'batch', rate: 900, priority: 'sheddable' }
/** As many as work, and the line in front of them, where the newest of the lowest makes room. */
const priority = shared([CRITICAL, BATCH], { concurrency: { limit: WORKERS, queue: 50, discipline: 'priority' } })

const priorities: Oracle[] = [
  {
    ...common,
    id: 'O6 fifo',
    name: 'critical 600 and batch 900/s on a server of 1000/s, one line: success of the critical',
    theory: CAPACITY / (CRITICAL.rate + BATCH.rate),
    tolerance: 0.02,
    scenario: shared([CRITICAL, BATCH]),
    measure: (run) => goodput(run, 'critical'),
  },
  {
    ...common,
    id: 'O6 critical',
    name: 'the same by priority: success of the critical',
    theory: 1,
    tolerance: 0.02,
    scenario: priority,
    measure: (run) => goodput(run, 'critical'),
  },
  {
    ...common,
    id: 'O6 batch',
    name: 'the same: success of the batch',
    theory: (CAPACITY - CRITICAL.rate) / BATCH.rate,
    tolerance: 0.02,
    scenario: priority,
    measure: (run) => goodput(run, 'batch'),
  },
]

export const fairness: readonly Oracle[] = [...tenants, ...priorities]
