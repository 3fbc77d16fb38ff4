// Clocks that are wrong: nothing is decided by the wall clock but what is dated by it (oracles S6 and C.20).
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  poisson,
  type RunDocument,
  type ScenarioData,
  service,
  simulate,
} from '../src/index.ts'

const eventsOf = (run: RunDocument, type: string) => run.events$.filter((event) => event.type === type)

/** What a process on `api#1` reads, at each of its requests: virtual time, its own, and its calendar, from their starts. */
async function readings(faults: ScenarioData['faults']): Promise<readonly (readonly [number, number, number])[]> {
  const read: (readonly [number, number, number])[] = []
  let calls = 0
  let firstWallMs: number | undefined
  const app: AppHandler = (_request, { clock }) => {
    firstWallMs ??= clock.wallNow()
    read.push([calls * 1000, clock.now(), clock.wallNow() - firstWallMs])
    calls += 1
  }
  await simulate({
    duration: '10s',
    network: { latency: 0 },
    topology: { api: service({ app }) },
    workload: [constantArrivalRate({ to: 'api', rate: 1 })],
    ...(faults === undefined ? {} : { faults }),
  })
  return read
}

describe('clockSkew', () => {
  it('an offset moves the wall clock while it lasts, and nothing else', async () => {
    const read = await readings([at('2500ms').clockSkew('api', { offset: '-1h', for: '4s' })])
    expect(read.map(([ms, now]) => now - ms)).toEqual(Array(10).fill(0))
    expect(read.map(([ms, , wall]) => wall - ms)).toEqual([0, 0, 0, ...Array(4).fill(-3_600_000), 0, 0, 0])
  })

  it('a step stays', async () => {
    const read = await readings([at('2500ms').clockSkew('api', { step: '90s', for: '1s' })])
    expect(read.map(([ms, , wall]) => wall - ms)).toEqual([0, 0, 0, ...Array(7).fill(90_000)])
  })

  it('a drift runs monotonic time and the wall clock away; the end puts the wall clock right', async () => {
    const read = await readings([at('2s').clockSkew('api', { drift: 1000, for: '5s' })])
    const gained = [0, 0, 0, 1, 2, 3, 4, 5, 5, 5]
    for (const [i, [ms, now, wall]] of read.entries()) {
      expect(now - ms).toBeCloseTo(gained[i] ?? 0, 6)
      expect(wall - ms).toBeCloseTo(i < 7 ? (gained[i] ?? 0) : 0, 6)
    }
  })

  it('a drift stretches what a process waits for, not what it works', async () => {
    const run = (drift: number, options: object) =>
      simulate({
        duration: '20s',
        network: { latency: 0 },
        topology: {
          web: service({ calls: ['api'] }),
          api: service({ work: '2s', ...options }),
        },
        policies: { version: 1, targets: { 'web>api': { timeout: '1s' } } },
        workload: [constantArrivalRate({ to: 'web', rate: 0.2 })],
        faults: [at(0).clockSkew('web', { drift }), at(0).clockSkew('api', { drift: 500_000 })],
      })
    const fast = await run(1_000_000, {})
    expect(fast.edges['web>api']?.outcomes.timeout).toBe(4)
    expect(fast.services.api?.failedLatencyMs.max).toBe(500)
    expect(fast.services.api?.server.serviceMs.mean).toBe(2000)
    const slow = await run(-500_000, {})
    expect(slow.services.api?.failedLatencyMs.max).toBeGreaterThan(1990)
  })

  it('a timer never fires before its instant, also where its clock has become slower since it was armed', async () => {
    const late: number[] = []
    const app: AppHandler = (_request, { clock }) => {
      const atMs = clock.now() + 1234.567
      clock.schedule(atMs, { onTimer: () => late.push(clock.now() - atMs) })
    }
    await simulate({
      duration: '10s',
      topology: { api: service({ app }) },
      workload: [poisson({ to: 'api', rate: 20, until: '7s' })],
      faults: [
        at('2s').clockSkew('api', { drift: 300_000, for: '1s' }),
        at('3s').clockSkew('api', { drift: -400_000, for: '1s' }),
      ],
    })
    expect(late.length).toBeGreaterThan(100)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
  })

  it('a deadline travels as what is left, so that clocks that have drifted apart agree on it', async () => {
    const left: number[] = []
    const app: AppHandler = async (_request, { deadline, work }) => {
      left.push(deadline.remainingMs)
      await work('1ms')
    }
    await simulate({
      duration: '10s',
      network: { latency: 0 },
      topology: { web: service({ calls: ['api'] }), api: service({ app }) },
      workload: [constantArrivalRate({ to: 'web', rate: 1, deadline: '500ms', impatient: true })],
      faults: [at(0).clockSkew('api', { drift: 100_000 }), at(0).clockSkew('web', { drift: -100_000 })],
    })
    expect(left).toHaveLength(10)
    // Half a second is more of a fast clock's.
    for (const ms of left) expect(ms).toBeCloseTo(550, 3)
  })
})

describe('S6: an hour on the wall clock of one instance', () => {
  const story = (faults: ScenarioData['faults']): Promise<RunDocument> =>
    simulate({
      duration: '60s',
      topology: {
        web: service({ replicas: 3, work: '1ms', calls: ['api'] }),
        api: service({ replicas: 4, concurrency: 4, work: { exponential: { mean: '10ms' } } }),
      },
      policies: {
        version: 1,
        targets: {
          '*': {
            timeout: '500ms',
            retry: true,
            circuitBreaker: { minimumCalls: 10 },
            outlier: true,
            loadBalancing: 'round-robin',
            concurrency: { algorithm: 'gradient' },
            health: { http: '/readyz', interval: '1s' },
          },
        },
        inbound: { api: { rateLimit: { rate: 200, burst: 50 } } },
      },
      workload: [poisson({ to: 'web', rate: 150, deadline: '1s' })],
      faults: [at('20s').error('api#2', { for: '20s' }), ...(faults ?? [])],
    })
  const heard = ({ services, edges, events$, workload }: RunDocument) => ({
    ...{ services, edges, workload },
    events: events$.filter(({ type }) => !type.startsWith('fault')),
  })

  it.each(['1h', '-1h'] as const)(
    '%s changes no decision of breakers, limits, balancers, checks or leases',
    async (offset) => {
      const [right, wrong, stepped] = [
        await story([]),
        await story([at('10s').clockSkew('web#1', { offset, for: '30s' }), at('10s').clockSkew('api#1', { offset })]),
        await story([at('10s').clockSkew('web#1', { step: offset }), at('30s').clockSkew('api#1', { step: offset })]),
      ]
      expect(eventsOf(right, 'circuitOpened').length + eventsOf(right, 'endpointEjected').length).toBeGreaterThan(0)
      expect(heard(wrong)).toEqual(heard(right))
      expect(heard(stepped)).toEqual(heard(right))
      expect(eventsOf(wrong, 'instanceExpired')).toEqual([])
    },
  )
})

describe('C.20: leases of 30 s, renewed every 10 s', () => {
  const SKEWS = ['-1h', '-10s', '10s', '1h'] as const

  it.each(SKEWS)('a skew of %s expires no lease of ours: the registry counts lengths, not dates', async (offset) => {
    const run = await simulate({
      duration: '120s',
      registry: { ttl: '30s', heartbeat: '10s' },
      topology: { api: service({ replicas: 3, work: '1ms' }) },
      workload: [poisson({ to: 'api', rate: 10 })],
      faults: [at('20s').clockSkew('api#1', { offset }), at('20s').clockSkew('api#2', { drift: 200 })],
    })
    expect(eventsOf(run, 'instanceExpired')).toEqual([])
    expect(eventsOf(run, 'registrationLost')).toEqual([])
    expect(run.services.api?.failed).toBe(0)
  })

  it.each([
    [19, 0],
    [21, 1],
    [35, 1],
  ])('one kept by dates is taken for expired iff the skew is above 20 s: %i s ahead', async (ahead, isExpired) => {
    // The holder renews every 10 s and writes down until when, by its calendar; the other looks by its own.
    let untilMs = 0
    const holder: AppHandler = (_request, { clock }) => {
      untilMs = clock.wallNow() + 30_000
    }
    let expired = 0
    const reader: AppHandler = (_request, { clock }) => {
      if (clock.wallNow() > untilMs) expired += 1
    }
    await simulate({
      duration: '100s',
      network: { latency: 0 },
      topology: { holder: service({ app: holder }), reader: service({ app: reader }) },
      workload: [
        constantArrivalRate({ to: 'holder', rate: 0.1 }),
        constantArrivalRate({ to: 'reader', rate: 10, from: '50ms' }),
      ],
      faults: [at('40s').clockSkew('reader', { offset: `${ahead}s` })],
    })
    // Of each 10 s the last (skew − 20), at most all.
    expect(Math.sign(expired)).toBe(isExpired)
    expect(expired).toBe(600 * Math.min(1, Math.max(0, ahead - 20) / 10))
  })
})
