// When calls come: each kind of arrival against its closed form, and that no policy moves one (oracle S7).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  bursts,
  constantArrivalRate,
  diurnal,
  exponential,
  poisson,
  type RunDocument,
  rampingArrivalRate,
  replay,
  type ScenarioData,
  simulate,
  spike,
  type WorkloadData,
} from '../src/index.ts'

const DURATION_S = 60

function run(workload: WorkloadData, rest: Partial<ScenarioData> = {}): Promise<RunDocument> {
  return simulate({
    duration: `${DURATION_S}s`,
    network: { latency: 0 },
    topology: { api: { work: '1ms' } },
    ...rest,
    workload: [workload],
  })
}

const perSecond = (document: RunDocument, id = 'api') =>
  (document.timeline.series[`${id}.offered`] ?? []).map((rate) => rate ?? 0)
const offered = (document: RunDocument, id = 'api') => document.workload[id]?.offered

describe('a ramp', () => {
  it('goes in straight lines from stage to stage and ends with the last: each second holds its integral', async () => {
    const stages = [
      { rate: 100, over: '10s' },
      { rate: 100, over: '10s' },
      { rate: 0, over: '5s' },
      { rate: 0, over: '5s' },
      { rate: 40, over: 0 },
      { rate: 40, over: '10s' },
    ] as const
    const document = await run(rampingArrivalRate({ to: 'api', stages }))
    expect(offered(document)).toBe(500 + 1000 + 250 + 0 + 400)
    const due = (second: number): number => {
      if (second < 10) return 10 * second + 5
      if (second < 20) return 100
      if (second < 25) return 100 - 20 * (second - 20) - 10
      return second >= 30 && second < 40 ? 40 : 0
    }
    for (const [second, number] of perSecond(document).entries())
      expect(Math.abs(number - due(second))).toBeLessThanOrEqual(1)
  })

  it('that goes nowhere is a constant rate', async () => {
    const flat = await run(rampingArrivalRate({ to: 'api', startRate: 30, stages: [{ rate: 30, over: '60s' }] }))
    expect(flat.traceHash).toBe((await run(constantArrivalRate({ to: 'api', rate: 30 }))).traceHash)
  })

  it('begins at `from`, from its start rate, and is cut by `until`', async () => {
    const stages = [{ rate: 100, over: '20s' }] as const
    const document = await run(rampingArrivalRate({ to: 'api', startRate: 60, stages, from: '10s', until: '20s' }))
    expect(offered(document)).toBe(700)
    expect(perSecond(document).slice(0, 10)).toEqual(Array(10).fill(0))
  })

  it('of independent arrivals has the same mean, and the spread of a Poisson process', async () => {
    const stages = [{ rate: 200, over: '60s' }] as const
    const document = await run(rampingArrivalRate({ to: 'api', startRate: 200, stages, poisson: true }))
    const mean = (offered(document) ?? 0) / DURATION_S
    const variance = perSecond(document).reduce((sum, one) => sum + (one - mean) ** 2, 0) / DURATION_S
    expect(Math.abs(mean - 200)).toBeLessThan(4 * Math.sqrt(200 / DURATION_S))
    expect(variance / mean).toBeGreaterThan(0.6)
    expect(variance / mean).toBeLessThan(1.5)
  })
})

describe('a spike', () => {
  it('of even calls holds both rates exactly', async () => {
    const document = await run(spike({ to: 'api', rate: 10, peak: 90, at: '20s', for: '5s', poisson: false }))
    const rates = perSecond(document)
    expect(rates.slice(0, 20)).toEqual(Array(20).fill(10))
    expect(rates.slice(20, 25)).toEqual(Array(5).fill(90))
    expect(rates.slice(25)).toEqual(Array(35).fill(10))
  })

  it('leaves what comes before it as it would have been without', async () => {
    const document = await run(spike({ to: 'api', rate: 50, peak: 500, at: '20s', for: '5s' }))
    const calm = await run(poisson({ to: 'api', rate: 50 }))
    expect(perSecond(document).slice(0, 20)).toEqual(perSecond(calm).slice(0, 20))
    const peak = perSecond(document).slice(20, 25)
    expect(Math.abs(peak.reduce((sum, one) => sum + one, 0) - 2500)).toBeLessThan(4 * Math.sqrt(2500))
  })
})

it('bursts are there, and between them little', async () => {
  const rates = perSecond(await run(bursts({ to: 'api', rate: 0, burstRate: 300, meanOn: '2s', meanOff: '6s' })))
  expect(rates.filter((rate) => rate === 0).length).toBeGreaterThan(20)
  expect(rates.filter((rate) => rate > 240).length).toBeGreaterThan(3)
})

describe('a diurnal rate', () => {
  it('follows its sine, and over whole periods its mean', async () => {
    const document = await run(diurnal({ to: 'api', mean: 100, amplitude: 80, period: '30s', poisson: false }))
    expect(offered(document)).toBe(6000)
    const turn = (2 * Math.PI) / 30
    perSecond(document).forEach((number, second) => {
      const due = 100 + (80 / turn) * (Math.cos(turn * second) - Math.cos(turn * (second + 1)))
      expect(Math.abs(number - due)).toBeLessThanOrEqual(1)
    })
  })

  it('is highest when it is told to be', async () => {
    const load = { to: 'api', mean: 100, amplitude: 100, period: '60s', peakAt: '40s', poisson: false } as const
    const rates = perSecond(await run(diurnal(load)))
    expect(Math.max(...rates)).toBeGreaterThanOrEqual(199)
    expect(rates.indexOf(Math.max(...rates))).toBeGreaterThan(36)
    expect(rates[10]).toBeLessThanOrEqual(1)
  })

  it('of independent arrivals, as it is by default, is near it', async () => {
    const document = await run(diurnal({ to: 'api', mean: 100, amplitude: 80, period: '60s' }))
    const [first, second] = [perSecond(document).slice(0, 30), perSecond(document).slice(30)]
    const sum = (rates: readonly number[]) => rates.reduce((total, one) => total + one, 0)
    const half = 3000 + (80 * 60) / Math.PI
    expect(Math.abs(sum(first) - half)).toBeLessThan(4 * Math.sqrt(half))
    expect(Math.abs(sum(second) - (6000 - half))).toBeLessThan(4 * Math.sqrt(6000 - half))
  })
})

describe('a recording', () => {
  const folder = (): Disposable & { readonly path: string } => {
    const path = mkdtempSync(join(tmpdir(), 'seakeep-replay-'))
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
  }
  const played = async (workload: WorkloadData, baseDir?: string) => {
    const scenario = {
      duration: '10s',
      network: { latency: 0 },
      topology: { api: { work: '1ms', queue: 0 }, web: { work: '1ms' } },
      workload: [workload],
    } as const
    return await simulate(scenario, baseDir === undefined ? {} : { baseDir })
  }

  it('is played as it was, in whatever order it is given, from `from` and at its speed', async () => {
    const document = await played(replay({ to: 'api', arrivals: [4500, '500ms', 500, { at: '2.5s' }] }))
    expect(perSecond(document)).toEqual([2, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    const fast = await played(replay({ to: 'api', arrivals: [4500, 500, 500, 2500], from: '5s', speed: 2 }))
    expect(perSecond(fast)).toEqual([0, 0, 0, 0, 0, 2, 1, 1, 0, 0])
  })

  it('says of a call where it goes; what it does not say is as the workload says', async () => {
    const document = await played(replay({ to: 'api', arrivals: [1, { at: 2, to: 'web' }, { at: 3, to: 'web' }] }))
    expect(document.edges['client>api']?.calls).toBe(1)
    expect(document.edges['client>web']?.calls).toBe(2)
    expect(document.workload.api?.offered).toBe(3)
  })

  it('may stand in a file: JSON, one instant a line, CSV with a heading', async () => {
    using files = folder()
    const { path } = files
    writeFileSync(join(path, 'a.json'), '[100, "1.5s", { "at": 2500, "to": "web" }]')
    writeFileSync(join(path, 'a.txt'), '100\n1500\n2500\n')
    writeFileSync(join(path, 'a.csv'), 'key,at,to\nacme,1700000000100,api\nacme,1700000001500,\n,1700000002500,web\n')
    for (const arrivals of ['a.json', 'a.txt']) {
      expect(perSecond(await played(replay({ to: 'api', arrivals }), path)).slice(0, 4)).toEqual([1, 1, 1, 0])
    }
    const logged = await played(replay({ to: 'api', arrivals: 'a.csv', fromFirst: true }), path)
    expect(perSecond(logged).slice(0, 4)).toEqual([1, 1, 1, 0])
    expect(logged.edges['client>web']?.calls).toBe(1)
  })

  it('that cannot be read names its line', async () => {
    using files = folder()
    writeFileSync(join(files.path, 'a.txt'), '100\nsoon\n')
    writeFileSync(join(files.path, 'b.csv'), 'at,tenant\n1,acme\n')
    await expect(played(replay({ to: 'api', arrivals: 'a.txt' }), files.path)).rejects.toThrow(
      /arrivals\.1\.at: "soon" is not allowed.*a\.txt:2:1/,
    )
    await expect(played(replay({ to: 'api', arrivals: 'b.csv' }), files.path)).rejects.toThrow(
      /unknown column "tenant"; allowed: at, to, key, priority/,
    )
  })
})

describe('no policy moves an arrival (S7)', () => {
  const failing = { topology: { api: { work: '1ms', errorRate: 0.5 } }, duration: '20s' } as const
  const policies = {
    version: 1,
    targets: { api: { timeout: '1s', retry: { maxAttempts: 4 }, circuitBreaker: { failureRatio: 0.2 } } },
  }
  it.each<[string, WorkloadData]>([
    ['ramps', rampingArrivalRate({ to: 'api', stages: [{ rate: 50, over: '20s' }], poisson: true })],
    ['spikes', spike({ to: 'api', rate: 20, peak: 100, at: '5s', for: '5s' })],
    ['bursts', bursts({ to: 'api', rate: 5, burstRate: 100, meanOn: '1s', meanOff: '2s' })],
    ['waves', diurnal({ to: 'api', mean: 50, amplitude: 50, period: '10s' })],
    ['recordings', replay({ to: 'api', arrivals: Array.from({ length: 100 }, (_, i) => i * 70) })],
  ])('%s', async (_, workload) => {
    const bare = await run(workload, failing)
    const governed = await run(workload, { ...failing, policies })
    expect(perSecond(governed)).toEqual(perSecond(bare))
    expect(governed.edges['client>api']?.attempts).not.toBe(bare.edges['client>api']?.attempts)
  })
})

describe('who calls', () => {
  it('tenants and classes come by their weights', async () => {
    const document = await run(
      poisson({
        to: 'api',
        rate: 200,
        key: { weighted: { acme: 5, zeta: 1, none: 0 } },
        priority: { critical: 1, default: 3 },
      }),
      {
        policies: { version: 1, inbound: { api: { rateLimit: { rate: 1, burst: 1, by: 'key' } } } },
      },
    )
    // One a second each is admitted, whatever the tenant asks for.
    expect(document.services.api?.server.completed).toBeGreaterThan(100)
    expect(document.services.api?.server.completed).toBeLessThan(125)
  })

  it('users lose patience each at their own time, by which their calls are judged', async () => {
    const load = poisson({ to: 'api', rate: 200, deadline: exponential({ mean: '100ms' }), impatient: true })
    const document = await run(load, { topology: { api: { work: '100ms' } } })
    // P(patience > 100 ms) = 1/e.
    expect(document.workload.api?.goodput).toBeCloseTo(Math.exp(-1), 1)
    expect(document.edges['client>api']?.outcomes.timeout).toBeGreaterThan(6000)
    expect(document.workload.api?.deadlineMs).toBe(100)
  })

  it('unhappy users call again, as new calls that are offered', async () => {
    const retry = { maxAttempts: 3, after: '100ms' } as const
    const document = await run(constantArrivalRate({ to: 'api', rate: 100, until: '59s', retry }), {
      topology: { api: { work: '1ms', errorRate: 0.5 } },
    })
    // 1 + 1/2 + 1/4 calls a user, of which half succeed.
    expect((offered(document) ?? 0) / 5900).toBeCloseTo(1.75, 1)
    expect((document.workload.api?.succeeded ?? 0) / 5900).toBeCloseTo(0.875, 1)
    // No policy made these: each call is one attempt.
    expect(document.edges['client>api']?.amplification).toBe(1)
  })
})
