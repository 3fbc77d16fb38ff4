// What a simulated server does with a request (semantics §4). Times are exact: no network delay, fixed arrivals, fixed
// work, unless chance is the subject.
import { describe, expect, it } from 'vitest'
import {
  constantArrivalRate,
  exponential,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  type StepData,
  service,
  simulate,
  type WorkloadData,
} from '../src/index.ts'
import SHOP from './shop.sim.ts'

const NO_DELAY = { latency: 0 }

/** `number` calls to `api`, a millisecond apart, the first at t = 0. */
function burst(number: number, to = 'api'): WorkloadData {
  return constantArrivalRate({ to, rate: 1000, until: number })
}

/** One service called `api` under `workload`, with what else is given. */
function api(data: ServiceData, workload: WorkloadData, rest: Partial<ScenarioData> = {}): Promise<RunDocument> {
  const topology = { api: service(data), ...(rest.topology as object) }
  return simulate({ duration: '5s', network: NO_DELAY, ...rest, topology, workload: [workload] })
}

/** A gateway with the given steps in front of `fast` (1 ms), `slow` (100 ms), `broken` (fails at once). */
async function gateway(steps: readonly StepData[], calls = 1): Promise<RunDocument> {
  return simulate({
    duration: '5s',
    network: NO_DELAY,
    topology: {
      gateway: service({ steps }),
      fast: service({ work: '1ms' }),
      slow: service({ work: '100ms' }),
      broken: service({ errorRate: 1 }),
    },
    workload: [burst(calls, 'gateway')],
  })
}

const outcomesOf = (run: RunDocument, edge: string): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))

describe('everything is accounted for', () => {
  it.each([1, 2, 3])('in a busy shop, seed %i', async (seed) => {
    // With a warm-up, so that what was offered before it and ended after it counts nowhere.
    const run = await simulate(SHOP, { seed })
    const warm = await simulate({ ...SHOP, warmup: '4s' }, { seed })
    for (const { services, workload, edges } of [run, warm]) {
      for (const one of [...Object.values(services), ...Object.values(workload)]) {
        const { offered, succeeded, failed, rejected, cancelled, inFlight } = one
        expect(offered).toBe(succeeded + failed + rejected + cancelled + inFlight)
        expect(inFlight).toBeGreaterThanOrEqual(0)
        expect(offered).toBeGreaterThan(100)
      }
      for (const [name, { server, instances, offered }] of Object.entries(services)) {
        expect(server.arrivals).toBe(server.completed + server.errors + server.refused + server.open)
        const ofInstances = Object.values(instances)
        expect(server.arrivals).toBe(ofInstances.reduce((sum, { arrivals }) => sum + arrivals, 0))
        expect(server.errors).toBe(ofInstances.reduce((sum, { errors }) => sum + errors, 0))
        const into = Object.entries(edges).filter(([edge]) => edge.endsWith(`>${name}`))
        expect(offered).toBe(into.reduce((sum, [, { calls }]) => sum + calls, 0))
      }
      for (const { calls, attempts, outcomes, attemptOutcomes } of Object.values(edges)) {
        const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b)
        expect(sum(outcomes)).toBeLessThanOrEqual(calls)
        expect(sum(attemptOutcomes)).toBeLessThanOrEqual(attempts)
      }
    }
    expect(warm.services.orders?.offered).toBeLessThan(run.services.orders?.offered ?? 0)
    // The warm-up hides, it does not change.
    expect(warm.traceHash).toBe(run.traceHash)
  })

  it('also where requests are open at the end', async () => {
    const { services } = await api({ concurrency: 1, work: '2s' }, burst(10))
    expect(services.api).toMatchObject({ offered: 10, succeeded: 2, inFlight: 8 })
    expect(services.api?.server).toMatchObject({ arrivals: 10, completed: 2, errors: 0, refused: 0, open: 8 })
  })
})

describe('workers and the line', () => {
  it('works on as many as there are workers, the others wait in the order they came', async () => {
    const run = await api({ concurrency: 2, work: '100ms' }, burst(5))
    const { latencyMs, server } = run.services.api ?? {}
    // Begun at 0, 1, 100, 101 and 200; so they have waited 0, 0, 98, 98 and 196.
    expect(latencyMs?.max).toBe(296)
    expect(latencyMs?.mean).toBe((100 + 100 + 198 + 198 + 296) / 5)
    expect(server?.queueMs.mean).toBe((98 + 98 + 196) / 5)
    expect(server?.serviceMs.mean).toBe(100)
    expect(server?.utilization).toBe(500 / (2 * 5000))
  })

  it('refuses with a 503 who finds the line full', async () => {
    const run = await api({ concurrency: 1, queue: 2, work: '100ms' }, burst(5))
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 3, refused: 2 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 5, completed: 3, refused: 2, errors: 0 })
    expect(run.services.api).toMatchObject({ failed: 2, rejected: 0 })
    expect(run.services.api?.failedLatencyMs.max).toBe(0)
  })

  it('has no line at all with queue: 0', async () => {
    const run = await api({ concurrency: 2, queue: 0, work: '100ms' }, burst(5))
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 2, refused: 3 })
  })

  it('each instance has its own workers and its own line', async () => {
    const run = await api({ replicas: 2, concurrency: 1, queue: 1, work: '100ms' }, burst(6))
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 4, refused: 2 })
    expect(run.services.api?.instances).toMatchObject({ 'api#1': { arrivals: 3 }, 'api#2': { arrivals: 3 } })
  })

  it('refuses who has waited longer than queueTimeout, and only then', async () => {
    const run = await api({ concurrency: 1, work: '100ms', queueTimeout: '150ms' }, burst(4))
    // The second has waited 99 ms when a worker is free; the third and the fourth give up after 150.
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 2, refused: 2 })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ max: 150, p50: 150 })
    expect(run.services.api?.latencyMs.max).toBe(199)
  })

  it('whoever gives up gives its place free', async () => {
    // At 0 one begins, at 1 another waits and gives up at 51; so there is a place for the one that comes at 60.
    const workload = constantArrivalRate({ to: 'api', rate: 1000, until: 2 })
    const late = constantArrivalRate({ to: 'api', rate: 1000, from: 60, until: 61, name: 'late' })
    const run = await simulate({
      duration: '1s',
      network: NO_DELAY,
      topology: { api: service({ concurrency: 1, queue: 1, queueTimeout: '50ms', work: '100ms' }) },
      workload: [workload, late],
    })
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 1, refused: 1 })
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 1 })
    expect(run.workload.late?.latencyMs.max).toBe(140)
  })

  it('without concurrency nobody waits, and utilization is null', async () => {
    const { services } = await api({ work: '100ms' }, burst(50))
    expect(services.api?.latencyMs).toMatchObject({ mean: 100, max: 100 })
    expect(services.api?.server.utilization).toBeNull()
    expect(services.api?.instances['api#1']?.utilization).toBeNull()
    // Little's L: 50 requests, 100 ms each, over 5 s.
    expect(services.api?.server.present).toBeCloseTo(1, 9)
  })

  it('holds the worker while it waits for its own calls', async () => {
    const topology = { db: service({ work: '50ms' }) }
    const run = await api({ concurrency: 1, work: '10ms', calls: ['db'] }, burst(3), { topology })
    expect(run.services.api?.latencyMs.max).toBe(180 - 2)
    expect(run.services.db?.latencyMs.max).toBe(50)
  })
})

describe('steps', () => {
  it('run one after another', async () => {
    const run = await gateway([{ work: '10ms' }, { call: 'slow' }, { call: 'fast' }, { work: '5ms' }])
    expect(run.services.gateway?.latencyMs.max).toBe(116)
  })

  it('work, then calls: the short form is the same', async () => {
    const topology = { x: service({ work: '20ms' }), y: service({ work: '30ms' }) }
    const run = await api({ work: '10ms', calls: ['x', 'y'] }, burst(1), { topology })
    expect(run.services.api?.latencyMs.max).toBe(60)
  })

  it.each<[string, readonly StepData[], number]>([
    ['a list in parallel', [[{ call: 'slow' }, { call: 'fast' }, { work: '40ms' }]], 100],
    ['a list within a list joins it', [[[{ work: '70ms' }, { call: 'fast' }], { work: '60ms' }]], 70],
    ['lists in order', [[{ work: '10ms' }, { work: '20ms' }], [{ work: '5ms' }], { call: 'fast' }], 26],
    ['an empty list is nothing', [[], { work: '3ms' }, [[]]], 3],
  ])('%s', async (_, steps, ms) => {
    expect((await gateway(steps)).services.gateway?.latencyMs.max).toBe(ms)
  })

  it('a failed call fails the request, and nothing further is done', async () => {
    const run = await gateway([{ call: 'broken' }, { call: 'fast' }])
    expect(outcomesOf(run, 'client>gateway')).toEqual({ error: 1 })
    expect(run.services.fast?.offered).toBe(0)
    expect(run.services.gateway?.server.errors).toBe(1)
  })

  it('a failure among parallel steps fails the request when all of them have ended', async () => {
    const run = await gateway([[{ call: 'broken' }, { call: 'slow' }], { call: 'fast' }])
    expect(outcomesOf(run, 'client>gateway')).toEqual({ error: 1 })
    expect(run.services.gateway?.failedLatencyMs.max).toBe(100)
    expect(run.services.slow?.succeeded).toBe(1)
    expect(run.services.fast?.offered).toBe(0)
  })

  it.each<[string, readonly StepData[]]>([
    ['in order', [{ call: 'broken', optional: true }, { call: 'fast' }]],
    ['in parallel', [[{ call: 'broken', optional: true }, { call: 'slow' }], { call: 'fast' }]],
  ])('an optional call may fail, %s', async (_, steps) => {
    const run = await gateway(steps)
    expect(outcomesOf(run, 'client>gateway')).toEqual({ ok: 1 })
    expect(run.services.broken).toMatchObject({ offered: 1, failed: 1 })
    expect(run.services.fast?.succeeded).toBe(1)
  })

  it('a call with a probability is made by that share of the requests, drawn for each step', async () => {
    const steps = [
      { call: 'fast', probability: 0.3 },
      { call: 'slow', probability: '30%' },
      { call: 'broken', probability: 0 },
    ] as const
    const run = await gateway(steps, 2000)
    const share = (name: string): number => (run.services[name]?.offered ?? 0) / 2000
    expect(share('fast')).toBeCloseTo(0.3, 1)
    expect(share('slow')).toBeCloseTo(0.3, 1)
    expect(share('broken')).toBe(0)
    // Coins of their own: some make one of the calls, some the other, some both.
    expect(run.services.gateway?.latencyMs.max).toBe(101)
    expect(run.services.gateway?.latencyMs.mean).toBeCloseTo(share('fast') + 100 * share('slow'), 6)
    expect(share('fast')).not.toBe(share('slow'))
  })

  it('an error rate fails requests after their steps', async () => {
    const run = await api({ work: '10ms', errorRate: 0.25 }, burst(2000))
    expect((run.services.api?.server.errors ?? 0) / 2000).toBeCloseTo(0.25, 1)
    expect(run.services.api?.failedLatencyMs).toMatchObject({ mean: 10, max: 10 })
    expect(outcomesOf(run, 'client>api').error).toBe(run.services.api?.failed)
  })

  it('methods have steps of their own; another method, or none, is answered by the service itself', async () => {
    const methods = { 'POST /charges': { work: '30ms' }, 'GET /charges': { errorRate: 1 } } as const
    const run = await simulate({
      duration: '1s',
      network: NO_DELAY,
      topology: {
        post: service({ calls: ['api/POST /charges'] }),
        get: service({ calls: ['api/GET /charges'] }),
        put: service({ calls: ['api/PUT /charges'] }),
        api: service({ work: '7ms', methods }),
      },
      workload: [burst(1, 'post'), burst(1, 'get'), burst(1, 'put'), burst(1)],
    })
    const latency = (name: string): number | null | undefined => run.workload[name]?.latencyMs.max
    expect([latency('post'), latency('put'), latency('api')]).toEqual([30, 7, 7])
    expect(outcomesOf(run, 'get>api')).toEqual({ error: 1 })
  })
})

describe('a circle of calls', () => {
  it('ends at maxDepth: deeper calls are not made and count as success', async () => {
    const topology = { api: service({ calls: ['echo'] }), echo: service({ work: '1ms', calls: ['api'] }) }
    const run = async (maxDepth: number): Promise<unknown> => {
      const workload = constantArrivalRate({ to: 'api', rate: 1000, until: 2, maxDepth })
      const { edges, services } = await simulate({ duration: '1s', network: NO_DELAY, topology, workload: [workload] })
      expect(services.api?.failed).toBe(0)
      return Object.fromEntries(Object.entries(edges).map(([edge, { calls }]) => [edge, calls]))
    }
    expect(await run(1)).toEqual({ 'client>api': 2 })
    expect(await run(2)).toEqual({ 'client>api': 2, 'api>echo': 2 })
    expect(await run(5)).toEqual({ 'client>api': 2, 'api>echo': 4, 'echo>api': 4 })
  })
})

describe('the inbound policy', () => {
  const inbound = (limits: object): Partial<ScenarioData> => ({ policies: { version: 1, inbound: { api: limits } } })

  it('admits as many as it says, each instance for itself, and refuses the rest', async () => {
    const limits = inbound({ concurrency: { limit: 1, queue: 1 } })
    const run = await api({ replicas: 2, work: '100ms' }, burst(8), limits)
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 4, refused: 4 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 8, completed: 4, refused: 4, errors: 0 })
    expect(run.services.api?.instances['api#1']?.arrivals).toBe(4)
  })

  it('gives its places back: whoever waits is let in when another leaves', async () => {
    const limits = inbound({ concurrency: { limit: 1, queue: 10 } })
    const { services } = await api({ work: '100ms' }, burst(4), limits)
    expect(services.api).toMatchObject({ succeeded: 4 })
    expect(services.api?.latencyMs.max).toBe(400 - 3)
  })

  it('refuses who has waited maxWait', async () => {
    const limits = inbound({ concurrency: { limit: 1, queue: 10, maxWait: '150ms' } })
    const run = await api({ work: '100ms' }, burst(4), limits)
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 2, refused: 2 })
    expect(run.services.api?.failedLatencyMs.max).toBe(150)
  })

  it('limits the rate', async () => {
    const limits = inbound({ rateLimit: { rate: 10, burst: 5 } })
    const workload = constantArrivalRate({ to: 'api', rate: 100, until: '1s' })
    const run = await api({ work: '1ms' }, workload, limits)
    // Five at once, and one every 100 ms after: at 0.1, 0.2 … 0.9 s.
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 5 + 9, refused: 100 - 14 })
  })

  it('comes before the line of the model', async () => {
    const limits = inbound({ concurrency: { limit: 2, queue: 0 } })
    const run = await api({ concurrency: 1, queue: 5, work: '100ms' }, burst(4), limits)
    // Two are admitted, of whom one waits for the worker.
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 2, refused: 2 })
    expect(run.services.api?.latencyMs.max).toBe(199)
  })

  it('fails the caller at once, without retries, and is tried elsewhere with them', async () => {
    const retry = { retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } }, loadBalancing: 'round-robin' }
    const policies = { version: 1, inbound: { api: { concurrency: { limit: 1, queue: 0 } } }, targets: { api: retry } }
    // One is worked on by each instance when the third comes; it asks three times and is refused by both.
    const run = await api({ replicas: 2, work: '100ms' }, burst(3), { policies })
    expect(outcomesOf(run, 'client>api')).toEqual({ ok: 2, refused: 1 })
    expect(run.edges['client>api']).toMatchObject({ attempts: 5, attemptOutcomes: { ok: 2, refused: 3 } })
  })

  it('is the only one that looks at deadlines: without it, work nobody waits for is done', async () => {
    const workload = constantArrivalRate({ to: 'api', rate: 100, until: '50ms', deadline: '60ms', impatient: true })
    const data: ServiceData = { concurrency: 1, work: '50ms' }
    const without = await api(data, workload)
    // Offered at 0, 10, 20, 30 and 40 ms; only the first is answered in time, all are worked on.
    expect(outcomesOf(without, 'client>api')).toEqual({ ok: 1, timeout: 4 })
    expect(without.services.api?.server.completed).toBe(5)
    const limits = inbound({ concurrency: { limit: 1, queue: 10 } })
    const guarded = await api(data, workload, limits)
    expect(outcomesOf(guarded, 'client>api')).toEqual({ ok: 1, timeout: 4 })
    expect(guarded.services.api?.server).toMatchObject({ arrivals: 5, completed: 2, refused: 3 })
  })
})

describe('an open workload waits for nobody (S8)', () => {
  it('calls go on while the server stands still, and what they waited is counted', async () => {
    const run = await api({ work: '1ms' }, constantArrivalRate({ to: 'api', rate: 100 }), {
      duration: '20s',
      faults: [{ at: '5s', pause: { target: 'api#1', for: '10s' } }],
    })
    expect(run.services.api?.offered).toBe(2000)
    expect(run.services.api?.latencyMs.p99).toBeGreaterThan(9500)
    expect(run.services.api?.latencyMs.p50).toBeGreaterThan(1)
    expect(run.services.api?.failed).toBe(0)
  })

  it('Poisson arrivals come at their rate, with gaps that are exponential', async () => {
    const gaps: number[] = []
    let last = 0
    const app = (_: unknown, { clock }: { readonly clock: { now(): number } }): void => {
      gaps.push(clock.now() - last)
      last = clock.now()
    }
    await simulate({
      duration: '100s',
      network: NO_DELAY,
      topology: { api: service({ app }) },
      workload: [poisson({ to: 'api', rate: 50 })],
    })
    // 5,000 of them: the mean within 3.5 standard errors, and the largest distance to the distribution (Kolmogorov and
    // Smirnov, 1 in 1,000).
    expect(Math.abs(gaps.length / 5000 - 1)).toBeLessThan(3.5 / Math.sqrt(5000))
    gaps.sort((a, b) => a - b)
    const distances = gaps.map((gap, i) => Math.abs(1 - Math.exp(-gap / 20) - (i + 0.5) / gaps.length))
    expect(Math.max(...distances)).toBeLessThan(1.95 / Math.sqrt(gaps.length))
  })

  it('work is drawn for each request', async () => {
    const { services } = await api({ work: exponential({ mean: '10ms' }) }, burst(3000))
    expect(services.api?.latencyMs.mean).toBeCloseTo(10, 0)
    expect(services.api?.latencyMs.p50).toBeCloseTo(10 * Math.LN2, 0)
  })
})
