// One seed, one story: what a run does follows from its scenario and its seed alone, and each thing in it from its own.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  exponential,
  type FaultData,
  lognormal,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'
import type { Distribution } from '../src/model/distribution.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import type { ResolvedScenario, ResolvedService, ResolvedStep } from '../src/scenario/resolved-scenario.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'
import HANDLERS from './handlers.sim.ts'
import SHOP from './shop.sim.ts'

/** A document without what the machine says in it. */
function facts(run: RunDocument): object {
  const { wallMs: _, versions: __, ...rest } = run
  return JSON.parse(JSON.stringify(rest))
}

describe('a run is a function of scenario and seed', () => {
  it('gives the same document twice, but for the time it took', async () => {
    const [once, again] = [await simulate(SHOP), await simulate(SHOP)]
    expect(facts(again)).toEqual(facts(once))
    expect(once.traceHash).toMatch(/^[0-9a-f]{16}$/)
    // A story in which something happens; with an idle one all of this would hold for nothing.
    expect(once.events$.map((event) => event.type)).toContain('circuitOpened')
    expect(once.edges['client>gateway']?.attempts).toBeGreaterThan(500)
    expect(once.edges['orders>db']?.outcomes.timeout).toBeGreaterThan(0)
  })

  it('takes another course with another seed, in every service', async () => {
    const [one, other] = [await simulate(SHOP, { seed: 1 }), await simulate(SHOP, { seed: 2 })]
    expect(other.traceHash).not.toBe(one.traceHash)
    for (const name of Object.keys(one.services)) {
      expect(other.services[name]?.traceHash, name).not.toBe(one.services[name]?.traceHash)
    }
  })

  it('tells large seeds apart that agree in their low 32 bits', async () => {
    const low = await simulate(SHOP, { seed: 5 })
    const high = await simulate(SHOP, { seed: 5 + 2 ** 32 })
    expect(high.traceHash).not.toBe(low.traceHash)
  })
})

describe('what is not connected does not matter (S2)', () => {
  const before = simulate(SHOP)

  it.each([
    ['at the end', (island: ScenarioData['topology']) => ({ ...SHOP.topology, ...island })],
    ['in front', (island: ScenarioData['topology']) => ({ ...island, ...SHOP.topology })],
  ])('a service that nobody calls, %s, leaves every other entry as it was', async (_, place) => {
    const island = { island: service({ replicas: 3, work: exponential({ mean: '5ms' }), errorRate: 0.5 }) }
    const after = await simulate({ ...SHOP, topology: place(island) as ScenarioData['topology'] })
    const { island: alone, ...others } = after.services
    expect(others).toEqual((await before).services)
    expect(after.edges).toEqual((await before).edges)
    expect(after.workload).toEqual((await before).workload)
    expect(alone).toMatchObject({ offered: 0, goodput: null, server: { arrivals: 0, open: 0 } })
  })

  it('an island with traffic of its own leaves the mainland as it was', async () => {
    const topology = {
      ...(SHOP.topology as Record<string, object>),
      island: service({ replicas: 2, concurrency: 1, work: exponential({ mean: '20ms' }), calls: ['lagoon'] }),
      lagoon: service({ work: '1ms' }),
    }
    const workload = [poisson({ to: 'island', rate: 50, name: 'castaway' }), ...(SHOP.workload ?? [])]
    const after = await simulate({ ...SHOP, topology, workload } as ScenarioData)
    expect(after.services).toMatchObject((await before).services)
    expect(after.edges).toMatchObject((await before).edges)
    expect(after.services.island?.server.completed).toBeGreaterThan(500)
  })
})

describe('a fault that touches nothing leaves no trace (S3)', () => {
  const quiet: ScenarioData = {
    ...SHOP,
    topology: { ...SHOP.topology, spare: service({ replicas: 2, work: '1ms' }) } as ScenarioData['topology'],
    workload: [poisson({ to: 'gateway', rate: 80, until: '8s' })],
    faults: [at('2s').slow('db', { add: '40ms', ratio: 0.5, for: '2s' })],
  }
  const without = simulate(quiet)

  it.each<[string, FaultData]>([
    ['a slow fault nobody meets', at('1s').slow('spare', { add: '1s' })],
    ['an error fault nobody meets', at('1s').error('spare', { ratio: 0.5 })],
    ['an error fault with the chance 0', at('1s').error('db', { ratio: 0 })],
    ['a slow edge without packets', at('10s').slow('orders>db', { add: '1s' })],
    ['a hold without packets', at('10s').hold('orders>db', { for: '1s' })],
  ])('%s', async (_, fault) => {
    const after = await simulate({ ...quiet, faults: [...(quiet.faults ?? []), fault] })
    expect(after.traceHash).toBe((await without).traceHash)
    // Also in front of the one that strikes by chance: its coins do not hang on its place in the list.
    const before = await simulate({ ...quiet, faults: [fault, ...(quiet.faults ?? [])] })
    expect(before.traceHash).toBe((await without).traceHash)
  })

  it('and one that touches something does', async () => {
    const faults = [...(quiet.faults ?? []), at('2s').error('db', { ratio: 0.01 })]
    expect((await simulate({ ...quiet, faults })).traceHash).not.toBe((await without).traceHash)
  })

  it('two faults that strike with the same chance do not strike the same requests', async () => {
    const faults = [at('0s').error('db', { ratio: 0.5 }), at('0s').error('db', { ratio: 0.5 })]
    const { server } = (await simulate({ ...quiet, policies: { version: 1, targets: {} }, faults })).services.db ?? {}
    expect((server?.errors ?? 0) / (server?.arrivals ?? 1)).toBeCloseTo(0.75, 1)
  })
})

describe('a longer run begins as the shorter one (S4)', () => {
  it('repeats its trace hashes', async () => {
    const shorter = await simulate({ ...SHOP, duration: '8s' })
    const longer = await simulate(SHOP)
    expect(shorter.traceHashes).toHaveLength(8)
    expect(longer.traceHashes).toHaveLength(15)
    expect(longer.traceHashes.slice(0, 8)).toEqual(shorter.traceHashes)
    expect(shorter.traceHashes.at(-1)?.hash).toBe(shorter.traceHash)
    expect(new Set(longer.traceHashes.map(({ hash }) => hash)).size).toBe(15)
  })
})

/** What a policy must not change: when calls were offered, and how much work each first attempt asks for. */
interface Luck {
  readonly arrivalsMs: number[]
  /** By service and key: milliseconds. */
  readonly demands: Map<string, number>
  readonly run: RunDocument
}

const RETRYING = { loadBalancing: 'p2c-ewma', retry: { maxAttempts: 3, attemptTimeout: '150ms', budget: false } }

async function luckUnder(policies: ScenarioData['policies']): Promise<Luck> {
  const arrivalsMs: number[] = []
  const demands = new Map<string, number>()
  const gateway: AppHandler = async (_request, { client, clock }) => {
    arrivalsMs.push(clock.now())
    await client('orders').call({})
  }
  const scenario = resolveScenario({
    duration: '20s',
    seed: 11,
    // No way to go: a request is at the gateway in the instant in which it was offered.
    network: { latency: 0 },
    ...(policies === undefined ? {} : { policies }),
    topology: {
      gateway: service({ app: gateway }),
      orders: service({ replicas: 4, concurrency: 2, queue: 5, work: exponential({ mean: '20ms' }), calls: ['db'] }),
      db: service({ replicas: 2, concurrency: 4, work: lognormal({ p50: '5ms', p99: '50ms' }), errorRate: 0.2 }),
    },
    workload: [poisson({ to: 'gateway', rate: 100, clients: 3 })],
    faults: [at('5s').slow('orders#1', { add: '300ms', for: '5s' })],
  })
  const services = scenario.services.map((one) => watched(one, demands))
  const { document } = await runScenario({ ...scenario, services } as ResolvedScenario)
  return { arrivalsMs, demands, run: document }
}

/** The service with its work's distributions written down as they are asked. */
function watched(one: ResolvedService, demands: Map<string, number>): ResolvedService {
  const spy = (work: Distribution): Distribution => ({
    meanMs: work.meanMs,
    sampleMs(key) {
      const ms = work.sampleMs(key)
      demands.set(`${one.name} ${key}`, ms)
      return ms
    },
  })
  const steps = (all: readonly ResolvedStep[]): ResolvedStep[] =>
    all.map((step) => (step.kind === 'work' ? { ...step, work: spy(step.work) } : step))
  const operations = new Map(
    Array.from(one.operations, ([name, what]) => [name, { ...what, steps: steps(what.steps) }]),
  )
  return { ...one, operations }
}

describe('two policies meet the same chance (S7)', () => {
  it('the same arrivals, and the same demand of every first attempt', async () => {
    const bare = await luckUnder(undefined)
    const governed = await luckUnder({
      version: 1,
      // The limit of the retries' number is lifted, so that no call's first attempt is ever refused for another's retry.
      targets: { orders: RETRYING, db: RETRYING },
    })
    expect(governed.run.traceHash).not.toBe(bare.run.traceHash)
    expect(governed.run.edges['gateway>orders']?.attempts).toBeGreaterThan(
      (bare.run.edges['gateway>orders']?.attempts ?? 0) + 50,
    )
    expect(bare.arrivalsMs.length).toBeGreaterThan(1500)
    expect(governed.arrivalsMs).toEqual(bare.arrivalsMs)
    // Everything bare calls asked for, the governed ones asked for, too, and to the last bit as much of it, where the
    // first attempt got as far in both runs.
    let compared = 0
    for (const [request, ms] of bare.demands) {
      const other = governed.demands.get(request)
      if (other === undefined) continue
      expect(other, request).toBe(ms)
      compared += 1
    }
    expect(compared / bare.demands.size).toBeGreaterThan(0.85)
  })

  it('not one first attempt is missing where nothing is refused on the way', async () => {
    const topology = { api: service({ replicas: 4, work: exponential({ mean: '30ms' }), errorRate: 0.3 }) }
    const demandsUnder = async (policies: object | undefined): Promise<Map<string, number>> => {
      const demands = new Map<string, number>()
      const data = { duration: '10s', topology, workload: [poisson({ to: 'api', rate: 100 })] }
      const scenario = resolveScenario(policies === undefined ? data : { ...data, policies })
      await runScenario({ ...scenario, services: scenario.services.map((one) => watched(one, demands)) })
      return demands
    }
    const bare = await demandsUnder(undefined)
    const governed = await demandsUnder({
      version: 1,
      targets: { '*': { loadBalancing: 'p2c-ewma', retry: { maxAttempts: 4, budget: false } } },
    })
    expect(bare.size).toBeGreaterThan(800)
    expect(governed.size).toBeGreaterThan(bare.size * 1.2)
    const first = new Map(Array.from(bare.keys(), (request) => [request, governed.get(request)]))
    expect(first).toEqual(bare)
  })
})

describe('how promises are drained does not show', () => {
  const fast = simulate(HANDLERS)

  it.each([
    ['after every event', { drainAlways: true }],
    ['by macrotasks', { drainSlowly: true }],
    ['by macrotasks after every event', { drainAlways: true, drainSlowly: true }],
  ])('%s: the same run', async (_, how) => {
    expect(facts(await simulate(HANDLERS, how))).toEqual(facts(await fast))
  })

  it('in a story that has all of it', async () => {
    const { edges, events$ } = await fast
    expect(edges['orders>stock']?.calls).toBeGreaterThan(200)
    expect(edges['gateway>stock']?.outcomes.timeout).toBeGreaterThan(0)
    expect(edges['client>gateway']?.outcomes.error).toBeGreaterThan(0)
    expect(events$.some((event) => event.type === 'circuitOpened')).toBe(true)
  })

  it('also where handlers let their workers go, share them, and are called off', async () => {
    const topology = Object.fromEntries(
      Object.entries(HANDLERS.topology as Readonly<Record<string, ServiceData>>).map(([name, one], i) => {
        const discipline = i % 2 === 0 ? 'processor-sharing' : 'lifo'
        return [name, { ...one, concurrency: 2, discipline, holdWorkerDuringCalls: false, onCancel: 'abort' } as const]
      }),
    )
    const story = { ...HANDLERS, topology }
    const run = await simulate(story)
    expect(run.traceHash).not.toBe((await fast).traceHash)
    expect(Object.values(run.services).some(({ server }) => server.refused > 10)).toBe(true)
    expect(facts(await simulate(story, { drainAlways: true }))).toEqual(facts(run))
    expect(facts(await simulate(story, { drainSlowly: true }))).toEqual(facts(run))
  })

  it('also without handlers', async () => {
    const how = { drainAlways: true, drainSlowly: true }
    expect(facts(await simulate(SHOP, how))).toEqual(facts(await simulate(SHOP)))
  })
})
