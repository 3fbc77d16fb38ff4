// What the instances of a service share over the board (docs/sharing.md), shown by whole scenarios.
import { describe, expect, it } from 'vitest'
import {
  at,
  constantArrivalRate,
  type FaultData,
  poisson,
  type RunDocument,
  type ScenarioData,
  service,
  simulate,
} from '../src/index.ts'

const policiesOf = (targets: Readonly<Record<string, object>>) => ({ version: 1, targets }) as const
interface Opening {
  readonly atMs: number
  readonly why: string
}

/** When each caller's circuit opened first, in that order. */
function firstOpenings(run: RunDocument): readonly Opening[] {
  const first = new Map<unknown, Opening>()
  for (const { type, endpoint, caller, atMs, why } of run.events$) {
    if (type !== 'circuitOpened' || endpoint !== undefined || first.has(caller)) continue
    first.set(caller, { atMs, why: String(why) })
  }
  return [...first.values()]
}

describe('ten callers of a dead service, each with a call every two seconds', () => {
  const tell = (quorum: number | false, faults: readonly FaultData[] = []): Promise<RunDocument> =>
    simulate({
      duration: '2m',
      policies: policiesOf({ api: { circuitBreaker: { per: 'service', window: '1m', openFor: '1m', quorum } } }),
      topology: { api: service({ replicas: 1, work: '5ms' }) },
      workload: [constantArrivalRate({ to: 'api', rate: 5, clients: 10 })],
      faults: [at(0).error('api'), ...faults],
    } satisfies ScenarioData)

  const failuresOf = (run: RunDocument): number => run.edges['client>api']?.outcomes.error ?? 0
  const areAlone = (openings: readonly Opening[]): boolean =>
    openings.every(({ why }) => why.startsWith('failure ratio'))

  it('find out with some 200 failed calls alone, and with a quorum of two as soon as two have', async () => {
    const [alone, together] = [await tell(false), await tell(2)]
    const [early, late] = [firstOpenings(alone), firstOpenings(together)]
    expect([early.length, late.length]).toEqual([10, 10])
    expect(areAlone(early)).toBe(true)
    expect(late.slice(2).every(({ why }) => why.startsWith('open at 2 peers (quorum 2), here failure ratio'))).toBe(
      true,
    )
    expect(failuresOf(alone)).toBeGreaterThan(190)
    expect(failuresOf(together)).toBeLessThan(150)
    // The first two are the same; the others hear of it within the packets of a note.
    expect(late.slice(0, 2)).toEqual(early.slice(0, 2))
    expect((late[9]?.atMs ?? 0) - (late[1]?.atMs ?? 0)).toBeLessThan(2)
  })

  it('find out alone while the board is down', async () => {
    const silent = await tell(2, [at('10s').registryDown({ for: '110s' })])
    expect(firstOpenings(silent)).toEqual(firstOpenings(await tell(false)))
  })

  it('are the same run twice', async () => {
    const [one, two] = [await tell(2), await tell(2)]
    expect(two.traceHash).toBe(one.traceHash)
  })
})

describe('callers that are cut off', () => {
  it('open their own circuits and nobody else’s', async () => {
    const breaker = {
      circuitBreaker: { per: 'service', quorum: 1, minimumCalls: 5 },
      retry: { maxAttempts: 1, attemptTimeout: '1s' },
    }
    const run = await simulate({
      duration: '30s',
      policies: policiesOf({ api: breaker }),
      topology: {
        gateway: service({ replicas: 4, calls: ['api'] }),
        web: service({ replicas: 1, calls: ['api'] }),
        api: service({ replicas: 2, work: '5ms' }),
      },
      workload: [constantArrivalRate({ to: 'gateway', rate: 40 }), constantArrivalRate({ to: 'web', rate: 10 })],
      faults: [at('5s').hold('web>api', { for: '20s' })],
    })
    const opened = run.events$.filter(({ type }) => type === 'circuitOpened')
    expect(new Set(opened.map(({ caller }) => caller))).toEqual(new Set(['web#1']))
    expect(run.edges['gateway>api']?.outcomes.ok).toBe(run.edges['gateway>api']?.calls)
  })
})

describe('a rate of 100 a second, shared by ten instances', () => {
  /** The callers of several workloads without a name are instances of one service. */
  const tell = (demands: readonly number[], rest: Partial<ScenarioData> = {}): Promise<RunDocument> =>
    simulate({
      duration: '60s',
      warmup: '5s',
      policies: policiesOf({ api: { rateLimit: { rate: 100, shared: true } } }),
      topology: { api: service({ replicas: 4, work: '2ms' }) },
      workload: demands.map((rate) => poisson({ to: 'api', rate })),
      ...rest,
    })

  it('reaches the target as 95 to 110 a second, whoever needs it', async () => {
    const run = await tell([1, 2, 2, 5, 5, 10, 20, 50, 100, 200])
    const arrivals = run.services.api?.server.arrivals ?? 0
    expect(arrivals / 55).toBeGreaterThan(95)
    expect(arrivals / 55).toBeLessThan(105)
    // Whoever needs less than its part is hardly refused, whoever needs more gets what is left.
    const shares = Object.values(run.workload).map(({ offered, succeeded }) => succeeded / offered)
    expect(Math.min(...shares.slice(1, 6))).toBeGreaterThan(0.8)
    expect(shares.at(-1)).toBeLessThan(0.15)
  })

  it('is not more while the board is down', async () => {
    const run = await tell([20, 20, 20, 20, 20, 20, 20, 20, 20, 20], {
      faults: [at('15s').registryDown({ for: '40s' })],
    })
    const arrivals = run.services.api?.server.arrivals ?? 0
    expect(arrivals / 55).toBeGreaterThan(95)
    expect(arrivals / 55).toBeLessThan(105)
  })
})
