// Networks of queues, and single ones that the classical list leaves out: what a line of few places loses, tandems and
// circles (Jackson), closed networks (exact mean value analysis), and disciplines whose mean does not hang on the law of work.
import type { DistributionData } from '../../src/model/distributions.ts'
import type { RunDocument } from '../../src/recording/run-document.ts'
import type { Discipline, ScenarioData, ServiceData } from '../../src/scenario/scenario-data.ts'
import { lasting, meanSeconds, serverOf } from './figures.ts'
import type { Oracle } from './oracle.ts'
import { EXPONENTIAL, erlangC } from './queues.ts'

const LOGNORMAL: DistributionData = { lognormal: { median: Math.exp(-0.549306) * 1000, sigma: 1.048147 } }
/** Squared coefficient of variation of {@link LOGNORMAL}, whose mean is 1 s. */
const LOGNORMAL_CS2 = 2

function single(server: ServiceData, rate: number, kind: 'poisson' | 'constantArrivalRate' = 'poisson') {
  return (arrivals: number): ScenarioData => ({
    name: 'queue',
    ...lasting(arrivals, rate),
    network: { latency: 0 },
    topology: { server },
    workload: [
      kind === 'poisson' ? { poisson: { to: 'server', rate } } : { constantArrivalRate: { to: 'server', rate } },
    ],
  })
}

/** M/M/c with room for `waiting` in line: share that finds it full, and the mean time of who does not. */
export function finite(c: number, waiting: number, lambda: number): { readonly lost: number; readonly w: number } {
  const p = [1]
  for (let k = 1; k <= c + waiting; k++) p.push(((p[k - 1] as number) * lambda) / Math.min(k, c))
  const sum = p.reduce((a, b) => a + b)
  const lost = (p.at(-1) as number) / sum
  const present = p.reduce((all, one, k) => all + k * one, 0) / sum
  return { lost, w: present / (lambda * (1 - lost)) }
}

const refusedShare = (run: RunDocument): number => serverOf(run).refused / serverOf(run).arrivals

const fullLines: Oracle[] = (
  [
    // Erlang's loss formula: no line at all, and then only the mean of the work counts.
    ['M/M/10/10', 10, 0, 8, EXPONENTIAL],
    ['M/D/10/10', 10, 0, 8, '1s'],
    ['M/G/10/10', 10, 0, 12, LOGNORMAL],
    ['M/M/1/6', 1, 5, 0.9, EXPONENTIAL],
    ['M/M/3/8', 3, 5, 4, EXPONENTIAL],
  ] as const
).flatMap(([name, c, queue, rate, work]): Oracle[] => {
  const { lost, w } = finite(c, queue, rate)
  const common = { arrivals: 300_000, quickArrivals: 50_000, scenario: single({ concurrency: c, queue, work }, rate) }
  const what = `${name}, ${rate} arrivals a service time`
  return [
    {
      ...common,
      id: `X1 lost ${name}`,
      name: `${what}: share refused`,
      theory: lost,
      tolerance: 0.03,
      measure: refusedShare,
    },
    {
      ...common,
      id: `X1 W ${name}`,
      name: `${what}: mean time of the others`,
      theory: w,
      tolerance: 0.02,
      measure: meanSeconds,
    },
  ]
})

/** G/M/1 with even arrivals: σ = e^(-(1-σ)/ρ). */
export function evenArrivals(rho: number): number {
  let sigma = 0.5
  for (let i = 0; i < 10_000; i++) sigma = Math.exp(-(1 - sigma) / rho)
  return 1 / (1 - sigma)
}

const others: Oracle[] = [
  ...[0.6, 0.85].map((rho) => ({
    id: `X2 D/M/1 ${rho}`,
    name: `even arrivals, exponential work, ρ ${rho}: mean time in system`,
    theory: evenArrivals(rho),
    tolerance: 0.02,
    arrivals: 500_000,
    quickArrivals: 50_000,
    scenario: single({ concurrency: 1, work: EXPONENTIAL }, rho, 'constantArrivalRate'),
    measure: meanSeconds,
  })),
  ...(
    [
      ['uniform', { uniform: { min: '0.5s', max: '1.5s' } }, 1 / 12],
      ['Erlang-4', { erlang: { k: 4, mean: '1s' } }, 1 / 4],
      [
        'mixture',
        {
          mixture: [
            { weight: 0.8, of: '0.5s' },
            { weight: 0.2, of: '3s' },
          ],
        },
        1,
      ],
      ['empirical', { empirical: { samples: ['0.2s', '0.6s', '1s', '2.2s'] } }, 0.56],
    ] as const
  ).map(([name, work, cs2]) => ({
    id: `X2 M/G/1 ${name}`,
    name: `M/G/1, ρ 0.7, ${name} work: mean time in system`,
    theory: 1 + (0.7 * (1 + cs2)) / (2 * 0.3),
    tolerance: 0.02,
    arrivals: 500_000,
    quickArrivals: 50_000,
    scenario: single({ concurrency: 1, work }, 0.7),
    measure: meanSeconds,
  })),
  // Who comes last is served first: nobody is interrupted, so that the mean is that of the line in order.
  {
    id: 'X3 lifo',
    name: 'M/G/1, last come, first served, ρ 0.7, lognormal cs² 2: mean time in system',
    theory: 1 + (0.7 * (1 + LOGNORMAL_CS2)) / (2 * 0.3),
    tolerance: 0.03,
    arrivals: 1_000_000,
    quickArrivals: 50_000,
    scenario: single({ concurrency: 1, discipline: 'lifo', work: LOGNORMAL }, 0.7),
    measure: meanSeconds,
  },
  ...(['constant', 'lognormal'] as const).map((name) => ({
    id: `X3 shared ${name}`,
    name: `4 workers shared by all, ρ 0.7, ${name} work: mean time in system`,
    theory: erlangC(4, 2.8) / (4 - 2.8) + 1,
    tolerance: 0.02,
    arrivals: 500_000,
    quickArrivals: 50_000,
    scenario: single(
      { concurrency: 4, discipline: 'processor-sharing', work: name === 'constant' ? '1s' : LOGNORMAL },
      2.8,
    ),
    measure: meanSeconds,
  })),
]

/** Two classes, nobody interrupted, work of any law (Cobham): the wait of each is that of M/M/1 times (1 + cs²) / 2. */
const priorities: Oracle[] = [1, 2].map((place) => {
  const [first, second] = [0.3, 0.4]
  const w0 = ((first + second) * (1 + LOGNORMAL_CS2)) / 2
  const name = place === 1 ? 'default' : 'sheddable'
  return {
    id: `X4 ${name}`,
    name: `two classes of ${first} and ${second}/s, lognormal work cs² 2: mean wait of ${name}`,
    theory: place === 1 ? w0 / (1 - first) : w0 / ((1 - first) * (1 - first - second)),
    tolerance: 0.03,
    arrivals: 1_000_000,
    quickArrivals: 50_000,
    scenario: classes,
    measure: (run) => (run.workload[name]?.latencyMs.mean ?? Number.NaN) / 1000 - 1,
  }
})

function classes(arrivals: number): ScenarioData {
  return {
    name: 'two classes',
    ...lasting(arrivals, 0.7),
    network: { latency: 0 },
    topology: { server: { concurrency: 1, discipline: 'priority', work: LOGNORMAL } },
    workload: [
      { poisson: { to: 'server', rate: 0.3, name: 'default', priority: 'default' } },
      { poisson: { to: 'server', rate: 0.4, name: 'sheddable', priority: 'sheddable' } },
    ],
  }
}

/** Services that a request passes one after the other, behind one that has no line of its own. */
const STAGES: readonly (readonly [workers: number, rho: number])[] = [
  [1, 0.6],
  [3, 0.8],
  [1, 0.7],
]

function tandem(arrivals: number): ScenarioData {
  const stages = STAGES.map(([concurrency, rho], i): [string, ServiceData] => {
    return [`stage${i + 1}`, { concurrency, work: { exponential: { mean: concurrency * rho * 1000 } } }]
  })
  return {
    name: 'tandem',
    ...lasting(arrivals, 1),
    network: { latency: 0 },
    topology: { server: { calls: stages.map(([name]) => name) }, ...Object.fromEntries(stages) },
    workload: [{ poisson: { to: 'server', rate: 1 } }],
  }
}

/** At one call a second. */
const stageTime = ([c, rho]: readonly [number, number]): number => c * rho * (1 + erlangC(c, c * rho) / (c * (1 - rho)))

/** Two calls in order to the same database: a customer that comes back, which leaves its line an M/M/1 (Jackson). */
function comingBack(arrivals: number): ScenarioData {
  return {
    name: 'coming back',
    ...lasting(arrivals, 1),
    network: { latency: 0 },
    topology: {
      server: {
        steps: [{ call: 'db' }, { wait: { exponential: { mean: '20s' } } }, { call: 'db', probability: 0.5 }],
      },
      db: { concurrency: 1, work: { exponential: { mean: '500ms' } } },
    },
    workload: [{ poisson: { to: 'server', rate: 1 } }],
  }
}

const open: Oracle[] = [
  {
    id: 'X5 tandem',
    name: 'three services in a row (M/M/1, M/M/3, M/M/1), busy 0.6, 0.8, 0.7: mean time in system',
    theory: STAGES.reduce((sum, stage) => sum + stageTime(stage), 0),
    tolerance: 0.02,
    arrivals: 1_000_000,
    quickArrivals: 30_000,
    scenario: tandem,
    measure: meanSeconds,
  },
  {
    id: 'X5 coming back',
    name: 'half of the customers come back after a while, ρ 0.75: mean wait at the database (s)',
    theory: (0.75 / 0.25) * 0.5,
    tolerance: 0.02,
    arrivals: 1_000_000,
    quickArrivals: 30_000,
    scenario: comingBack,
    measure: (run) => (serverOf(run, 'db').queueMs.mean ?? Number.NaN) / 1000,
  },
]

/** Closed network of single servers and a delay: exact mean value analysis. */
export function mvaOf(
  users: number,
  z: number,
  demands: readonly number[],
): { readonly r: number; readonly x: number } {
  const queues = demands.map(() => 0)
  let [r, x] = [0, 0]
  for (let k = 1; k <= users; k++) {
    const times = demands.map((demand, i) => demand * (1 + (queues[i] as number)))
    r = times.reduce((sum, one) => sum + one, 0)
    x = k / (r + z)
    for (const [i, time] of times.entries()) queues[i] = x * time
  }
  return { r, x }
}

const DEMANDS = [0.5, 0.8]

/** The second station shares its worker, where the law of work does not count (Baskett, Chandy, Muntz, Palacios). */
function closed(users: number, discipline: Discipline, second: DistributionData): (arrivals: number) => ScenarioData {
  const { x } = mvaOf(users, 5, DEMANDS)
  return (arrivals) => ({
    name: 'closed network',
    ...lasting(arrivals, x, 0.1),
    network: { latency: 0 },
    topology: {
      server: { calls: ['app', 'db'] },
      app: { concurrency: 1, work: { exponential: { mean: '500ms' } } },
      db: { concurrency: 1, discipline, work: second },
    },
    workload: [
      { closedLoop: { to: 'server', clients: users, callers: 1, thinkTime: { exponential: { mean: '5s' } } } },
    ],
  })
}

const loops: Oracle[] = (
  [
    [4, 'fifo', { exponential: { mean: '800ms' } }, ''],
    [12, 'fifo', { exponential: { mean: '800ms' } }, ''],
    [12, 'processor-sharing', '800ms', ' shared, constant'],
  ] as const
).map(([users, discipline, work, how]) => ({
  id: `X6 N=${users}${how}`,
  name: `closed network of two servers, ${users} users${how === '' ? '' : `, the second${how}`}: response time`,
  theory: mvaOf(users, 5, DEMANDS).r,
  tolerance: 0.02,
  arrivals: 300_000,
  quickArrivals: 20_000,
  scenario: closed(users, discipline, work),
  measure: meanSeconds,
}))

export const networks: readonly Oracle[] = [...fullLines, ...others, ...priorities, ...open, ...loops]
