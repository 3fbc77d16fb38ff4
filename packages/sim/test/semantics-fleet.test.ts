// Instances that come and go: drains, deploys and autoscaling, by the core's own drain.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  type FaultData,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'

interface Story extends Partial<ScenarioData> {
  readonly api?: ServiceData
  readonly rate?: number
}

function tell({ api = {}, rate = 100, ...rest }: Story): Promise<RunDocument> {
  return simulate({
    duration: '60s',
    network: { latency: 0 },
    workload: [constantArrivalRate({ to: 'api', rate })],
    ...rest,
    topology: { api: service({ replicas: 4, work: '10ms', ...api }), ...(rest.topology as object) },
  })
}

const eventsOf = (run: RunDocument, type: string) => run.events$.filter((event) => event.type === type)
const timesOf = (run: RunDocument, type: string): readonly number[] => eventsOf(run, type).map(({ atMs }) => atMs)
const outcomesOf = (run: RunDocument, edge = 'client>api'): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))
const arrivalsOf = (run: RunDocument): readonly number[] =>
  Object.values(run.services.api?.instances ?? {}).map(({ arrivals }) => arrivals)

describe('drain', () => {
  it('is heard of at once, loses nothing, and the instance is gone after the spread', async () => {
    const run = await tell({ faults: [at('10s').drain('api#2')] })
    expect(outcomesOf(run)).toEqual({ ok: 5999 })
    expect(run.services.api).toMatchObject({ failed: 0, inFlight: 1 })
    expect(eventsOf(run, 'drainStarted')).toEqual([{ atMs: 10_000, type: 'drainStarted', endpoint: 'api#2' }])
    expect(eventsOf(run, 'instanceStopped')).toEqual([{ atMs: 15_000, type: 'instanceStopped', endpoint: 'api#2' }])
    expect(arrivalsOf(run)[1]).toBe(250)
    expect(eventsOf(run, 'instanceExpired')).toEqual([])
  })

  it('a crash in its place loses calls until the lease has run out', async () => {
    const run = await tell({ faults: [at('10s').crash('api#2')] })
    expect(outcomesOf(run).unreachable).toBeGreaterThan(200)
  })

  it('what is in flight at the end of the spread is finished, what is left after that is cut off', async () => {
    const drain = { spread: '1s', finish: '5s' } as const
    const slow = await tell({ api: { work: '4s', drain }, rate: 4, faults: [at('10s').drain('api#2')] })
    // Its last request came at 9.5 s; the list without it is known at 10 s.
    expect(timesOf(slow, 'instanceStopped')).toEqual([13_500])
    expect(outcomesOf(slow).error).toBe(undefined)
    const slower = await tell({ api: { work: '20s', drain }, rate: 4, faults: [at('10s').drain('api#2')] })
    expect(timesOf(slower, 'instanceStopped')).toEqual([16_000])
    expect(outcomesOf(slower).error).toBe(10)
  })

  it('who still comes after the spread is answered 503 until it is closed, which is tried again elsewhere', async () => {
    const registry = { propagation: '3s' } as const
    const drain = { spread: '1s' } as const
    const faults = [at('10s').drain('api#2')]
    const late = await tell({ api: { work: '900ms', drain }, registry, faults })
    const { refused = 0, unreachable = 0 } = outcomesOf(late)
    expect(refused).toBeGreaterThan(15)
    expect(unreachable).toBeGreaterThan(10)
    const policies = { version: 1, targets: { api: { retry: true } } }
    const retried = await tell({ api: { work: '900ms', drain }, registry, faults, policies })
    expect(retried.services.api?.failed).toBe(0)
  })

  it('health checks hear 503 from its beginning on', async () => {
    const health = { http: '/readyz', interval: '200ms', fall: 2 }
    const policies = { version: 1, targets: { api: { health, loadBalancing: { algorithm: 'round-robin' } } } }
    const registry = { propagation: '4s' } as const
    const run = await tell({ registry, faults: [at('10s').drain('api#2')], policies })
    expect(timesOf(run, 'endpointFailedChecks')[0]).toBeLessThan(10_500)
    expect(run.services.api?.failed).toBe(0)
  })

  it('comes back with restartAfter under its name, as a new process', async () => {
    const lives = new Set<object>()
    const app: AppHandler = async (_request, { runtime, work }) => {
      lives.add(runtime)
      await work('10ms')
    }
    const run = await tell({
      api: { work: undefined as never, app },
      faults: [at('10s').drain('api#2', { restartAfter: '5s' })],
    })
    expect(lives.size).toBe(5)
    expect(timesOf(run, 'instanceRestarted')).toEqual([20_000])
    expect(timesOf(run, 'faultEnded')).toEqual([20_000])
    expect(outcomesOf(run)).toEqual({ ok: 5999 })
    expect(arrivalsOf(run)[1]).toBeGreaterThan(1100)
  })

  it('a process that stands still drains when it goes on; one that dies meanwhile is gone', async () => {
    const faults = [at('9s').pause('api#2', { for: '3s' }), at('10s').drain('api#2')]
    const run = await tell({ faults })
    expect([timesOf(run, 'drainStarted'), timesOf(run, 'instanceStopped')]).toEqual([[12_000], [17_000]])
    const dies = await tell({
      faults: [at('10s').drain('api#2', { restartAfter: '4s' }), at('12s').crash('api#2', { restartAfter: '1s' })],
    })
    expect(timesOf(dies, 'instanceStopped')).toEqual([])
    // The crash's restart comes first; the drain's finds it up.
    expect(timesOf(dies, 'instanceRestarted')).toEqual([13_000])
  })

  it('where the registry is down the lease runs out by itself', async () => {
    const run = await tell({ faults: [at('9s').registryDown({ for: '20s' }), at('10s').drain('api#2')] })
    expect(timesOf(run, 'instanceExpired')).toEqual([44_000])
    expect(outcomesOf(run).unreachable).toBeGreaterThan(400)
  })
})

describe('deploy', () => {
  const big: ServiceData = { replicas: 8 }

  it('replaces batch after batch, without losing a call', async () => {
    const faults = [at('10s').deploy('api', { version: 'v2', work: '30ms', startAfter: '2s', pause: '1s' })]
    const run = await tell({ api: big, faults })
    // A quarter of 8 at a time: 5 s of spread, 2 s to start, 1 s of pause.
    const restarted = eventsOf(run, 'instanceRestarted')
    expect(restarted.map(({ atMs, endpoint, version }) => [atMs, endpoint, version])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => [10_000 + 7000 + 8000 * (Math.ceil(i / 2) - 1), `api#${i}`, 'v2']),
    )
    expect(timesOf(run, 'faultEnded')).toEqual([10_000 + 3 * 8000 + 7000])
    expect(timesOf(run, 'deployFinished')).toEqual([10_000 + 4 * 8000])
    expect(run.services.api?.failed).toBe(0)
    expect(run.workload.api?.latencyMs.max).toBe(30)
    expect(arrivalsOf(run)).toHaveLength(8)
  })

  it('a bad version is seen in the errors; a canary keeps it to its share, and a rollback ends it', async () => {
    const bad = { version: 'v2', errorRate: 1, drain: false } as const
    const errorsOf = async (deploy: FaultData): Promise<number> =>
      (await tell({ api: big, faults: [deploy] })).services.api?.server.errors ?? 0
    const whole = await errorsOf(at('10s').deploy('api', bad))
    const canary = await errorsOf(at('10s').deploy('api', { ...bad, share: 0.25 }))
    const taken = await errorsOf(at('10s').deploy('api', { ...bad, share: 0.25, rollbackAfter: '10s' }))
    // But for the one of 10 s, which an old one has not ended.
    expect(whole).toBe(4999)
    expect(canary / whole).toBeCloseTo(0.25, 2)
    expect(taken).toBe(250)
  })

  it('a rollback goes in the same batches, and only where it had come to', async () => {
    const deploy = { version: 'v2', startAfter: '1s', errorRate: 0.5, rollbackAfter: '9s' } as const
    const run = await tell({ api: big, faults: [at('10s').deploy('api', deploy)] })
    const restarted = eventsOf(run, 'instanceRestarted').map(({ atMs, endpoint, version }) => [atMs, endpoint, version])
    expect(restarted).toEqual([
      [16_000, 'api#1', 'v2'],
      [16_000, 'api#2', 'v2'],
      [22_000, 'api#3', 'v2'],
      [22_000, 'api#4', 'v2'],
      [28_000, 'api#1', undefined],
      [28_000, 'api#2', undefined],
      [34_000, 'api#3', undefined],
      [34_000, 'api#4', undefined],
    ])
    expect(timesOf(run, 'deployRolledBack')).toEqual([19_000])
    expect(timesOf(run, 'faultEnded')).toEqual([34_000])
  })

  it('brings a version of the topology, which may have no instance before and calls of its own', async () => {
    const versions = { 1: { replicas: 4 }, 2: { replicas: 0, calls: ['db'] } }
    const faults = [at('10s').deploy('api', { version: '2', batch: 2 }), at('30s').hold('api>db', { for: '1s' })]
    const run = await tell({
      api: { replicas: undefined as never, versions },
      topology: { db: { work: '1ms' } },
      faults,
    })
    // From 15 s on, when the first two of it are there and the other two old ones leave.
    expect(run.services.db?.offered).toBeGreaterThan(4490)
    expect(run.services.db?.offered).toBeLessThanOrEqual(4500)
    expect(run.services.api?.failed).toBe(0)
  })

  it('with drain: false the old ones are killed, which callers find out', async () => {
    const run = await tell({ faults: [at('10s').deploy('api', { drain: false, startAfter: '3s', batch: 1 })] })
    expect(outcomesOf(run).unreachable).toBeGreaterThan(4 * 70)
    expect(eventsOf(run, 'instanceRestarted')).toHaveLength(4)
    expect(timesOf(run, 'faultEnded')).toEqual([22_000])
  })

  it('who is down when its turn comes comes back as what the others have become', async () => {
    const faults = [
      at('9s').crash('api#1', { restartAfter: '20s' }),
      at('10s').deploy('api', { version: 'v2', work: '20ms', batch: '100%' }),
    ]
    const run = await tell({ faults })
    const restarted = eventsOf(run, 'instanceRestarted').map(({ atMs, endpoint, version }) => [atMs, endpoint, version])
    expect(restarted).toContainEqual([29_000, 'api#1', 'v2'])
    expect(restarted).toHaveLength(4)
  })
})

describe('autoscale', () => {
  const scaledOf = (run: RunDocument) => eventsOf(run, 'scaled').map(({ atMs, from, to }) => [atMs, from, to])

  it('follows the formula, with its lag: ceil(instances × metric / target)', async () => {
    const autoscale = { max: 20, targetUtilization: 0.5, upAfter: '20s' } as const
    const api: ServiceData = { concurrency: 1, work: '10ms', autoscale }
    const run = await tell({ api, rate: 360, duration: '100s' })
    // 4 × 0.9 / 0.5 = 7.2; with 8 it is 0.45, which is within 10 %.
    expect(scaledOf(run)).toEqual([[15_000, 4, 8]])
    expect(eventsOf(run, 'instanceStarted').map(({ atMs, endpoint }) => [atMs, endpoint])).toEqual(
      [5, 6, 7, 8].map((i) => [35_000, `api#${i}`]),
    )
    expect(Object.keys(run.services.api?.instances ?? {})).toHaveLength(8)
    expect(run.services.api?.instances['api#8']?.arrivals).toBeGreaterThan(2500)
  })

  it('shrinks when nothing more was found right for a while, draining the last ones; names are used again', async () => {
    const autoscale = { min: 2, max: 20, targetInFlight: 2, every: '5s', upAfter: '5s', downAfter: '60s' } as const
    const api: ServiceData = { work: '100ms', autoscale }
    const workload = [
      constantArrivalRate({ to: 'api', rate: 160, until: '60s' }),
      constantArrivalRate({ to: 'api', rate: 40, from: '60s', until: '300s', name: 'quiet' }),
      constantArrivalRate({ to: 'api', rate: 160, from: '300s', name: 'again' }),
    ]
    const run = await tell({ api, workload, duration: '360s' })
    // 16 present want 8, 4 want 2; what the first look after the load saw of its end counts for 60 s, too.
    expect(scaledOf(run)).toEqual([
      [5000, 4, 8],
      [120_000, 8, 3],
      [125_000, 3, 2],
      [305_000, 2, 8],
    ])
    expect(timesOf(run, 'instanceStopped')).toEqual([...Array(5).fill(125_000), 130_000])
    expect(eventsOf(run, 'instanceStarted')).toHaveLength(4)
    expect(timesOf(run, 'instanceRestarted')).toEqual(Array(6).fill(310_000))
    expect(run.services.api?.failed).toBe(0)
  })

  it('does not grow twice for one load while those it wants are starting', async () => {
    const autoscale = { max: 50, targetUtilization: 0.5, every: '5s', upAfter: '60s' } as const
    const run = await tell({ api: { concurrency: 1, work: '10ms', autoscale }, rate: 380, duration: '60s' })
    expect(scaledOf(run)).toEqual([[5000, 4, 8]])
  })

  it('a fault of the service strikes who joins while it is on', async () => {
    const autoscale = { max: 8, targetUtilization: 0.5, upAfter: '0s' } as const
    const api: ServiceData = { concurrency: 1, work: '10ms', autoscale }
    const run = await tell({ api, rate: 360, faults: [at('1s').error('api')], duration: '20s' })
    expect(run.services.api?.server.completed).toBeLessThan(370)
    const slow = await tell({ api, rate: 90, faults: [at('0s').slow('api', { factor: 4 })], duration: '60s' })
    expect(scaledOf(slow)).toEqual([[15_000, 4, 8]])
    expect(slow.workload.api?.latencyMs.p50).toBeCloseTo(40, 0)
  })

  describe('behind a load that doubles (oracle G5): 80 to 160 a second, 100 a second until 120 s later', () => {
    // One tenth of the oracle's rates: the times are the same.
    const autoscale = { min: 10, max: 20, targetInFlight: 1.7, upAfter: '105s' } as const
    const lag = (queue: number | undefined): Promise<RunDocument> =>
      tell({
        duration: '420s',
        seed: 7,
        api: {
          replicas: 10,
          concurrency: 1,
          work: '100ms',
          autoscale,
          ...(queue !== undefined && { queue }),
        },
        policies: { version: 1, targets: { api: { loadBalancing: 'least-request' } } },
        workload: [
          constantArrivalRate({ to: 'api', rate: 80, until: '60s', deadline: '1s', name: 'before' }),
          constantArrivalRate({ to: 'api', rate: 160, from: '60s', deadline: '1s', name: 'after' }),
        ],
      })
    const goodputOf = (run: RunDocument, fromS: number, untilS: number): number => {
      const series = (run.timeline.series['after.goodput'] ?? []).slice(fromS, untilS) as number[]
      return series.reduce((sum, one) => sum + one, 0) / series.length
    }

    it('without a limit the backlog of 7,200 makes every call late for 300 s', async () => {
      const run = await lag(undefined)
      expect(scaledOf(run)).toEqual([[75_000, 10, 20]])
      expect(timesOf(run, 'instanceStarted')[0]).toBe(180_000)
      expect(goodputOf(run, 70, 180)).toBeLessThan(0.02)
      // New instances are quick for as long as they have no line: about two seconds.
      expect(goodputOf(run, 185, 330)).toBeLessThan(0.05)
      expect(goodputOf(run, 385, 419)).toBeGreaterThan(0.98)
      // 72 s are waited before there is anybody new.
      expect((run.workload.after?.latencyMs.max ?? 0) / 72_000).toBeGreaterThan(0.9)
    })

    it('with a line of three the capacity is used: 62.5 %, then all', async () => {
      const run = await lag(3)
      expect(scaledOf(run)).toEqual([[75_000, 10, 20]])
      expect(goodputOf(run, 80, 180)).toBeCloseTo(0.625, 1)
      expect(goodputOf(run, 185, 419)).toBeGreaterThan(0.98)
    })
  })
})

describe('chance', () => {
  it('the same seed is the same run, and a service that nobody calls changes nothing, however it scales', async () => {
    const autoscale = { max: 8, targetUtilization: 0.5 } as const
    const story: Story = {
      api: { concurrency: 2, work: { exponential: { mean: '15ms' } }, autoscale },
      registry: { propagation: { exponential: { mean: '1s' } } },
      faults: [
        at('10s').deploy('api', { version: 'v2', work: '20ms' }),
        at('30s').drain('api#1', { restartAfter: '1s' }),
      ],
      workload: [poisson({ to: 'api', rate: 200 })],
    }
    const [one, two] = [await tell(story), await tell(story)]
    expect(one.traceHash).toBe(two.traceHash)
    const idle = service({ replicas: 3, concurrency: 1, work: '5ms', autoscale })
    const beside = await tell({ ...story, topology: { idle } })
    expect(beside.services.api).toEqual(one.services.api)
    expect(beside.edges).toEqual(one.edges)
    expect(beside.services.idle?.server.arrivals).toBe(0)
  })
})
