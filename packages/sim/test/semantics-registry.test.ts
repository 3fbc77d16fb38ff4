// What the registry may do to those who believe it: delays, polling, staleness, loss, partitions.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
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
  readonly clients?: number
}

function tell({ api = {}, rate = 100, clients = 1, ...rest }: Story): Promise<RunDocument> {
  return simulate({
    duration: '60s',
    network: { latency: 0 },
    workload: [constantArrivalRate({ to: 'api', rate, clients })],
    ...rest,
    topology: { api: service({ replicas: 4, work: '10ms', ...api }), ...(rest.topology as object) },
  })
}

const timesOf = (run: RunDocument, type: string): readonly number[] =>
  run.events$.filter((event) => event.type === type).map(({ atMs }) => atMs)
const outcomesOf = (run: RunDocument, edge = 'client>api'): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))
/** A caller that writes down when the list it knows has changed, and who is on it. */
function listener(): { readonly lists: (readonly [number, string])[]; readonly topology: Record<string, ServiceData> } {
  const lists: (readonly [number, string])[] = []
  const app: AppHandler = (_request, { runtime, clock }) => {
    const ids = runtime.endpoints('api').value.endpoints.map(({ id }) => id.slice(4))
    const list = ids.sort().join('')
    if (lists.at(-1)?.[1] !== list) lists.push([clock.now(), list])
  }
  return { lists, topology: { watcher: service({ app }) } }
}
const looks = constantArrivalRate({ to: 'watcher', rate: 100, name: 'looks' })

describe('propagation', () => {
  it('lets each watcher hear of a change later, in the order in which things happened', async () => {
    const { lists, topology } = listener()
    const faults = [at('10s').drain('api#2', { restartAfter: '5s' }), at('12s').drain('api#3')]
    const run = await tell({ topology, workload: [looks], registry: { propagation: '3s' }, faults, duration: '40s' })
    expect(lists.slice(1)).toEqual([
      [13_000, '134'],
      [15_000, '14'],
      [23_000, '124'],
    ])
    expect(run.services.watcher?.failed).toBe(0)
  })

  it('never lets a later word overtake an earlier one, whatever is drawn', async () => {
    const { lists, topology } = listener()
    const drained = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const faults = drained.map((i) => at(4000 * i).drain(`api#${i}`, { restartAfter: '1s' }))
    const registry = { propagation: { exponential: { mean: '2s' } } } as const
    const api: ServiceData = { replicas: 9, drain: { spread: '1s' } }
    await tell({ topology, workload: [looks], registry, api, faults, duration: '90s' })
    expect(lists.at(-1)?.[1]).toBe('123456789')
    // At most one is away at a time, and each only once.
    const away = lists.map(([, list]) => drained.filter((i) => !list.includes(String(i))))
    expect(Math.max(...away.map(({ length }) => length))).toBe(1)
    const order = away.flat()
    expect(order.length).toBeGreaterThanOrEqual(3)
    expect(order).toEqual([...new Set(order)].sort())
  })

  it('an instance that leaves loses calls for as long as its callers have not heard, less the spread', async () => {
    const lost = async (propagation: `${number}s`): Promise<number> => {
      const run = await tell({ registry: { propagation }, faults: [at('10s').drain('api#2')] })
      return run.services.api?.failed ?? Number.NaN
    }
    // 25 a second each, for what is beyond the 5 s of spread.
    expect(await lost('5s')).toBe(0)
    expect(await lost('9s')).toBe(100)
  })
})

describe('poll', () => {
  it('a change is heard of at the next look, each watcher at its own', async () => {
    const { lists, topology } = listener()
    const faults = [10, 20, 30].map((second) => at(`${second}s`).drain('api#2', { restartAfter: 0 }))
    await tell({ topology, workload: [looks], registry: { poll: '4s' }, faults, duration: '60s' })
    const times = lists.slice(1).map(([atMs]) => atMs)
    expect(times.length).toBeGreaterThan(4)
    for (const atMs of times) expect((atMs - (times[0] ?? 0)) % 4000).toBeLessThanOrEqual(10)
    for (const [i, second] of [10, 20, 30].entries()) {
      const heard = times[2 * i] ?? 0
      expect(heard - second * 1000).toBeGreaterThan(0)
      expect(heard - second * 1000).toBeLessThanOrEqual(4010)
    }
  })

  it('an outage between two looks is never heard of', async () => {
    const faults = [at('10s').registryDown({ for: '100ms' })]
    const topology = { caller: service({ calls: ['api'] }) }
    const workload = [constantArrivalRate({ to: 'caller', rate: 10 })]
    const told = await tell({ topology, workload, faults })
    const polled = await tell({ topology, workload, faults, registry: { poll: '30s' } })
    expect([timesOf(told, 'resolverFailed'), timesOf(polled, 'resolverFailed')]).toEqual([[10_000, 10_000], []])
  })
})

describe('ttl and heartbeat', () => {
  it('are those of the registrar: a crash is known when the lease has run out', async () => {
    const registry = { ttl: '30s', heartbeat: '10s' } as const
    const run = await tell({ registry, faults: [at('25s').crash('api#2')] })
    const [expiredMs = 0] = timesOf(run, 'instanceExpired')
    expect(expiredMs - 25_000).toBeGreaterThanOrEqual(18_000)
    expect(expiredMs - 25_000).toBeLessThanOrEqual(30_000)
  })
})

describe('registryStale', () => {
  it('shows nothing new until it is over, not to those who ask for the first time either', async () => {
    const { lists, topology } = listener()
    const faults = [
      at('5s').registryStale({ for: '25s' }),
      at('6s').drain('api#2'),
      at('6s').drain('api#3', { restartAfter: 0 }),
    ]
    const late = constantArrivalRate({ to: 'watcher', rate: 100, name: 'late', from: '20s' })
    const run = await tell({ topology, workload: [late], faults })
    expect(lists).toEqual([
      [20_000, '1234'],
      [30_000, '134'],
    ])
    expect(timesOf(run, 'instanceExpired')).toEqual([])
  })
})

describe('registryFlap', () => {
  it('takes the target out of the lists and back, over and over, without a goodbye', async () => {
    const { lists, topology } = listener()
    const faults = [at('10s').registryFlap('api#2', { every: '4s', for: '9s' })]
    await tell({ topology, workload: [looks], registry: { lapseGrace: 0 }, faults, duration: '30s' })
    expect(lists.slice(1)).toEqual([
      [10_000, '134'],
      [12_000, '1234'],
      [14_000, '134'],
      [16_000, '1234'],
      [18_000, '134'],
      [19_000, '1234'],
    ])
  })

  it('of all instances at once is not believed', async () => {
    const run = await tell({ faults: [at('10s').registryFlap('api', { every: '4s', for: '20s' })] })
    expect(outcomesOf(run)).toEqual({ ok: 5999 })
    expect(timesOf(run, 'endpointsRetained').length).toBeGreaterThan(0)
  })
})

describe('registryPartial', () => {
  it('misses a share of the instances, the same ones and more of them with a larger one', async () => {
    const missing = async (ratio: number): Promise<readonly string[]> => {
      const run = await tell({ api: { replicas: 10 }, faults: [at(0).registryPartial({ ratio })], duration: '5s' })
      const instances = Object.entries(run.services.api?.instances ?? {})
      return instances.filter(([, { arrivals }]) => arrivals === 0).map(([name]) => name)
    }
    const [few, more] = [await missing(0.2), await missing(0.4)]
    expect([few.length, more.length]).toEqual([2, 4])
    expect(more).toEqual(expect.arrayContaining([...few]))
  })

  it('of more than half is not believed, where it begins under way', async () => {
    const run = await tell({ api: { replicas: 10 }, faults: [at('10s').registryPartial({ ratio: 0.7, for: '20s' })] })
    const counts = Object.values(run.services.api?.instances ?? {}).map(({ arrivals }) => arrivals)
    expect(Math.min(...counts)).toBeGreaterThan(590)
    expect(timesOf(run, 'endpointsRetained')).toHaveLength(1)
  })
})

describe('registryEmpty', () => {
  it('an empty list that looks final empties nobody; all register anew by themselves', async () => {
    const run = await tell({ faults: [at('10s').registryEmpty({ for: '20s' })], duration: '90s' })
    expect(outcomesOf(run)).toEqual({ ok: 8999 })
    // Each finds out with a heartbeat.
    const lost = run.events$.filter(({ type }) => type === 'registrationLost')
    expect(new Set(lost.map(({ caller }) => caller))).toEqual(new Set(['api#1', 'api#2', 'api#3', 'api#4']))
    expect(timesOf(run, 'instanceExpired')).toEqual([])
  })

  it('who calls for the first time finds nobody, and everybody when it is over', async () => {
    const workload = [
      constantArrivalRate({ to: 'api', rate: 10, from: '12s', until: '20s', name: 'early' }),
      constantArrivalRate({ to: 'api', rate: 10, from: '31s', name: 'late' }),
    ]
    const run = await tell({ workload, faults: [at('10s').registryEmpty({ for: '20s' })] })
    expect(outcomesOf(run, 'early>api')).toEqual({ 'no-endpoint': 80 })
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 290 })
  })
})

describe('registryPartition', () => {
  it('who is cut off is listed no more when its lease runs out, hears nothing, and comes back by itself', async () => {
    const { lists, topology } = listener()
    const faults = [at('10s').registryPartition({ zones: ['b'], for: '30s' })]
    const api: ServiceData = { replicas: 4, zones: ['a', 'b'] }
    const run = await tell({ api, topology, workload: [looks], faults, duration: '80s' })
    expect(timesOf(run, 'instanceExpired')).toHaveLength(2)
    // Half of the fleet is believed to be gone: the share up to which it is.
    expect(lists.map(([, list]) => list)).toContain('13')
    expect(lists.at(-1)?.[1]).toBe('1234')
    expect(lists.at(-1)?.[0]).toBeLessThan(52_000)
  })

  it('callers that are cut off go on with what they knew', async () => {
    const topology = { caller: service({ calls: ['api'] }) }
    const workload = [constantArrivalRate({ to: 'caller', rate: 50 })]
    const faults = [at('10s').registryPartition({ services: ['caller'], for: '40s' }), at('15s').crash('api#2')]
    const run = await tell({ topology, workload, faults })
    const { unreachable = 0 } = outcomesOf(run, 'caller>api')
    // A quarter of 50 a second, until the partition is over, and for the 8 s in which who is missing may come back.
    expect(unreachable / ((35 + 8) * 12.5)).toBeCloseTo(1, 1)
  })
})

describe('the library of oracles, at small scale', () => {
  const many: ServiceData = { replicas: 20, concurrency: 4, work: { exponential: { mean: '10ms' } } }

  it('C.7: an outage of five minutes in which 5 % of the instances are replaced', async () => {
    const faults = [at('30s').registryDown({ for: '300s' }), at('60s').crash('api#7')]
    const workload = [poisson({ to: 'api', rate: 40 })]
    const story: Story = { api: many, faults, workload, warmup: '60s', duration: '400s' }
    const shareFailed = (run: RunDocument): number => (run.workload.api?.failed ?? 0) / (run.workload.api?.offered ?? 1)
    // What was known is kept: the share of dead addresses fails, up to the end of its lease, 15 s after the outage.
    const bare = await tell(story)
    expect(shareFailed(bare)).toBeCloseTo(0.05 * (285 / 340), 2)
    const policies = { version: 1, targets: { api: { retry: true, outlier: true } } }
    const governed = await tell({ ...story, policies })
    expect(shareFailed(governed)).toBeLessThan(0.003)
    // Leases have their full length again: nobody but the dead one is lost when it is back.
    expect(bare.events$.filter(({ type }) => type === 'instanceExpired')).toHaveLength(1)
    expect(timesOf(bare, 'registrationLost')).toEqual([])
  })

  describe('C.8: a registry of which one side sees four of twelve instances, under a load of 0.6', () => {
    const api: ServiceData = { replicas: 12, concurrency: 1, work: { exponential: { mean: '100ms' } } }
    const workload = [poisson({ to: 'api', rate: 72, deadline: '5s' })]
    const policies = { version: 1, targets: { api: { loadBalancing: 'p2c-ewma' } } }

    it('for 25 s: the guard keeps those that seem to vanish; told as goodbyes the same loss is believed', async () => {
      const faults = [at('20s').registryPartial({ ratio: 2 / 3, for: '25s' })]
      const split = await tell({ api, workload, policies, faults, duration: '100s' })
      expect(split.workload.api?.goodput).toBeGreaterThan(0.99)
      expect(timesOf(split, 'endpointsRetained')).toEqual([20_000])
      const leaving = Array.from({ length: 8 }, (_, i) => at('20s').drain(`api#${i + 1}`))
      const left = await tell({ api, workload, policies, faults: leaving, duration: '100s' })
      expect(left.workload.api?.goodput).toBeLessThan(0.5)
    })

    it('for 120 s: what outlasts the grace of 30 s is believed, half of the fleet at a time', async () => {
      const { lists, topology } = listener()
      const faults = [at('20s').registryPartial({ ratio: 2 / 3, services: ['api'], for: '120s' })]
      const rest = { topology, workload: [...workload, looks], policies, faults, duration: '200s' } as const
      const split = await tell({ api, ...rest })
      const sizes = lists.map(([atMs, list]) => [atMs, list.replace(/1[012]/g, 'x').length])
      expect(sizes).toEqual([
        [0, 12],
        [50_000, 6],
        [80_000, 4],
        [140_000, 12],
      ])
      expect(split.workload.api?.goodput).toBeLessThan(0.9)
    })
  })
})

describe('what its clients believe of it', () => {
  const empty: Story = { faults: [{ at: '10s', registryEmpty: { for: '40s' } }] }
  it.each<[string, NonNullable<ScenarioData['registry']>, number]>([
    ['all of it', { maxDropped: 1, lapseGrace: 0 }, 4000],
    ['all of it, after 8 s in which they may come back', { maxDropped: 1 }, 4000 - 800],
    ['half of it, for half a minute', {}, 0],
    ['nothing, for longer than it lasts', { maxDropped: 0, dropGrace: '1m' }, 0],
  ])('%s', async (_, registry, refused) => {
    const run = await tell({ ...empty, registry })
    expect(run.workload.api?.rejected).toBe(refused)
  })
})
