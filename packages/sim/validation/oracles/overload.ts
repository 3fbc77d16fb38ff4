// Overload: what a waiting line is worth under a deadline, by who is served next and who is given up.
import type { ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import { erlangTail, goodput, seconds } from './figures.ts'
import type { Oracle } from './oracle.ts'

/** Goodput over capacity of M/M/1 with `places` (line and worker), for users who wait `deadline` mean service times. */
function inTime(rho: number, places: number, deadline: number): number {
  let sum = 0
  let good = 0
  for (let k = 0; k <= places; k++) {
    sum += rho ** k
    if (k < places) good += rho ** k * (1 - erlangTail(k + 1, deadline))
  }
  return (rho * good) / sum
}

/**
 * The same where who has waited for `deadline` is not served: M/M/1+D (Baccelli and Hebuterne 1981). Above ρ 1 the wait that
 * somebody meets has the density ρ exp((ρ - 1) w) up to the deadline, falls as exp(-w) from there, and is 0 with weight 1.
 */
function inTimeUnexpired(rho: number, deadline: number): number {
  const excess = rho - 1
  // All weights as multiples of exp((ρ - 1) deadline).
  const idle = Math.exp(-excess * deadline)
  const served = (rho / excess) * (1 - idle)
  const late = 1 - idle * Math.exp(-deadline)
  return (rho * (served - late + idle * (1 - Math.exp(-deadline)))) / (idle + served + rho)
}

/**
 * The same, last come, first served, above ρ 1: the server is never idle, and one waits for a busy period: n services with
 * the n - 1 arrivals between them, in all 2n - 1 events of rate 1 + ρ, in one of Catalan's orders.
 */
function inTimeLifo(rho: number, deadline: number): number {
  const waitsAtMost = (t: number): number => {
    let orders = 1 / (1 + rho)
    let sum = 0
    for (let n = 1; n < 2 * (1 + rho) * deadline; n++) {
      sum += orders * (1 - erlangTail(2 * n - 1, (1 + rho) * t))
      orders *= (((2 * (2 * n - 1)) / (n + 1)) * rho) / (1 + rho) ** 2
    }
    return sum
  }
  // With one's own service, of exponential length: by Simpson's rule.
  const [steps, upTo] = [80, 16]
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const s = (upTo * i) / steps
    sum += (i % steps === 0 ? 1 : i % 2 === 0 ? 2 : 4) * Math.exp(-s) * waitsAtMost(deadline - s)
  }
  return (rho * sum * upTo) / steps / 3
}

const CAPACITY = 100
const DEADLINE = 0.5

interface Line {
  readonly server?: Pick<ServiceData, 'queue' | 'discipline' | 'onCancel'>
  /** The production limiter in front of it. */
  readonly limiter?: Readonly<Record<string, unknown>>
}

function line(rho: number, { server, limiter }: Line): (arrivals: number) => ScenarioData {
  const rate = rho * CAPACITY
  const inbound = { server: { concurrency: { limit: 1, queue: 1e6, maxWait: '1h', ...limiter } } }
  return (arrivals) => ({
    name: 'overload',
    duration: seconds(60 + arrivals / rate),
    warmup: '60s',
    network: { latency: 0 },
    ...(limiter === undefined ? {} : { policies: { version: 1, inbound } }),
    topology: { server: { concurrency: 1, work: { exponential: { mean: 1000 / CAPACITY } }, ...server } },
    workload: [
      { poisson: { to: 'server', rate, deadline: DEADLINE * 1000, impatient: server?.onCancel !== undefined } },
    ],
  })
}

interface Row extends Line {
  readonly id: string
  readonly name: string
  readonly rho: number
  readonly theory: number
  readonly compare?: Oracle['compare']
}

/** In mean service times. */
const PATIENCE = DEADLINE * CAPACITY

const bounded = ([1.1, 1.5, 3] as const).flatMap((rho): Row[] =>
  [50, 10].map((places) => ({
    id: `${places} ${rho}`,
    name: `${places} may be present`,
    rho,
    theory: inTime(rho, places, PATIENCE),
    server: { queue: places - 1 },
  })),
)

const ROWS: readonly Row[] = [
  ...[1.1, 1.5].map((rho) => ({ id: `unbounded ${rho}`, name: 'unboundedly many may be present', rho, theory: 0 })),
  ...bounded,
  ...[1.1, 1.5, 3].flatMap((rho): Row[] => [
    {
      id: `expired ${rho}`,
      name: 'who gives up leaves the line',
      rho,
      theory: inTimeUnexpired(rho, PATIENCE),
      server: { onCancel: 'dequeue' },
    },
    {
      id: `lifo ${rho}`,
      name: 'last come, first served',
      rho,
      theory: inTimeLifo(rho, PATIENCE),
      server: { discipline: 'lifo' },
    },
    {
      id: `lifo limit ${rho}`,
      name: 'the same by the limiter, which is first in, first out until there is overload',
      rho,
      theory: inTimeLifo(rho, PATIENCE),
      limiter: { discipline: 'lifo' },
    },
  ]),
  // Of a reference simulation. The limiter's line is no longer overloaded as soon as it is empty, which does it good.
  ...(
    [
      [0.8, 0.71],
      [1.1, 0.84],
      [1.5, 0.92],
      [3, 0.98],
    ] as const
  ).flatMap(([rho, theory]): Row[] => [
    { id: `codel ${rho}`, name: 'CoDel', rho, theory, server: { discipline: 'codel' } },
    {
      id: `codel limit ${rho}`,
      name: 'CoDel by the limiter, at least',
      rho,
      theory,
      compare: 'at least',
      limiter: { discipline: 'codel' },
    },
  ]),
]

export const overload: readonly Oracle[] = ROWS.map(({ id, name, rho, theory, compare = 'absolute', ...how }) => ({
  id: `O2 ${id}`,
  name: `load ${rho}, users wait 500 ms, ${name}: goodput over capacity`,
  theory,
  compare,
  tolerance: 0.02,
  arrivals: 200_000,
  quickArrivals: 30_000,
  scenario: line(rho, how),
  measure: (run) => goodput(run) * rho,
}))
