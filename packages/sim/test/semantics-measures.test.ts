// What is measured, and how it is judged (semantics §7).
import { describe, expect, it } from 'vitest'
import {
  at,
  closedLoop,
  constantArrivalRate,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
  type ThresholdExpression,
  type ThresholdReport,
} from '../src/index.ts'

/** A service `api` of 10 ms that is called every 10 ms up to 9 s of 10. */
function measure(change: Partial<ScenarioData> & { readonly api?: ServiceData } = {}): Promise<RunDocument> {
  const { api = { work: '10ms' }, topology, ...rest } = change
  return simulate({
    duration: '10s',
    network: { latency: 0 },
    topology: { api: service(api), ...(topology as object) },
    workload: [constantArrivalRate({ to: 'api', rate: 100, until: '9s' })],
    ...rest,
  })
}

const outcomesOf = (run: RunDocument, edge = 'client>api'): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))

describe('goodput', () => {
  it('counts calls by when they were offered: a backlog served late lifts no later step', async () => {
    const run = await measure({
      faults: [at('2s').pause('api#1', { for: '2s' })],
      workload: [constantArrivalRate({ to: 'api', rate: 100, until: '9s', deadline: '100ms' })],
    })
    const series = run.timeline.series['api.goodput']
    // The last one of the second second was at work. In the fourth those of its last 100 ms wait no longer than they may.
    // In the fifth, when all the backlog is served, it is no more than 1.
    expect(series?.slice(0, 6)).toEqual([1, 0.99, 0, 0.09, 1, 1])
    expect(run.services.api?.succeeded).toBe(900)
    expect(run.workload.api?.goodput).toBeCloseTo(0.79, 2)
  })

  it.each<[string, Partial<ScenarioData>, number | null, number]>([
    [
      'the workload’s deadline',
      {
        workload: [constantArrivalRate({ to: 'api', rate: 10, until: '9s', deadline: '5ms' })],
        policies: { version: 1, targets: { api: { timeout: '20ms' } } },
        thresholds: { 'api.goodput': 'ratio>=0 within 20ms' },
      },
      5,
      0,
    ],
    [
      'else the threshold’s',
      {
        policies: { version: 1, targets: { api: { timeout: '20ms' } } },
        thresholds: { 'api.goodput': 'ratio>=0 within 5ms' },
      },
      5,
      0,
    ],
    ['else the policy’s timeout', { policies: { version: 1, targets: { api: { timeout: '20ms' } } } }, 20, 1],
    ['else by none', {}, null, 1],
  ])('is judged by %s', async (_, change, deadlineMs, goodput) => {
    expect((await measure(change)).workload.api).toMatchObject({ deadlineMs, goodput })
  })

  it('a workload’s own deadline also judges the thresholds, whatever they say within', async () => {
    const run = await measure({
      workload: [constantArrivalRate({ to: 'api', rate: 10, until: '9s', deadline: '1s' })],
      thresholds: { 'api.goodput': ['ratio>=0.99 within 5ms'] },
    })
    expect(run.workload.api).toMatchObject({ deadlineMs: 1000, goodput: 1 })
    expect(run.thresholds[0]).toMatchObject({ value: 1, ok: true })
  })

  it('calls made on behalf of a call are judged by its instant', async () => {
    const run = await measure({
      api: { work: '90ms', calls: ['db'] },
      topology: { db: service({ work: '20ms' }) },
      workload: [constantArrivalRate({ to: 'api', rate: 10, until: '9s', deadline: '100ms' })],
    })
    expect(run.services.db).toMatchObject({ succeeded: 90, goodput: 0 })
  })

  it('a call that is open at the end is not good once its deadline has passed, and left out before', async () => {
    // Offered at 0, 0.5 … 9.5 s, each of 2 s: four are open at 10 s, one of them for longer than 1.6 s.
    const run = await measure({
      api: { work: '2s' },
      workload: [constantArrivalRate({ to: 'api', rate: 2, deadline: '1600ms' })],
    })
    expect(run.workload.api).toMatchObject({ offered: 20, succeeded: 16, inFlight: 4, goodput: 0 })
    const patient = await measure({
      api: { work: '2s' },
      workload: [constantArrivalRate({ to: 'api', rate: 2, deadline: '2s' })],
    })
    expect(patient.workload.api).toMatchObject({ offered: 20, succeeded: 16, inFlight: 4, goodput: 1 })
    const stuck = await measure({
      api: { concurrency: 1, work: '1s' },
      workload: [constantArrivalRate({ to: 'api', rate: 2, deadline: '3s' })],
    })
    // Answered after 1, 1.5, 2, 2.5 and 3 s; then too late. 20 were offered, of which those of the last 3 s (6) are not
    // judged yet, if they are open.
    expect(stuck.workload.api).toMatchObject({ offered: 20, succeeded: 9, inFlight: 11, goodput: 5 / 14 })
  })
})

describe('what becomes of calls', () => {
  const BREAKER = { circuitBreaker: { minimumCalls: 5, openFor: '1h', maxOpenFor: '1h' } }

  it('refused by the caller’s own policy, with nothing sent: rejected', async () => {
    const run = await measure({ api: { errorRate: 1 }, policies: { version: 1, targets: { api: BREAKER } } })
    expect(outcomesOf(run)).toEqual({ error: 5, 'circuit-open': 895 })
    expect(run.services.api).toMatchObject({ offered: 900, failed: 5, rejected: 895, succeeded: 0 })
    expect(run.edges['client>api']).toMatchObject({ calls: 900, attempts: 5, amplification: 1 })
  })

  it('refused by it after something was sent: failed', async () => {
    const retry = { maxAttempts: 3, backoff: { initial: 0, max: 0 } }
    const run = await measure({
      api: { errorRate: 1 },
      policies: { version: 1, targets: { api: { ...BREAKER, retry } } },
    })
    // The second call's third attempt finds the circuit open that its second has opened.
    expect(outcomesOf(run)).toEqual({ error: 1, 'circuit-open': 899 })
    expect(run.services.api).toMatchObject({ failed: 2, rejected: 898 })
    expect(run.edges['client>api']).toMatchObject({ attempts: 5, amplification: 2.5, attemptOutcomes: { error: 5 } })
  })

  it('refused by the server, or gone wrong there, or late: failed', async () => {
    const refused = await measure({ api: { concurrency: 1, queue: 0, work: '15ms' } })
    expect(refused.services.api).toMatchObject({ succeeded: 450, failed: 450, rejected: 0 })
    const late = await measure({
      api: { work: '30ms' },
      policies: { version: 1, targets: { api: { timeout: '20ms' } } },
    })
    expect(late.services.api).toMatchObject({ succeeded: 0, failed: 900, rejected: 0 })
    expect(outcomesOf(late)).toEqual({ timeout: 900 })
  })

  it('amplification: attempts over calls that sent at least one', async () => {
    const retry = { maxAttempts: 4, backoff: { initial: 0, max: 0 }, budget: false }
    const run = await measure({ api: { errorRate: 1 }, policies: { version: 1, targets: { api: { retry } } } })
    expect(run.edges['client>api']).toMatchObject({ calls: 900, attempts: 3600, amplification: 4 })
    expect(run.edges['client>api']?.attemptOutcomes).toMatchObject({ error: 3600 })
    // What the instances saw is counted by attempt.
    expect(run.services.api).toMatchObject({ offered: 900, server: { arrivals: 3600, errors: 3600 } })
  })

  it('latency is that of succeeded calls, retries and their waits included', async () => {
    const retry = { maxAttempts: 10, backoff: { initial: 50, max: 50, jitter: 'none' }, budget: false }
    const policies = { version: 1, targets: { api: { retry } } }
    const run = await measure({ api: { work: '10ms', errorRate: 0.5 }, policies })
    const { attempts = 0 } = run.edges['client>api'] ?? {}
    const { succeeded = 0, failed = 0, latencyMs, failedLatencyMs } = run.services.api ?? {}
    expect(succeeded * latencyMs!.mean! + failed * (failedLatencyMs?.mean ?? 0)).toBeCloseTo(
      attempts * 10 + (attempts - 900) * 50,
      3,
    )
    expect(failed).toBeLessThan(10)
  })

  it('after warm-up means offered (at the server: arrived) at or after it', async () => {
    const run = await measure({ api: { work: '500ms' }, warmup: '2s' })
    expect(run.services.api).toMatchObject({ offered: 700, succeeded: 700 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 700, completed: 700 })
    expect(run.edges['client>api']).toMatchObject({ calls: 700, attempts: 700 })
    // The timeline and the number of calls are of the whole run.
    expect(run.calls).toBe(900)
    expect(run.timeline.series['api.offered']).toEqual([...Array(9).fill(100), 0])
    // What was there at the end of the warm-up is present in what follows.
    expect(run.services.api?.server.present).toBeCloseTo((50 * 7 + 12.5) / 8, 1)
  })

  it('a service that was never called has zeros, and null where there is nothing to divide', async () => {
    const run = await measure({ topology: { idle: service({ replicas: 2, concurrency: 3, work: '1ms' }) } })
    expect(run.services.idle).toEqual({
      traceHash: expect.any(String),
      offered: 0,
      succeeded: 0,
      failed: 0,
      rejected: 0,
      cancelled: 0,
      inFlight: 0,
      goodput: null,
      latencyMs: { mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null },
      failedLatencyMs: { mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null },
      server: {
        arrivals: 0,
        completed: 0,
        errors: 0,
        refused: 0,
        open: 0,
        utilization: 0,
        queueMs: { mean: null, p99: null },
        serviceMs: { mean: null },
        present: 0,
      },
      instances: {
        'idle#1': { arrivals: 0, errors: 0, utilization: 0 },
        'idle#2': { arrivals: 0, errors: 0, utilization: 0 },
      },
    })
    expect(run.edges['client>idle']).toBeUndefined()
  })
})

describe('the timeline', () => {
  it('has a step a second, by when calls were offered; null where none was, or all are open', async () => {
    const run = await measure({
      api: { work: '3s' },
      workload: [
        constantArrivalRate({ to: 'api', rate: 10, from: '1s', until: '2s' }),
        constantArrivalRate({ to: 'api', name: 'late', rate: 10, from: '8s' }),
      ],
    })
    expect(run.timeline.stepMs).toBe(1000)
    expect(run.timeline.series['api.goodput']).toEqual([null, 1, ...Array(8).fill(null)])
    expect(run.timeline.series['late.offered']).toEqual([...Array(8).fill(0), 10, 10])
    expect(run.traceHashes.map(({ atMs }) => atMs)).toEqual([
      1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000,
    ])
  })

  it.each([
    ['600s', 1000, 600],
    ['601s', 2000, 301],
    ['30m', 3000, 600],
  ] as const)('a run of %s has steps of %i ms', async (duration, stepMs, steps) => {
    const run = await measure({ duration, workload: [constantArrivalRate({ to: 'api', rate: 1, until: '5s' })] })
    expect(run.timeline.stepMs).toBe(stepMs)
    expect(run.timeline.series['api.goodput']).toHaveLength(steps)
  })

  it('is there for workloads, services in thresholds and the 50 busiest, and for all on request', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `s${i}`)
    const scenario: ScenarioData = {
      duration: '2s',
      topology: Object.fromEntries(names.map((name) => [name, service({ work: '1ms' })])),
      workload: names.slice(0, 55).map((name, i) => constantArrivalRate({ to: name, name: `u${i}`, rate: 60 - i })),
      thresholds: { 's59.offered': ['count==0'], 's54.offered': ['count>0'] },
    }
    const series = Object.keys((await simulate(scenario)).timeline.series)
    expect(series.filter((name) => /^s\d+\.goodput$/.test(name))).toHaveLength(52)
    expect(series).toContain('s59.goodput')
    expect(series.filter((name) => /^u\d+\.goodput$/.test(name))).toHaveLength(55)
    const all = Object.keys((await simulate(scenario, { allTimelines: true })).timeline.series)
    expect(all.filter((name) => /^s\d+\.goodput$/.test(name))).toHaveLength(60)
  })
})

describe('thresholds', () => {
  /** Answers the verdict on each expression, all about one run of a service that errs 20 % and has a full line 10 %. */
  async function judged(
    thresholds: Readonly<Record<string, readonly ThresholdExpression[]>>,
    change: Parameters<typeof measure>[0] = {},
  ): Promise<readonly ThresholdReport[]> {
    return (await measure({ ...change, thresholds })).thresholds
  }

  it.each<[string, ThresholdExpression, number | null, boolean, Parameters<typeof measure>[0]?]>([
    ['api.goodput', 'ratio>=0.99', 1, true],
    ['api.goodput', 'ratio>=0.99 within 10ms', 1, true],
    ['api.goodput', 'ratio>=0.01 within 9ms', 0, false],
    ['api.goodput', 'ratio==0', 0, true, { faults: [at(0).error('api')] }],
    ['api.goodput', 'ratio>=90%', 1, true],
    ['client>api.goodput', 'ratio>=0.99', 1, true],
    ['api.errors', 'ratio<0.01', 0, true],
    ['api.errors', 'ratio<=0.2', 1 / 3, false, { faults: [at('3s').error('api', { for: '3s' })] }],
    ['api.errors', 'ratio<0.01 until 3s', 0, true, { faults: [at('3s').error('api', { for: '3s' })] }],
    ['api.errors', 'ratio>0.99 from 3s until 6s', 1, true, { faults: [at('3s').error('api', { for: '3s' })] }],
    ['api.errors', 'ratio<0.5 from 4s', 0.4, true, { faults: [at('3s').error('api', { for: '3s' })] }],
    [
      'api.rejected',
      'ratio>0.9',
      0.99,
      true,
      { policies: { version: 1, targets: { api: { rateLimit: { rate: 1, burst: 1 } } } } },
    ],
    [
      'api.errors',
      'ratio==0',
      0,
      true,
      { policies: { version: 1, targets: { api: { rateLimit: { rate: 1, burst: 1 } } } } },
    ],
    ['api.latency', 'p(99)<10.2ms', 10, true],
    ['api.latency', 'avg==10ms', 10, true],
    ['api.latency', 'max<10ms', 10, false],
    ['api.latency', 'max<=3010ms', 3010, true, { faults: [at('3s').pause('api#1', { for: '3s' })] }],
    ['api.latency', 'max<=10ms from 6s', 10, true, { faults: [at('3s').pause('api#1', { for: '3s' })] }],
    ['client>api.latency', 'p(50)<10.2ms', 10, true],
    ['api.offered', 'count==900', 900, true],
    ['api.offered', 'rate==90', 90, true],
    ['api.offered', 'rate==100 until 9s', 100, true],
    ['api.offered', 'count==250 from 2s until 4500ms', 250, true],
    ['api.queue', 'avg==0ms', 0, true, { api: { concurrency: 1, work: '10ms' } }],
    [
      'api.queue',
      'max>3000ms',
      3000,
      false,
      { api: { concurrency: 1, work: '10ms' }, faults: [at('3s').slow('api', { to: '3010ms', for: '1ms' })] },
    ],
    ['api#1.queue', 'max==0', 0, true, { api: { replicas: 2, concurrency: 1, work: '10ms' } }],
    ['api.utilization', 'ratio==0.9', 0.9, true, { api: { concurrency: 1, work: '10ms' } }],
    ['api#2.utilization', 'ratio<0.5', 0.45, true, { api: { replicas: 2, concurrency: 1, work: '10ms' } }],
    ['api.amplification', 'value==1', 1, true],
    [
      'client>api.amplification',
      'value<=2',
      3,
      false,
      {
        api: { errorRate: 1 },
        policies: { version: 1, targets: { api: { retry: { backoff: { initial: 0, max: 0 }, budget: false } } } },
      },
    ],
  ])('%s %s: %s, %s', async (metric, expression, value, ok, change) => {
    const [report] = await judged({ [metric]: [expression] }, change)
    expect(report).toMatchObject({ metric, expression, ok })
    if (value === null) expect(report?.value).toBeNull()
    else expect((report?.value ?? Number.NaN) / (value || 1)).toBeCloseTo(value === 0 ? 0 : 1, 2)
  })

  it('all of them must hold', async () => {
    const run = await measure({ thresholds: { 'api.latency': ['p(99)<1s', 'avg<5ms'], 'api.goodput': ['ratio>0.5'] } })
    expect(run.thresholds.map(({ ok }) => ok)).toEqual([true, false, true])
    expect(run.passed).toBe(false)
    expect((await measure({ thresholds: { 'api.latency': 'p(99)<1s' } })).passed).toBe(true)
  })

  it('one about nothing fails', async () => {
    const thresholds = { 'idle.goodput': 'ratio>=0', 'idle.latency': 'p(99)<1s', 'idle.errors': 'ratio<=1' } as const
    const run = await measure({ topology: { idle: service({ work: '1ms' }) }, thresholds })
    expect(run.thresholds.map(({ value, ok }) => [value, ok])).toEqual(Array(3).fill([null, false]))
  })

  it('counts what was offered after the warm-up, whatever its window', async () => {
    const faults = [at(0).error('api', { for: '3s' })]
    const thresholds = {
      'api.errors': ['ratio<0.2', 'ratio==1 from 1s until 3s'],
      'api.offered': ['count==700', 'rate==100 from 1s until 9s'],
    } as const
    const run = await measure({ warmup: '2s', faults, thresholds })
    expect(run.thresholds.map(({ value }) => value)).toEqual([100 / 700, 1, 700, 100])
  })

  it('knows workloads by their name', async () => {
    const workload = [
      constantArrivalRate({ to: 'api', name: 'web', rate: 100, until: '9s', deadline: '1s' }),
      closedLoop({ to: 'api', name: 'batch', clients: 2, thinkTime: '90ms', deadline: '5ms' }),
    ]
    const thresholds = { 'web.goodput': 'ratio==1', 'batch.goodput': 'ratio==0', 'batch.offered': 'rate==20' } as const
    const run = await measure({ workload, thresholds })
    expect(run.thresholds.map(({ value, ok }) => [value, ok])).toEqual([
      [1, true],
      [0, true],
      [20, true],
    ])
    expect(run.services.api?.goodput).toBeCloseTo(900 / 1098, 2)
  })
})

describe('recovery', () => {
  const workload = [constantArrivalRate({ to: 'api', rate: 100, deadline: '100ms' })]

  it('is from the end of the last fault to the first step from which goodput stays for 10 s', async () => {
    // Stopped for 3 s; a third of the capacity is free, so the backlog of 300 (each 7.5 ms) is gone after 9 s.
    const run = await measure({
      duration: '60s',
      api: { concurrency: 1, work: '7.5ms' },
      workload,
      faults: [at('9s').slow('api', { add: '10ms', for: '1ms' }), at('20s').pause('api#1', { for: '3s' })],
      thresholds: { 'api.recovery': ['time<30s', 'time<5s'] },
    })
    expect(run.thresholds.map(({ value, ok }) => [value, ok])).toEqual([
      [9000, true],
      [9000, false],
    ])
  })

  it('is nothing where nothing was lost', async () => {
    const run = await measure({
      duration: '40s',
      workload,
      faults: [at('20s').slow('api', { add: '10ms', for: '2s' })],
      thresholds: { 'api.recovery': ['time<1s'] },
    })
    expect(run.thresholds[0]).toMatchObject({ value: 0, ok: true })
  })

  it.each<[string, Parameters<typeof measure>[0]]>([
    ['a crash for good', { duration: '60s', faults: [at('20s').crash('api#1')] }],
    ['a fault that lasts to the end', { duration: '60s', faults: [at('20s').error('api')] }],
    [
      'an end less than 10 s before that of the run',
      { duration: '30s', faults: [at('20s').pause('api#1', { for: '1s' })] },
    ],
  ])('never, after %s, is null and has failed', async (_, change) => {
    const run = await measure({ workload, ...change, thresholds: { 'api.recovery': ['time<1h'] } })
    expect(run.thresholds[0]).toMatchObject({ value: null, ok: false })
  })

  it('counts from when a crashed process is there again', async () => {
    const run = await measure({
      duration: '60s',
      api: { replicas: 1, work: '10ms' },
      workload,
      faults: [at('20s').crash('api#1', { restartAfter: '5s' })],
      thresholds: { 'api.recovery': ['time<1s'] },
    })
    expect(run.thresholds[0]).toMatchObject({ value: 0, ok: true })
    expect(run.timeline.series['api.goodput']?.slice(18, 27)).toEqual([1, 0.99, 0, 0, 0, 0, 0, 1, 1])
  })
})

describe('an experiment that was broken before its fault', () => {
  const faults = [at('5s').error('api', { for: '1s' })]

  it.each<[string, ThresholdExpression]>([
    ['api.goodput', 'ratio>=0.5 within 5ms'],
    ['api.latency', 'p(99)<5ms'],
    ['api.errors', 'ratio<0.1'],
  ])('is invalid: %s %s fails already', async (metric, expression) => {
    const api: ServiceData = { work: '10ms', errorRate: metric === 'api.errors' ? 0.2 : 0 }
    const run = await measure({ api, faults, thresholds: { [metric]: [expression] } })
    expect(run.invalid).toEqual([`${metric} ${expression}`])
    expect(run.passed).toBe(false)
  })

  it('is valid where only the fault breaks it', async () => {
    const run = await measure({ faults, thresholds: { 'api.errors': ['ratio<0.01'], 'api.goodput': ['ratio>0.99'] } })
    expect(run.invalid).toBeUndefined()
    expect(run.thresholds.map(({ ok }) => ok)).toEqual([false, false])
  })

  it('what the fault does to calls that were under way is not held against the time before it', async () => {
    // 100 of the 500 calls before the crash are at work in it.
    const run = await measure({
      api: { work: '1s' },
      faults: [at('5s').crash('api#1')],
      thresholds: { 'api.goodput': ['ratio>=0.9'], 'api.latency': ['max<=1s'], 'api.errors': ['ratio<0.1'] },
    })
    expect(run.invalid).toBeUndefined()
    expect(run.passed).toBe(false)
  })

  it('is not asked below 100 calls, during the warm-up, or of other metrics', async () => {
    const few = [constantArrivalRate({ to: 'api', rate: 10, until: '9s' })]
    const thresholds = { 'api.latency': ['p(99)<5ms'] } as const
    expect((await measure({ workload: few, faults, thresholds })).invalid).toBeUndefined()
    const early = [at(0).error('api', { for: '1s' }), at('5s').error('api', { for: '1s' })]
    expect(
      (await measure({ warmup: '2s', faults: early, thresholds: { 'api.errors': ['ratio<0.1'] } })).invalid,
    ).toBeUndefined()
    expect((await measure({ faults, thresholds: { 'api.offered': ['rate>1000'] } })).invalid).toBeUndefined()
    expect((await measure({ thresholds })).invalid).toBeUndefined()
  })
})

describe('figures by name', () => {
  it('are those of the document; unknown names are errors with a "did you mean"', async () => {
    const run = await simulate({
      duration: '10s',
      network: { latency: 0 },
      topology: { api: service({ concurrency: 1, work: '5ms', errorRate: 0.2 }) },
      workload: [constantArrivalRate({ to: 'api', name: 'web', rate: 100 })],
    })
    expect(run.metric('api.goodput')).toBe(run.services.api?.goodput)
    expect(run.metric('web.offered')).toBe(1000)
    expect(run.metric('web>api.amplification')).toBe(1)
    expect(run.metric('api.latency.p99')).toBe(run.services.api?.latencyMs.p99)
    expect(run.metric('api.latency')).toBe(5)
    expect(run.metric('api.utilization')).toBe(0.5)
    expect(run.metric('api.offered', { from: '2s', until: '5s' })).toBe(300)
    expect(run.metric('api.goodput', { from: '9s' })).toBeCloseTo(0.8, 1)
    expect(() => run.metric('apy.goodput')).toThrow(/apy.*did you mean "?api/s)
    expect(() => run.metric('api.godput')).toThrow(/godput.*did you mean "?goodput/s)
  })

  it('are the same as a threshold’s', async () => {
    const data: ScenarioData = {
      duration: '10s',
      topology: { api: service({ work: '2s', errorRate: 0.3 }) },
      workload: [constantArrivalRate({ to: 'api', rate: 100 })],
      thresholds: { 'api.errors': 'ratio<1', 'api.goodput': 'ratio>0', 'api.latency': 'p(99)>0ms' },
    }
    const run = await simulate(data)
    const [errors, goodput, latency] = run.thresholds
    expect(run.metric('api.errors')).toBe(errors?.value)
    expect(run.metric('api.goodput')).toBe(goodput?.value)
    expect(run.metric('api.latency.p99')).toBe(latency?.value)
  })
})
