/**
 * Ten policies that are bad on purpose, each beside what it should have been. One named threshold or invariant of a story
 * holds for the sound one and catches the other: a simulator that lets one of them pass tests nothing.
 */
import type { Runtime } from '@seakeep/core'
import {
  type Balancer,
  type BalancerFactory,
  CountingBalancer,
  createBalancer,
  type Load,
  type Pickable,
  Tokens,
} from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  exponential,
  poisson,
  type RunDocument,
  type ScenarioData,
  service,
  simulate,
} from '../src/index.ts'

interface Mutant {
  readonly name: string
  /** A threshold of the story, or an invariant. */
  readonly caughtBy: string
  readonly story: ScenarioData
  readonly sound: Partial<ScenarioData>
  readonly bad: Partial<ScenarioData>
}

const of = (targets: object): Partial<ScenarioData> => ({ policies: { version: 1, targets } as never })

const RETRY_STORM: ScenarioData = {
  duration: '50s',
  topology: { db: service({ concurrency: 1, work: '3.3ms' }) },
  workload: [poisson({ to: 'db', rate: 200, deadline: '2s' })],
  faults: [at('10s').hold('client>db', { for: '5s' })],
  thresholds: { 'db.recovery': 'time<35s' },
}

/** Each begins with the first server: all the clients of a fleet in step. */
class InStep extends CountingBalancer {
  readonly algorithm = 'in-step'
  picker<Row extends Pickable>(rows: readonly Row[]) {
    let turns = 0
    return { pick: () => rows[turns++ % rows.length] }
  }
}

/** The production balancer, for which a failure is the answer that it was: a fast one. */
class ErrorsAreFast implements Balancer {
  readonly algorithm = 'errors-are-fast'
  readonly #inner: Balancer

  constructor(inner: Balancer) {
    this.#inner = inner
  }

  picker<Row extends Pickable>(rows: readonly Row[]) {
    return this.#inner.picker(rows)
  }

  onSend(load: Load, nowMs: number): void {
    this.#inner.onSend(load, nowMs)
  }

  onAnswer(load: Load, latencyMs: number, nowMs: number): void {
    this.#inner.onAnswer(load, latencyMs, nowMs)
  }

  onEnd(load: Load, isFailure: boolean, retryAfterMs: number | undefined, nowMs: number): void {
    this.#inner.onEnd(load, false, retryAfterMs, nowMs)
    if (isFailure) this.#inner.onAnswer(load, 1, nowMs)
  }
}

const balancer = (make: BalancerFactory): Partial<ScenarioData> => ({
  modules: [new ContainerModule(({ rebind }) => void rebind(Tokens.balancer).toConstantValue(make))],
})

const CRASHED: ScenarioData = {
  duration: '60s',
  topology: { db: service({ concurrency: 4, work: exponential({ mean: '10ms' }) }) },
  workload: [poisson({ to: 'db', rate: 200, deadline: '500ms' })],
  faults: [at('10s').crash('db', { restartAfter: '5s' })],
  invariants: ['recovery'],
}

/** Servers go on with what nobody waits for any more, or let it go. */
const hedged = (onCancel: 'finish' | 'dequeue'): Partial<ScenarioData> => ({
  topology: { search: service({ replicas: 20, concurrency: 1, work: exponential({ mean: '10ms' }), onCancel }) },
})

/** Everybody's call fails in one instant; the hub behind the gateway takes a hundred of them in 100 ms. */
const HERD: ScenarioData = {
  duration: '40s',
  network: { latency: 0 },
  topology: { gateway: service({ calls: ['hub'] }), hub: service({ concurrency: 10, queue: 100, work: '10ms' }) },
  workload: [
    { replay: { to: 'gateway', arrivals: Array.from({ length: 2000 }, () => 10_000), deadline: '30s' } } as never,
  ],
  faults: [at('9999ms').error('gateway', { for: '2ms' })],
  thresholds: { 'gateway.goodput': 'ratio>=0.98' },
}
const reconnecting = (jitter: string): Partial<ScenarioData> => {
  const backoff = { initial: '8s', max: '8s', jitter }
  return of({ gateway: { retry: { maxAttempts: 3, backoff, budget: false } } })
}

/** A lease of 30 s that its holder renews every 10; who reads it goes by its own calendar, or counts from when it heard. */
function leased(by: 'wall' | 'own'): Partial<ScenarioData> {
  let [untilMs, heardMs] = [0, 0]
  const holder: AppHandler = async (_request, { client, clock }) => {
    untilMs = clock.wallNow() + 30_000
    await client('reader').call({ method: 'PUT /lease' })
  }
  const reader: AppHandler = ({ method }, { clock }) => {
    if (method === 'PUT /lease') heardMs = clock.now()
    else if (by === 'wall' ? clock.wallNow() > untilMs : clock.now() > heardMs + 30_000) return { status: 500 }
    return undefined
  }
  return { topology: { holder: service({ app: holder }), reader: service({ app: reader }) } }
}

/** A hop in front of the database that hands its caller's deadline on, or begins a new one. */
function hop(call: (runtime: Runtime, inherited: () => Promise<unknown>) => Promise<unknown>): Partial<ScenarioData> {
  const app: AppHandler = (_request, { client, runtime }) => call(runtime, () => client('db').call({}))
  const db = service({ concurrency: 1, work: '9ms', onCancel: 'dequeue' })
  return { topology: { web: service({ app }), db } }
}

const MUTANTS: readonly Mutant[] = [
  {
    name: 'retries without a budget',
    caughtBy: 'db.recovery time<35s',
    story: RETRY_STORM,
    sound: of({ db: { retry: { attemptTimeout: '1s' } } }),
    bad: of({ db: { retry: { attemptTimeout: '1s', budget: false } } }),
  },
  {
    name: 'a round-robin whose clients march in step',
    caughtBy: 'server.queue p(99)<300ms',
    story: {
      duration: '10s',
      topology: { server: service({ replicas: 20, concurrency: 1, work: exponential({ mean: '20ms' }) }) },
      workload: [poisson({ to: 'server', rate: 600, clients: 300 })],
      thresholds: { 'server.queue': 'p(99)<300ms' },
    },
    sound: of({ server: { loadBalancing: 'round-robin' } }),
    bad: { ...of({ server: { loadBalancing: 'round-robin' } }), ...balancer(() => new InStep()) },
  },
  {
    name: 'a breaker that never half-opens',
    caughtBy: 'recovery',
    story: CRASHED,
    sound: of({ db: { timeout: '400ms', circuitBreaker: true } }),
    bad: of({ db: { timeout: '400ms', circuitBreaker: { openFor: '24h', maxOpenFor: '24h' } } }),
  },
  {
    name: 'an EWMA that takes errors for fast answers',
    caughtBy: 'stock.goodput ratio>=0.999',
    story: {
      duration: '20s',
      topology: { stock: service({ replicas: 10, concurrency: 4, work: exponential({ mean: '40ms' }) }) },
      workload: [poisson({ to: 'stock', rate: 400, deadline: '1s' })],
      faults: [at('5s').error('stock#4', { for: '10s' })],
      thresholds: { 'stock.goodput': 'ratio>=0.999' },
    },
    sound: of({ stock: { loadBalancing: 'p2c-ewma' } }),
    bad: {
      ...of({ stock: { loadBalancing: 'p2c-ewma' } }),
      ...balancer((algorithm, random, name, options) => {
        return new ErrorsAreFast(createBalancer(algorithm, random, name, options) as Balancer)
      }),
    },
  },
  {
    name: 'hedges that are not called off',
    caughtBy: 'search.latency p(99)<100ms',
    story: {
      duration: '10s',
      warmup: '2s',
      network: { latency: 0 },
      workload: [poisson({ to: 'search', rate: 1200 })],
      ...(of({ search: { loadBalancing: 'random', hedge: { delay: '30ms', maxExtraLoad: 1 } } }) as object),
      topology: {},
      thresholds: { 'search.latency': 'p(99)<100ms' },
    },
    sound: hedged('dequeue'),
    bad: hedged('finish'),
  },
  {
    name: 'a line without an end',
    caughtBy: 'steady.goodput ratio>=0.95 from 27s',
    story: {
      duration: '40s',
      topology: { quotes: service({ concurrency: 10, work: exponential({ mean: '100ms' }) }) },
      workload: [
        poisson({ to: 'quotes', name: 'steady', rate: 80, deadline: '500ms' }),
        poisson({ to: 'quotes', name: 'surge', rate: 120, deadline: '500ms', from: '10s', until: '25s' }),
      ],
      thresholds: { 'steady.goodput': 'ratio>=0.95 from 27s' },
    },
    sound: { policies: { version: 1, inbound: { quotes: { concurrency: { limit: 10, queue: 10 } } } } },
    bad: { policies: { version: 1, inbound: { quotes: { concurrency: { limit: 10, queue: 1e6, maxWait: '24h' } } } } },
  },
  {
    name: 'callers that come back without jitter',
    caughtBy: 'gateway.goodput ratio>=0.98',
    story: HERD,
    sound: reconnecting('full'),
    bad: reconnecting('none'),
  },
  {
    name: 'a lease by the wall clock',
    caughtBy: 'reads.goodput ratio>=1',
    story: {
      duration: '60s',
      network: { latency: 0 },
      topology: {},
      workload: [
        constantArrivalRate({ to: 'holder', name: 'renewals', rate: 0.1 }),
        constantArrivalRate({ to: 'reader', name: 'reads', rate: 10, from: '50ms' }),
      ],
      faults: [at('20s').clockSkew('reader', { offset: '35s', for: '20s' })],
      thresholds: { 'reads.goodput': 'ratio>=1' },
    },
    sound: leased('own'),
    bad: leased('wall'),
  },
  {
    name: 'an outlier detection that ejects everybody',
    caughtBy: 'recovery 10s',
    story: {
      duration: '40s',
      topology: { orders: service({ replicas: 10, concurrency: 2, work: exponential({ mean: '20ms' }) }) },
      workload: [poisson({ to: 'orders', rate: 500, deadline: '500ms' })],
      faults: [1, 2, 3, 4, 5, 6, 7].map((i) => at('10s').error(`orders#${i}`, { for: '2s' })),
      invariants: [{ recovery: '10s' }],
    },
    sound: of({ orders: { outlier: true } }),
    bad: of({ orders: { outlier: { maxEjected: 1, minHealthy: 0 }, loadBalancing: { panicThreshold: 0 } } }),
  },
  {
    name: 'a deadline that begins anew at each hop',
    caughtBy: 'recovery 5s',
    story: {
      duration: '40s',
      topology: {},
      workload: [poisson({ to: 'web', rate: 95, deadline: '300ms', impatient: true })],
      faults: [at('10s').hold('web>db', { for: '3s' })],
      invariants: [{ recovery: '5s' }],
    },
    sound: hop((_runtime, inherited) => inherited()),
    bad: hop((runtime) => runtime.client('db').call({}, { timeout: '20s' })),
  },
]

/** What was asked for in the run, and whether it held. */
function verdicts({ thresholds, properties = [] }: RunDocument): ReadonlyMap<string, boolean> {
  return new Map([
    ...thresholds.map(({ metric, expression, ok }) => [`${metric} ${expression}`, ok] as const),
    ...properties.map(({ property, ok }) => [property, ok] as const),
  ])
}

describe('a policy that is bad on purpose is caught', () => {
  it.each(MUTANTS)('$name, by $caughtBy', { timeout: 30_000 }, async ({ caughtBy, story, sound, bad }) => {
    const good = verdicts(await simulate({ ...story, ...sound }))
    expect([...good.keys()]).toContain(caughtBy)
    expect(good.get(caughtBy)).toBe(true)
    expect(verdicts(await simulate({ ...story, ...bad })).get(caughtBy)).toBe(false)
  })

  it('all ten of them', () => {
    expect(MUTANTS).toHaveLength(10)
  })
})
