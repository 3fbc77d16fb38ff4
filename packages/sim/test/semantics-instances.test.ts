// What instances of one service may differ in (semantics §4, versions): what they do, their weight, level and zone.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'

interface Load extends Partial<ScenarioData> {
  readonly rate?: number
  readonly clients?: number
  readonly zones?: readonly string[]
}

function under(api: ServiceData, { rate = 100, clients = 1, zones = [], ...rest }: Load = {}): Promise<RunDocument> {
  return simulate({
    duration: '10s',
    network: { latency: 0 },
    ...rest,
    topology: { api: service(api), ...(rest.topology as object) },
    workload: [constantArrivalRate({ to: 'api', rate, clients, zones })],
  })
}

const arrivals = (run: RunDocument): Record<string, number> =>
  Object.fromEntries(Object.entries(run.services.api?.instances ?? {}).map(([name, one]) => [name, one.arrivals]))
const balanced = (loadBalancing: unknown): Partial<ScenarioData> => ({
  policies: { version: 1, targets: { api: { loadBalancing } } },
})

describe('versions', () => {
  const versions = { blue: { replicas: 3 }, green: { replicas: 2, work: '40ms' } } as const

  it('are instances that do other work; they are numbered on', async () => {
    const run = await under({ work: '10ms', versions })
    expect(arrivals(run)).toEqual({ 'api#1': 200, 'api#2': 200, 'api#3': 200, 'api#4': 200, 'api#5': 200 })
    // But for those that are open at the end.
    expect(run.services.api?.server.serviceMs.mean).toBeCloseTo((3 * 10 + 2 * 40) / 5, 1)
  })

  it('are announced with their version', async () => {
    const seen: unknown[] = []
    const app: AppHandler = async (_request, { runtime, client }) => {
      await client('db').call({})
      seen.push(...runtime.endpoints('db').value.endpoints.map(({ id, version, weight }) => [id, version, weight]))
    }
    const db = { work: '1ms', weight: 2, versions: { 1: {}, 2: { replicas: 2, weight: 5 } } } as const
    await under({ app }, { topology: { db }, rate: 0.1 })
    expect(seen).toEqual([
      ['db#1', '1', 2],
      ['db#2', '2', 5],
      ['db#3', '2', 5],
    ])
  })

  it('may call others, of which the checks before the run know', async () => {
    const topology = { db: service({ work: '5ms' }), cache: service({ work: '1ms' }) }
    const api = { calls: ['db'], versions: { old: {}, new: { steps: [{ call: 'cache' }] } } } as const
    const faults = [at('1s').hold('api>cache', { for: '1s' }), at('1s').hold('api>db', { for: '1s' })]
    const run = await under(api, { topology, faults })
    expect([run.services.db?.offered, run.services.cache?.offered]).toEqual([500, 500])
  })

  it('keep what they are when they come back', async () => {
    const faults = [at('2s').crash('api#4', { restartAfter: '1s' })]
    const run = await under({ work: '10ms', versions }, { faults, ...balanced('round-robin') })
    const { completed = 0, serviceMs } = run.services.api?.server ?? {}
    expect(arrivals(run)['api#4']).toBeGreaterThan(100)
    expect(arrivals(run)['api#4']).toBeLessThan(200)
    const slow = (arrivals(run)['api#4'] ?? 0) + (arrivals(run)['api#5'] ?? 0)
    // But for those that the crash ended.
    expect(serviceMs?.mean).toBeCloseTo(10 + (30 * slow) / completed, 0)
  })

  it('have methods of their own over those of the service', async () => {
    const methods = { 'GET /x': { work: '5ms' } } as const
    const run = await simulate({
      duration: '1s',
      network: { latency: 0 },
      topology: {
        api: service({ work: '1ms', methods, versions: { a: {}, b: { methods: { 'GET /x': { work: '25ms' } } } } }),
      },
      workload: [constantArrivalRate({ to: 'api/GET /x', rate: 10 })],
    })
    expect(run.workload.api?.latencyMs).toMatchObject({ mean: 15, max: 25 })
  })
})

describe('weight', () => {
  it('is the share of the traffic', async () => {
    const versions = { big: { weight: 3 }, small: { replicas: 2 }, none: { weight: 0 } }
    const run = await under({ work: '1ms', versions }, balanced('weighted-round-robin'))
    expect(arrivals(run)).toEqual({ 'api#1': 600, 'api#2': 200, 'api#3': 200, 'api#4': 0 })
  })
})

describe('failover', () => {
  it('a level is called when those before it are not healthy', async () => {
    const versions = { primary: { replicas: 2 }, backup: { replicas: 2, failover: 1 } }
    const policies = {
      version: 1,
      targets: {
        api: { loadBalancing: { algorithm: 'round-robin' }, health: { tcp: true, interval: '200ms', fall: 2 } },
      },
    }
    const faults = [at('5s').crash('api#1'), at('5s').crash('api#2')]
    const before = arrivals(await under({ work: '1ms', versions }, { policies }))
    expect(before).toEqual({ 'api#1': 500, 'api#2': 500, 'api#3': 0, 'api#4': 0 })
    const run = await under({ work: '1ms', versions }, { policies, faults })
    expect(arrivals(run)['api#1']).toBe(250)
    // 4.5 s of the 5, by halves.
    expect(arrivals(run)['api#3']).toBeGreaterThan(210)
  })
})

describe('zones of callers', () => {
  it('are dealt in turn, and their runtimes know them', async () => {
    const loadBalancing = { algorithm: 'round-robin', zoneAware: true }
    const api = { work: '1ms', replicas: 6, zones: ['a', 'b'] } as const
    const zoned = await under(api, { clients: 2, zones: ['a', 'b'], ...balanced(loadBalancing) })
    const other = await under(api, { clients: 2, zones: ['a'], ...balanced(loadBalancing) })
    const inA = (run: RunDocument): number => [1, 3, 5].reduce((sum, i) => sum + (arrivals(run)[`api#${i}`] ?? 0), 0)
    expect(inA(zoned) / 1000).toBeCloseTo(0.5, 1)
    expect(inA(other)).toBeGreaterThan(inA(zoned) + 200)
  })
})
