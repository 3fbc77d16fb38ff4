// The instance that is a Node process: one event loop, CPU demand on it, waits beside it. Times are exact where chance is not
// the subject: no network delay, fixed arrivals, fixed work.
import { describe, expect, it } from 'vitest'
import {
  constantArrivalRate,
  exponential,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'

/** `number` calls to `api`, a millisecond apart, the first at t = 0. */
function api(data: ServiceData, number: number, rest: Partial<ScenarioData> = {}): Promise<RunDocument> {
  return simulate({
    duration: '1s',
    network: { latency: 0 },
    topology: { api: service({ eventLoop: true, ...data }) },
    workload: [constantArrivalRate({ to: 'api', rate: 1000, until: number })],
    ...rest,
  })
}

describe('an event loop', () => {
  it('runs one piece of work at a time, and requests take turns between their steps', async () => {
    const run = await api({ steps: [{ work: '10ms' }, { work: '10ms' }] }, 2)
    // 0: first of the first; 10: first of the second, 20: second of the first, 30: second of the second.
    expect(run.services.api?.latencyMs).toMatchObject({ max: 39, mean: (30 + 39) / 2 })
    expect(run.services.api?.server.utilization).toBe(40 / 1000)
    expect(run.services.api?.server.queueMs.mean).toBe(0)
  })

  it('is held by no wait: waits pass side by side', async () => {
    const waiting = await api({ steps: [{ wait: '100ms' }, { work: '1ms' }] }, 5)
    expect(waiting.services.api?.latencyMs.max).toBe(101)
    expect(waiting.services.api?.server.utilization).toBe(5 / 1000)
    const working = await api({ steps: [{ work: '100ms' }, { work: '1ms' }] }, 5)
    expect(working.services.api?.latencyMs.max).toBeGreaterThan(490)
  })

  it('has its own line beside that for requests in progress', async () => {
    const run = await api({ concurrency: 2, queue: 1, steps: [{ work: '10ms' }, { wait: '100ms' }] }, 4)
    // The third has waited from 2 to 110, when the first has left; the fourth found the line full.
    expect(run.services.api?.server).toMatchObject({ completed: 3, refused: 1 })
    expect(run.services.api?.server.queueMs.p99).toBeCloseTo(108, 0)
    expect(run.services.api?.latencyMs.max).toBe(108 + 110)
  })

  it('runs the parallel work of one request one piece after the other', async () => {
    const run = await api({ steps: [[{ work: '10ms' }, { work: '10ms' }, { wait: '5ms' }]] }, 1)
    expect(run.services.api?.latencyMs.max).toBe(20)
  })

  it('shares itself between all pieces where its processor says so', async () => {
    const run = await api({ eventLoop: { processor: 'processor-sharing' }, work: '10ms' }, 2)
    // Alone for 1 ms, then at half speed; the second has 1 ms of its work left when the first has ended at 19.
    expect(run.services.api?.latencyMs).toMatchObject({ mean: 19, max: 19 })
    expect(run.services.api?.server.utilization).toBe(20 / 1000)
  })

  it('is stopped by collections, and is busy meanwhile', async () => {
    const gc = { every: '5ms', pause: '20ms' } as const
    for (const processor of ['fifo', 'processor-sharing'] as const) {
      // Of the 10 ms of work 5 are done, then the loop stands still for 20, then the other 5 are done.
      const run = await api({ eventLoop: { processor, gc }, work: '10ms' }, 1, { duration: '100ms' })
      expect(run.services.api?.latencyMs.max).toBe(30)
      // 10 ms of work, and 4 whole collections but for the first 5 ms of each 25.
      expect(run.services.api?.server.utilization).toBe(0.01 * (10 + 4 * 20))
    }
  })

  it('gives what was aborted no more turns', async () => {
    const run = await api(
      { onCancel: 'abort', steps: [[{ work: '100ms' }, { work: '100ms' }, { work: '100ms' }]] },
      1,
      { policies: { version: 1, targets: { api: { timeout: '50ms' } } } },
    )
    expect(run.services.api?.server).toMatchObject({ refused: 1, utilization: 50 / 1000 })
  })

  it('a crash ends it all, and the next life begins with nothing', async () => {
    const run = await api({ work: '100ms' }, 5, {
      workload: [
        constantArrivalRate({ to: 'api', rate: 1000, until: 5 }),
        constantArrivalRate({ name: 'late', to: 'api', rate: 1000, from: 200, until: 201 }),
      ],
      faults: [{ at: '50ms', crash: { target: 'api', restartAfter: '50ms' } }],
    })
    expect(run.services.api?.server).toMatchObject({ completed: 1, errors: 5, utilization: 150 / 1000 })
    expect(run.workload.late?.latencyMs.max).toBe(100)
  })

  it('is what real code works on, too', async () => {
    const app = service({
      eventLoop: true,
      app: async (_request, { work }) => {
        await work('10ms')
        await work('10ms')
      },
    })
    const run = await api({}, 2, { topology: { api: app } })
    expect(run.services.api?.latencyMs.max).toBe(39)
  })

  it('with exponential work is M/M/1, and waits before and after change nothing of its queue', async () => {
    const run = await simulate({
      duration: '40s',
      warmup: '5s',
      network: { latency: 0 },
      topology: {
        api: service({
          eventLoop: true,
          steps: [{ wait: exponential({ mean: '50ms' }) }, { work: exponential({ mean: '1ms' }) }],
        }),
      },
      workload: [poisson({ to: 'api', rate: 700 })],
    })
    // Output of M/G/infinity is Poisson (Mirasol 1963): 50 ms of waiting and 1 / (1 - 0.7) ms on the loop.
    expect(run.services.api?.latencyMs.mean).toBeCloseTo(50 + 1 / 0.3, -0.3)
    expect(run.services.api?.server.utilization).toBeCloseTo(0.7, 1)
  })
})

describe('inbound shedding reads the loop', () => {
  const shedding = (shed: object, steps: ServiceData['steps'] & {}) =>
    simulate({
      duration: '20s',
      warmup: '5s',
      network: { latency: 0 },
      policies: { version: 1, inbound: { api: { shed } } },
      topology: { api: service({ eventLoop: true, steps }) },
      workload: [poisson({ to: 'api', rate: 1500, deadline: '500ms', priority: 'sheddable' })],
    })

  it('keeps it as busy as it is told under an overload of CPU', async () => {
    const run = await shedding({ eventLoopUtilization: 0.9 }, [{ work: exponential({ mean: '1ms' }) }])
    expect(run.services.api?.server.refused).toBeGreaterThan(1000)
    expect(run.services.api?.server.utilization).toBeGreaterThan(0.8)
    expect(run.services.api?.server.utilization).toBeLessThan(0.97)
  })

  it('and sheds nobody where requests only wait', async () => {
    const run = await shedding({ eventLoopUtilization: 0.9, eventLoopDelay: '20ms' }, [
      { work: '100us' },
      { wait: '400ms' },
    ])
    expect(run.services.api?.server.refused).toBe(0)
  })

  it('by its delay: how long a piece was ready before it had its turn', async () => {
    const run = await shedding({ eventLoopUtilization: 1, eventLoopDelay: '20ms' }, [
      { work: exponential({ mean: '1ms' }) },
    ])
    expect(run.services.api?.server.refused).toBeGreaterThan(1000)
    expect(run.services.api?.latencyMs.p99).toBeLessThan(150)
  })
})

describe('a wait elsewhere', () => {
  const plain = (data: ServiceData) => api({ concurrency: 1, ...data, eventLoop: false }, 2)

  it('holds its worker, and no more where workers are let go', async () => {
    const steps = [{ wait: '100ms' }, { work: '10ms' }] as const
    expect((await plain({ steps })).services.api?.latencyMs.max).toBe(110 + 109)
    // The second begins when the first waits; its wait ends 1 ms later, in the middle of the first one's work.
    const free = await plain({ steps, holdWorkerDuringCalls: false })
    expect(free.services.api?.latencyMs).toMatchObject({ max: 119, mean: (110 + 119) / 2 })
  })

  it('is made longer by no slow fault', async () => {
    const run = await api({ eventLoop: false, steps: [{ wait: '100ms' }, { work: '10ms' }] }, 1, {
      faults: [{ at: '0s', slow: { target: 'api', factor: 3 } }],
    })
    expect(run.services.api?.latencyMs.max).toBe(130)
  })
})

describe('chance of a loop', () => {
  const gc = { every: exponential({ mean: '50ms' }), pause: exponential({ mean: '5ms' }) }
  const loop = service({
    replicas: 2,
    eventLoop: { gc },
    coldStart: { for: '1s', factor: 3, atStart: true },
    contention: { alpha: 0.1 },
    queueTimeout: exponential({ mean: '1s' }),
    concurrency: 20,
    cache: { size: 20, hit: '100us', ttl: '1s', warm: 0.5 },
    steps: [{ wait: exponential({ mean: '5ms' }) }, { work: exponential({ mean: '3ms' }) }],
  })
  const scenario = (more: ScenarioData['topology'] = {}, rest: Partial<ScenarioData> = {}): ScenarioData => ({
    duration: '5s',
    topology: { ...more, api: loop } as ScenarioData['topology'],
    workload: [
      poisson({ to: 'api', rate: 300, key: { zipf: { keys: 100 } } }),
      ...('island' in more ? [poisson({ to: 'island', rate: 300, key: { zipf: { keys: 100 } } })] : []),
    ],
    faults: [{ at: '2s', crash: { target: 'api#1', restartAfter: '100ms' } }],
    ...rest,
  })

  it('is the same each time, and its own: another service changes nothing of it (S2)', async () => {
    const one = await simulate(scenario())
    expect((await simulate(scenario())).traceHash).toBe(one.traceHash)
    expect((await simulate(scenario(), { seed: 2 })).traceHash).not.toBe(one.traceHash)
    const beside = await simulate(scenario({ island: loop }))
    expect(beside.services.api).toEqual(one.services.api)
    expect(beside.services.island?.server.completed).toBeGreaterThan(1000)
    expect(one.services.api?.server.cache?.hits).toBeGreaterThan(300)
  })

  it('a longer run begins like the shorter one (S4), and two policies meet the same arrivals (S7)', async () => {
    const one = await simulate(scenario())
    const longer = await simulate(scenario({}, { duration: '8s' }))
    expect(longer.traceHashes.slice(0, 4)).toEqual(one.traceHashes.slice(0, 4))
    const governed = await simulate(scenario({}, { policies: { version: 1, targets: { api: { retry: true } } } }))
    expect(governed.workload.api?.offered).toBe(one.workload.api?.offered)
  })
})
