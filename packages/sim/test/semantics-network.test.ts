// The network and its faults (semantics §5, §8). Times are exact unless chance is the subject.
import { describe, expect, it } from 'vitest'
import {
  type AppHandler,
  at,
  constantArrivalRate,
  exponential,
  type FaultData,
  poisson,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
  type WorkloadData,
} from '../src/index.ts'
import { parseData } from '../src/scenario/parse-data.ts'
import SHOP from './shop.sim.ts'

type Network = NonNullable<ScenarioData['network']>

interface Story {
  readonly api?: ServiceData
  readonly topology?: Readonly<Record<string, ServiceData>>
  readonly network?: Network
  readonly faults?: readonly FaultData[]
  readonly loads?: readonly WorkloadData[]
  readonly targets?: Readonly<Record<string, object>>
  readonly rest?: Partial<ScenarioData>
}

/** Calls at fixed intervals, none in the last second, so that all have ended. */
function load(name: string, more: Partial<Parameters<typeof constantArrivalRate>[0]> = {}): WorkloadData {
  return constantArrivalRate({ to: 'api', name, until: 9000, rate: 100, ...more })
}

function tell(story: Story): Promise<RunDocument> {
  const { api = { work: '10ms' }, topology = {}, network = {}, faults = [], loads = [load('user')] } = story
  const policies = story.targets === undefined ? {} : { policies: { version: 1, targets: story.targets } }
  return simulate({
    duration: '10s',
    network: { latency: '1ms', ...network },
    ...policies,
    ...story.rest,
    topology: { api: service(api), ...topology },
    faults,
    workload: loads,
  })
}

const outcomesOf = (run: RunDocument, edge: string): Record<string, number> =>
  Object.fromEntries(Object.entries(run.edges[edge]?.outcomes ?? {}).filter(([, number]) => number > 0))
const eventsOf = (run: RunDocument, type: string): readonly number[] =>
  run.events$.filter((event) => event.type === type).map(({ atMs }) => atMs)
const latency = (run: RunDocument, workload: string) => run.workload[workload]?.latencyMs

/** By turns, so that each instance gets its share whatever becomes of it. */
const TURNS = { loadBalancing: 'round-robin' }
/** Patience that no answer here exhausts, so that only what was lost times out. */
const PATIENT = { 'user>api': { timeout: '900ms' } }

describe('a lost message', () => {
  it('is only noticed by a timeout: the call ends then, and the server may have done the work', async () => {
    const there = await tell({ faults: [at('2s').loss('user>api', { for: '1s' })], targets: PATIENT })
    expect(outcomesOf(there, 'user>api')).toEqual({ ok: 800, timeout: 100 })
    expect(there.services.api?.failedLatencyMs).toMatchObject({ mean: 900, max: 900 })
    expect(there.services.api?.server).toMatchObject({ arrivals: 800, completed: 800 })

    const back = await tell({ faults: [at('2s').loss('api>user', { for: '1s' })], targets: PATIENT })
    expect(outcomesOf(back, 'user>api')).toEqual({ ok: 800, timeout: 100 })
    expect(back.services.api?.server).toMatchObject({ arrivals: 900, completed: 900 })
  })

  it('leaves a call without a timeout open to the end', async () => {
    const run = await tell({ faults: [at('2s').loss('user>api', { for: '1s' })] })
    expect(run.services.api).toMatchObject({ offered: 900, succeeded: 800, failed: 0, inFlight: 100 })
    expect(run.edges['user>api']).toMatchObject({ attempts: 900, attemptOutcomes: { ok: 800 } })
  })

  it('is a fact of the run', async () => {
    const last = { loads: [load('user', { until: 5000 }), load('late', { from: 9985, until: 9990 })] }
    // The last packet's arrival would have been after the end: all there is to tell the two runs apart is its loss.
    const way = { latency: '50ms' } as const
    const [kept, lost] = [
      await tell({ ...last, network: way }),
      await tell({ ...last, network: { ...way, between: { 'late>api': { loss: 1 } } } }),
    ]
    expect(lost.services.api?.server).toEqual(kept.services.api?.server)
    expect(lost.traceHash).not.toBe(kept.traceHash)
    expect(lost.services.api?.traceHash).not.toBe(kept.services.api?.traceHash)
  })

  it('the giving up is a message, too', async () => {
    const api: ServiceData = { concurrency: 1, work: '30ms', onCancel: 'dequeue' }
    const story = { api, targets: { 'user>api': { timeout: '50ms' } } }
    const heard = await tell(story)
    const lost = await tell({ ...story, faults: [at(45).loss('user>api', { ratio: 1 })] })
    expect(heard.services.api?.server.refused).toBeGreaterThan(500)
    // Those that came before stay in line, since nobody hears that their callers have gone.
    expect(lost.services.api?.server).toMatchObject({ arrivals: 5, completed: 5, refused: 0 })
  })

  it('a reset is one, too: who is cut off from a crashed process hears nothing of it', async () => {
    const faults = [at(1000).partition('user>api'), at(1005).crash('api#1')]
    const run = await tell({ api: { work: '20ms' }, faults, loads: [load('user', { until: 3000 })] })
    // Of the two at work at 1 s one is answered, which is lost, and one dies.
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 98 })
    expect(run.services.api).toMatchObject({ failed: 0, inFlight: 202 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 100, completed: 99, errors: 1, open: 0 })
  })
})

describe('losses by chance', () => {
  const RETRY = { retry: { maxAttempts: 2, attemptTimeout: '50ms', budget: false } }
  const off = (share: number, count: number): number => 3.5 * Math.sqrt((share * (1 - share)) / count)

  it.each([0.01, 0.05, 0.2])(
    'of %d with two attempts on fresh paths leave the square of it',
    { timeout: 20_000 },
    async (p) => {
      const count = 10_000
      const loads = [poisson({ to: 'api', name: 'user', rate: 1000, until: '10s' })]
      const story: Story = { loads, api: { replicas: 5, work: '1ms' }, rest: { duration: '11s' } }
      const lost = async (network: Network, faults: readonly FaultData[], retries: boolean): Promise<number> => {
        const targets = { 'user>api': retries ? RETRY : { timeout: '50ms' } }
        const run = await tell({ ...story, network, faults, targets })
        const { timeout = 0, ok = 0 } = outcomesOf(run, 'user>api')
        expect(run.workload.user?.offered).toBe(timeout + ok)
        expect(timeout + ok).toBeGreaterThan(count * 0.97)
        return timeout / (timeout + ok)
      }
      const faults = [at(0).loss('user>api', { ratio: p })]
      expect(Math.abs((await lost({}, faults, false)) - p)).toBeLessThan(off(p, count))
      expect(Math.abs((await lost({}, faults, true)) - p ** 2)).toBeLessThan(off(p ** 2, count))
      // Of the network itself, there and back.
      const both = 1 - (1 - p) ** 2
      expect(Math.abs((await lost({ loss: p }, [], true)) - both ** 2)).toBeLessThan(off(both ** 2, count))
    },
  )

  it('in bursts: as many, so many in a row', { timeout: 20_000 }, async () => {
    const got = new Set<unknown>()
    const api: AppHandler = ({ body }) => void got.add(body)
    let sent = 0
    const sender: AppHandler = async (_request, { client }) => {
      sent += 1
      await client('api').call({ body: sent })
    }
    const [ratio, burst] = [0.2, 6]
    await tell({
      api: { app: api },
      topology: { sender: service({ app: sender, onThrow: 'fail' }) },
      network: { between: { 'sender>api': { loss: { ratio, burst } } } },
      loads: [load('user', { to: 'sender', rate: 1000 })],
      targets: { 'sender>api': { timeout: '20ms' } },
    })
    expect(sent).toBe(9000)
    const rows: number[] = []
    for (let number = 1; number <= sent; number++) {
      if (got.has(number)) continue
      if (number > 1 && !got.has(number - 1)) rows[rows.length - 1]! += 1
      else rows.push(1)
    }
    const lost = sent - got.size
    const mean = lost / rows.length
    expect(Math.abs(lost / sent - ratio)).toBeLessThan(3.5 * Math.sqrt((0.16 * 2 * burst * 0.8) / sent))
    expect(Math.abs(mean - burst)).toBeLessThan((3.5 * burst) / Math.sqrt(rows.length))
  })

  it('of a service strike what comes and what goes, of an instance its own, of a zone that of its hosts', async () => {
    const topology = { db: service({ work: '1ms', zones: ['b'] }) }
    const api = { replicas: 2, calls: ['db'], zones: ['a', 'b'] }
    const lost = async (target: string): Promise<readonly number[]> => {
      const faults = [at(0).loss(target)]
      const run = await tell({ api, topology, faults, targets: { '*': { timeout: '100ms', ...TURNS } } })
      return [run.edges['user>api']?.outcomes.timeout ?? 0, run.edges['api>db']?.outcomes.timeout ?? 0]
    }
    expect(await lost('db')).toEqual([900, 900])
    // Its requests come no further than the way to it; the other one's do.
    expect(await lost('api#1')).toEqual([450, 0])
    expect(await lost('zone:b')).toEqual([900, 450])
    expect(await lost('zone:a>zone:b')).toEqual([450, 450])
    expect(await lost('zone:b>*')).toEqual([900, 900])
    expect(await lost('*>zone:a')).toEqual([450, 0])
  })
})

describe('between', () => {
  const ZONED: Story = {
    api: { replicas: 2, work: '10ms', zones: ['a', 'b'] },
    loads: [load('near', { zones: ['a'] }), load('far', { zones: ['c'] }), load('nowhere')],
  }

  it('zones have latencies of their own, each way', async () => {
    const between: Network['between'] = {
      'zone:a>zone:a': { latency: 0 },
      'zone:c>zone:a': { latency: '7ms' },
      'zone:b>zone:c': { latency: '5ms' },
    }
    const run = await tell({ ...ZONED, network: { between } })
    // By turns to a and b, whatever is not named takes the millisecond of the network.
    expect(latency(run, 'near')).toMatchObject({ mean: (10 + 12) / 2, max: 12 })
    expect(latency(run, 'far')).toMatchObject({ mean: (10 + 7 + 1 + 10 + 1 + 5) / 2, max: 18 })
    expect(latency(run, 'nowhere')).toMatchObject({ mean: 12, max: 12 })
  })

  it('the most specific entry counts, field by field, wherever it stands', async () => {
    const entries: readonly (readonly [string, NonNullable<Network['between']>[string]])[] = [
      ['zone:c>*', { latency: '20ms', loss: 1 }],
      ['zone:c>zone:a', { latency: '30ms' }],
      ['far>zone:b', { latency: '40ms' }],
      ['far>api', { loss: 0 }],
    ]
    for (const order of [entries, [...entries].reverse()]) {
      const run = await tell({ ...ZONED, network: { between: Object.fromEntries(order) } })
      expect(outcomesOf(run, 'far>api')).toEqual({ ok: 900 })
      expect(latency(run, 'far')).toMatchObject({ mean: (30 + 40) / 2 + 11, max: 51 })
      expect(latency(run, 'near')).toMatchObject({ mean: 12, max: 12 })
    }
  })

  it('what is said of ways nobody goes changes nothing (S3)', async () => {
    const quiet = { ...SHOP, topology: { ...SHOP.topology, spare: service({ zones: ['z'] }) } } as ScenarioData
    const between = { 'zone:z>*': { latency: '9s', loss: 0.5, bandwidth: 1 } } as const
    const said = await simulate({ ...quiet, network: { ...quiet.network, between } })
    expect(said.traceHash).toBe((await simulate(quiet)).traceHash)
  })
})

describe('bandwidth', () => {
  const LONG = { work: '10ms', requestBytes: 1000, responseBytes: '2KB' } as const

  it('takes a message as long as it is: there and back, each direction of each edge alone', async () => {
    const loads = [load('user', { rate: 20 }), load('other', { rate: 20 })]
    const run = await tell({ api: LONG, network: { bandwidth: '100KB/s' }, loads })
    expect(latency(run, 'user')).toMatchObject({ mean: 10 + 2 + 10 + 20, max: 42 })
    expect(latency(run, 'other')).toMatchObject({ mean: 42, max: 42 })
  })

  it('one after the other, in the order they were sent', async () => {
    const calls = { steps: [[{ call: 'db' }, { call: 'db' }, { call: 'db' }]] }
    const topology = { db: service({ requestBytes: 1000 }) }
    const run = await tell({
      api: calls,
      topology,
      network: { bandwidth: 100_000 },
      loads: [load('user', { rate: 10 })],
    })
    expect(run.edges['api>db']?.latencyMs).toMatchObject({ mean: 2 + 20, max: 2 + 30 })
    expect(latency(run, 'user')?.max).toBe(34)
  })

  it('a step may say how long its messages are', async () => {
    const api = { steps: [{ call: 'db', requestBytes: '4KB' as const }] }
    const topology = { db: service({ requestBytes: 1000, responseBytes: 1000 }) }
    const run = await tell({ api, topology, network: { bandwidth: '100KB/s' }, loads: [load('user', { rate: 10 })] })
    expect(run.edges['api>db']?.latencyMs).toMatchObject({ mean: 2 + 40 + 10, max: 52 })
  })

  it('of an entry is shared by all that it speaks of', async () => {
    const story = {
      api: { requestBytes: 1000, zones: ['b'] },
      loads: [
        load('user', { zones: ['a'], rate: 10 }),
        load('other', { zones: ['a'], rate: 10 }),
        load('far', { rate: 10 }),
      ],
    }
    const run = await tell({ ...story, network: { between: { 'zone:a>zone:b': { bandwidth: '100KB/s' } } } })
    expect(latency(run, 'user')).toMatchObject({ mean: 12, max: 12 })
    expect(latency(run, 'other')).toMatchObject({ mean: 22, max: 22 })
    expect(latency(run, 'far')?.max).toBe(2)
  })

  it('that is too little makes a line without end', async () => {
    const run = await tell({ api: LONG, network: { bandwidth: '50KB/s' } })
    // 100 answers of 2 KB a second where 25 are to be had.
    const { completed = 0 } = run.services.api?.server ?? {}
    expect(run.services.api?.succeeded).toBe(249)
    expect(completed).toBeGreaterThan(490)
  })

  it('a real handler says it beside its code', async () => {
    const app: AppHandler = (_request, { work }) => work('5ms')
    const run = await tell({
      api: { app, responseBytes: 1000 },
      network: { bandwidth: '100KB/s' },
      loads: [load('user', { rate: 10 })],
    })
    expect(latency(run, 'user')).toMatchObject({ mean: 2 + 5 + 10, max: 17 })
  })

  it('errors are short', async () => {
    const run = await tell({
      api: { ...LONG, errorRate: 1 },
      network: { bandwidth: '100KB/s' },
      loads: [load('user', { rate: 10 })],
    })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ mean: 22, max: 22 })
  })

  it('as a fault narrows a way from its begin to its end, and what was wide before is not added', async () => {
    const faults = [at('2s').bandwidth('user>api', { to: '50KB/s', for: '2s' })]
    const loads = [load('user', { rate: 10, until: 1990 }), load('user2', { rate: 10 })]
    const during = load('during', { rate: 10, from: 2000, until: 3900 })
    const story = { api: { requestBytes: 1000 }, network: { bandwidth: '100KB/s' as const } }
    const run = await tell({ ...story, faults, loads: [...loads, load('late', { rate: 10, from: 4000 })] })
    expect(latency(run, 'user2')?.max).toBe(12)
    const named = await tell({
      ...story,
      faults: [at('2s').bandwidth('during>api', { to: '50KB/s', for: '2s' })],
      loads: [during],
    })
    expect(latency(named, 'during')).toMatchObject({ mean: 22, max: 22 })
    const wider = await tell({ ...story, faults: [at(0).bandwidth('during>api', { to: '1MB/s' })], loads: [during] })
    expect(latency(wider, 'during')).toMatchObject({ mean: 12, max: 12 })
  })

  it('as a fault of a service is one link for all that comes to it, and one for all that leaves it', async () => {
    const loads = [load('user', { rate: 10 }), load('other', { rate: 10 })]
    const run = await tell({
      api: { requestBytes: 1000, responseBytes: 1000 },
      faults: [at(0).bandwidth('api', { to: '100KB/s' })],
      loads,
    })
    // The second of two waits for the first one's request, not for its answer: it comes later.
    expect(latency(run, 'user')).toMatchObject({ mean: 22, max: 22 })
    expect(latency(run, 'other')).toMatchObject({ mean: 32, max: 32 })
  })
})

describe('duplicates', () => {
  it('are worked on twice, and the first answer counts', async () => {
    const run = await tell({ network: { duplicate: 1 } })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 900 })
    expect(run.edges['user>api']).toMatchObject({ calls: 900, attempts: 900 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 1800, completed: 1800, open: 0 })

    const slow = { work: exponential({ mean: '20ms' }) }
    const [once, twice] = [await tell({ api: slow }), await tell({ api: slow, network: { duplicate: 1 } })]
    // The shorter of two exponential times takes half as long.
    expect((latency(once, 'user')?.mean ?? 0) - 2).toBeGreaterThan(18)
    expect((latency(twice, 'user')?.mean ?? 0) - 2).toBeLessThan(11.5)
    expect((latency(twice, 'user')?.mean ?? 0) - 2).toBeGreaterThan(8.5)
  })

  it('by chance, for a time, on one edge', async () => {
    const faults = [at('1s').duplicate('user>api', { ratio: 0.25, for: '8s' })]
    const run = await tell({ faults, loads: [load('user'), load('other')] })
    const extra = (run.services.api?.server.arrivals ?? 0) - 1800
    expect(Math.abs(extra / 800 - 0.25)).toBeLessThan(3.5 * Math.sqrt((0.25 * 0.75) / 800))
  })

  it('one of the two may be lost: then the other counts', async () => {
    const run = await tell({ network: { duplicate: 1, between: { 'user>api': { loss: 0.3 } } } })
    const { ok = 0 } = outcomesOf(run, 'user>api')
    expect(Math.abs(ok / 900 - (1 - 0.09))).toBeLessThan(3.5 * Math.sqrt((0.09 * 0.91) / 900))
    expect(run.services.api?.inFlight).toBe(900 - ok)
  })

  it('the calls that are made for the copy are calls of their own', async () => {
    const topology = { db: service({ work: '1ms', errorRate: 0.5 }) }
    const run = await tell({ api: { calls: ['db'] }, topology, faults: [at(0).duplicate('user>api')] })
    expect(run.services.db).toMatchObject({ offered: 1800 })
    // Each with luck of its own: the first answer is that of either.
    const { ok = 0 } = outcomesOf(run, 'user>api')
    expect(Math.abs(ok / 900 - 0.5)).toBeLessThan(0.07)
  })

  it('both are called off when the caller gives up', async () => {
    const api: ServiceData = { work: '100ms', onCancel: 'abort' }
    const run = await tell({ api, network: { duplicate: 1 }, targets: { 'user>api': { timeout: '20ms' } } })
    expect(run.services.api?.server).toMatchObject({ arrivals: 1800, refused: 1800, completed: 0 })
  })
})

describe('partition', () => {
  const DURING = [
    load('before', { until: 1900 }),
    load('during', { from: 2000, until: 2900 }),
    load('after', { from: 3000 }),
  ]
  const HALF = { '*': { timeout: '500ms', ...TURNS } }

  it('of an edge loses what goes either way, and heals', async () => {
    const faults = ['before', 'during', 'after'].map((name) => at('2s').partition(`${name}>api`, { for: '1s' }))
    const run = await tell({ faults, loads: DURING, targets: HALF })
    expect(outcomesOf(run, 'before>api')).toEqual({ ok: 190 })
    expect(outcomesOf(run, 'during>api')).toEqual({ timeout: 90 })
    expect(outcomesOf(run, 'after>api')).toEqual({ ok: 600 })
    expect(run.services.api?.server.arrivals).toBe(790)
  })

  it.each([
    ['to', 'user>api', 800],
    ['from', 'user>api', 900],
    ['to', 'api', 800],
    ['from', 'api', 900],
    ['to', 'api>user', 900],
    ['from', 'api>user', 800],
  ] as const)('%s alone, of %s', async (direction, target, arrivals) => {
    const faults = [at('2s').partition(target, { direction, for: '1s' })]
    const run = await tell({ faults, targets: HALF })
    const { ok = 0, timeout = 0 } = outcomesOf(run, 'user>api')
    expect(timeout).toBe(100)
    expect(ok).toBe(900 - timeout)
    expect(run.services.api?.server.arrivals).toBe(arrivals)
  })

  it('of a zone leaves those inside together', async () => {
    const topology = { db: service({ replicas: 2, work: '1ms', zones: ['a', 'b'] }) }
    const story = { api: { replicas: 2, calls: ['db'], zones: ['a', 'b'] }, topology, targets: HALF }
    const faults = [at('1s').partition('zone:a')]
    const inside = await tell({ ...story, faults, loads: [load('inside', { zones: ['a'] })] })
    // Half of its calls of the last eight seconds go to b, and half of those it makes at home.
    expect(outcomesOf(inside, 'inside>api')).toEqual({ ok: 100 + 200, timeout: 400 + 200 })
    const outside = await tell({ ...story, faults, loads: [load('outside', { zones: ['b'], from: 1000 })] })
    expect(outside.services.api?.instances['api#1']?.arrivals).toBe(0)
    const ways = [at(0).partition('zone:a>zone:b'), at(0).partition('zone:a>*', { direction: 'to' })]
    const cut = await tell({ ...story, faults: ways, loads: [load('inside', { zones: ['a'] })] })
    expect(outcomesOf(cut, 'inside>api')).toEqual({ timeout: 900 })
    expect(cut.services.api?.server.arrivals).toBe(0)
  })

  const LEASES: Story = {
    api: { replicas: 2, work: '1ms' },
    loads: [
      load('user', { until: 59_000 }),
      load('late', { from: 22_000, until: 29_000 }),
      load('healed', { from: 50_000, until: 59_000 }),
    ],
    targets: HALF,
    rest: { duration: '60s' },
  }

  it.each(['to', 'from', 'both'] as const)(
    '%s of an instance: its lease runs out, and it comes back by itself',
    async (direction) => {
      const faults = [at('2s').partition('api#2', { direction, for: '28s' })]
      const run = await tell({ ...LEASES, faults })
      const [expiredMs = 0, ...more] = eventsOf(run, 'instanceExpired')
      expect(more).toEqual([])
      expect(expiredMs).toBeGreaterThan(2000 + 9000)
      expect(expiredMs).toBeLessThanOrEqual(2000 + 15_000)
      expect(outcomesOf(run, 'late>api')).toEqual({ ok: 700 })
      expect(outcomesOf(run, 'healed>api')).toEqual({ ok: 900 })
      expect(run.services.api?.instances['api#2']?.arrivals).toBeGreaterThan(450 * 2)
    },
  )

  it('with the registry within reach its lease does not run out, and calls go on failing', async () => {
    const faults = [at('2s').partition('api#2', { registry: false, for: '28s' })]
    const run = await tell({ ...LEASES, faults })
    expect(eventsOf(run, 'instanceExpired')).toEqual([])
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 350, timeout: 350 })
  })

  it('callers that are cut off go on with what they knew, and hear of what has changed when it has healed', async () => {
    const loads = [load('user', { zones: ['c'], until: 59_000, rate: 20 })]
    const faults = [at('2s').crash('api#2'), at('1s').partition('zone:c', { for: '39s', direction: 'from' })]
    const story: Story = {
      api: { replicas: 2, work: '1ms' },
      loads,
      faults,
      targets: HALF,
      rest: { duration: '60s' } as const,
    }
    const run = await tell(story)
    expect(run.events$.filter(({ type }) => type === 'resolverFailed')).toMatchObject([{ atMs: 1000, service: 'api' }])
    expect(eventsOf(run, 'resolverRecovered')).toHaveLength(1)
    const { ok = 0, timeout = 0, unreachable = 0 } = outcomesOf(run, 'user>api')
    expect(timeout).toBe(39 * 20)
    // Of the last 20 s, the first 8 are those in which who is missing may still come back.
    expect(unreachable).toBe(8 * 10)
    expect(ok).toBe(20 * 20 - 8 * 10)
    // Told again while it was cut off, it would have heard of it at about 15 s.
    expect(run.events$.find(({ type }) => type === 'resolverRecovered')?.atMs).toBe(40_000)
  })

  it('a process that dies and comes back while it is cut off becomes known when it has healed', async () => {
    const faults = [at('2s').partition('api#2', { for: '28s' }), at('5s').crash('api#2', { restartAfter: '15s' })]
    const run = await tell({ ...LEASES, faults })
    expect(eventsOf(run, 'instanceExpired')).toHaveLength(1)
    expect(outcomesOf(run, 'late>api')).toEqual({ ok: 700 })
    expect(outcomesOf(run, 'healed>api')).toEqual({ ok: 900 })
    expect(run.services.api?.instances['api#2']?.arrivals).toBeGreaterThan(450)
  })
})

describe('reset', () => {
  it('of requests: they never arrive, and the caller hears of it one way-delay later', async () => {
    const network: Network = { between: { 'user>api': { latency: '3ms' }, 'api>user': { latency: '8ms' } } }
    const run = await tell({ network, faults: [at('2s').reset('user>api', { for: '1s' })] })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 800, error: 100 })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ mean: 8, max: 8 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 800, completed: 800 })
  })

  it('of answers: the work was done', async () => {
    const run = await tell({ faults: [at('2s').reset('api>user', { for: '1s' })] })
    expect(outcomesOf(run, 'user>api')).toEqual({ ok: 800, error: 100 })
    expect(run.services.api?.server).toMatchObject({ arrivals: 900, completed: 900 })
    expect(run.services.api?.failedLatencyMs).toMatchObject({ max: 12 })
  })

  it('strikes a share of the attempts, not of the messages; a retry meets a new coin', async () => {
    const faults = [at(0).reset('api', { ratio: 0.2 })]
    const run = await tell({ api: { work: '1ms' }, faults, loads: [load('user', { rate: 1000 })] })
    const off = 3.5 * Math.sqrt(0.16 / 9000)
    expect(Math.abs((outcomesOf(run, 'user>api').error ?? 0) / 9000 - 0.2)).toBeLessThan(off)
    const retried = await tell({
      api: { work: '1ms' },
      faults,
      loads: [load('user', { rate: 1000 })],
      targets: { 'user>api': { retry: { maxAttempts: 2, budget: false } } },
    })
    expect(Math.abs((outcomesOf(retried, 'user>api').error ?? 0) / 9000 - 0.04)).toBeLessThan(off)
  })
})

describe('slow and hold reach ways between zones', () => {
  it('slow', async () => {
    const api: ServiceData = { replicas: 2, work: '10ms', zones: ['a', 'b'] }
    const faults = [at(0).slow('zone:a>zone:b', { add: '30ms' })]
    const run = await tell({ api, faults, loads: [load('user', { zones: ['a'] })] })
    expect(latency(run, 'user')).toMatchObject({ mean: 12 + 15, max: 42 })
  })

  it('hold, two at once on different ways: what both keep goes when the second lets go', async () => {
    const api: ServiceData = { work: '10ms', zones: ['b'] }
    const faults: readonly FaultData[] = [
      { at: 1000, hold: { target: 'zone:a>*', for: 500 } },
      { at: 1200, hold: { target: 'user>api', for: 800 } },
    ]
    const run = await tell({ api, faults, loads: [load('user', { zones: ['a'] }), load('other', { zones: ['a'] })] })
    expect(latency(run, 'other')?.max).toBe(500 + 10 + 1)
    expect(latency(run, 'user')?.max).toBe(1000 + 10 + 1)
    expect(run.services.api?.succeeded).toBe(1800)
  })
})

describe('health checks', () => {
  it.each([
    ['lost', at('2s').partition('api#1', { registry: false })],
    ['reset', at('2s').reset('api#1')],
  ])('that are %s find an instance unhealthy', async (_, fault) => {
    const targets = {
      'user>api': { timeout: '200ms', health: { http: '/readyz', interval: '500ms', timeout: '100ms' } },
    }
    const loads = [load('user', { rate: 20 }), load('late', { from: 6000 })]
    const run = await tell({
      api: { replicas: 3, work: '1ms' },
      faults: [fault],
      loads,
      targets: { ...targets, 'late>api': targets['user>api'] },
    })
    expect(eventsOf(run, 'endpointFailedChecks').length).toBeGreaterThan(0)
    expect(outcomesOf(run, 'late>api').ok).toBeGreaterThan(280)
  })
})

describe('one seed, one story, also where messages are lost', () => {
  const network: Network = { loss: { ratio: 0.02, burst: 4 }, duplicate: 0.05, bandwidth: '1MB/s' }
  const TIMED = {
    version: 1,
    targets: { '*': { timeout: '400ms', retry: { maxAttempts: 2, attemptTimeout: '150ms' } } },
  }
  const lossy: ScenarioData = {
    ...SHOP,
    network: { ...SHOP.network, ...network },
    policies: TIMED,
    faults: [
      ...(SHOP.faults ?? []),
      at('3s').loss('gateway', { ratio: 0.1, for: '2s' }),
      at('6s').reset('orders>db', { ratio: 0.1, for: '1s' }),
    ],
  }
  const once = simulate(lossy)

  it('the same again', async () => {
    const again = await simulate(lossy)
    expect(again.traceHash).toBe((await once).traceHash)
    expect(again.edges).toEqual((await once).edges)
    expect((await simulate({ ...lossy, seed: 2 })).traceHash).not.toBe(again.traceHash)
    expect((await once).edges['orders>db']?.attemptOutcomes.timeout).toBeGreaterThan(5)
  })

  it('an island with traffic of its own leaves the mainland as it was (S2)', async () => {
    const topology = {
      ...SHOP.topology,
      island: service({ replicas: 2, work: '2ms', calls: ['lagoon'] }),
      lagoon: service({ work: '1ms' }),
    }
    const workload = [poisson({ to: 'island', rate: 50, name: 'castaway' }), ...(SHOP.workload ?? [])]
    const after = await simulate({ ...lossy, topology, workload } as ScenarioData)
    expect(after.services).toMatchObject((await once).services)
    expect(after.edges).toMatchObject((await once).edges)
    expect(after.edges['island>lagoon']?.attemptOutcomes.timeout).toBeGreaterThan(0)
  })

  it.each<[string, FaultData]>([
    ['a loss with the chance 0', at('1s').loss('orders>db', { ratio: 0 })],
    ['duplicates with the chance 0', at('1s').duplicate('orders>db', { ratio: 0 })],
    ['resets with the chance 0', at('1s').reset('orders>db', { ratio: 0 })],
    ['a partition that is over at once', at('1s').partition('orders>db', { for: 0 })],
  ])('%s leaves no trace (S3)', async (_, fault) => {
    const after = await simulate({ ...lossy, faults: [fault, ...(lossy.faults ?? [])] })
    expect(after.traceHash).toBe((await once).traceHash)
  })

  it('a longer run begins as the shorter one (S4)', async () => {
    const shorter = await simulate({ ...lossy, duration: '8s' })
    expect((await once).traceHashes.slice(0, 8)).toEqual(shorter.traceHashes)
  })

  it('two policies meet the same luck: what one attempt lost, the first of two loses (S7)', {
    timeout: 20_000,
  }, async () => {
    const got = async (
      targets: Readonly<Record<string, object>>,
      loss: Network['loss'],
    ): Promise<Map<unknown, number>> => {
      const first = new Map<unknown, number>()
      const api: AppHandler = async ({ body }, { clock, work }) => {
        if (!first.has(body)) first.set(body, clock.now())
        await work('1ms')
      }
      let sent = 0
      const sender: AppHandler = async (_request, { client }) => {
        sent += 1
        await client('api').call({ body: sent })
      }
      const topology = { sender: service({ app: sender, onThrow: 'fail' }) }
      const between = { 'sender>api': loss === undefined ? {} : { loss } }
      await tell({
        api: { app: api },
        topology,
        network: { between },
        loads: [load('user', { to: 'sender', rate: 500 })],
        targets,
      })
      return first
    }
    const one = { 'sender>api': { timeout: '20ms' } }
    const two = {
      'sender>api': {
        retry: { maxAttempts: 2, attemptTimeout: '20ms', budget: false, backoff: { initial: 0, max: 0 } },
      },
    }
    for (const [loss, share] of [
      [0.2, 0],
      [{ ratio: 0.2, burst: 4 }, 0.02],
    ] as const) {
      const [bare, retried] = [await got(one, loss), await got(two, loss)]
      expect(4500 - bare.size).toBeGreaterThan(700)
      expect(retried.size).toBeGreaterThan(bare.size + 300)
      // What arrived at the first attempt did so at the same instant; in bursts, a few that lay beside a retry did not.
      const moved = [...bare].filter(([body, atMs]) => retried.get(body) !== atMs).length
      expect(moved).toBeLessThanOrEqual(bare.size * share)
    }
  })
})

describe('in data form', () => {
  it('all of it reads as it is written', async () => {
    const text = `
duration: 6s
network:
  latency: 1ms
  loss: { ratio: 1%, burst: 3 }
  duplicate: 1%
  bandwidth: 10MB/s
  between:
    zone:a>zone:b: { latency: { exponential: { mean: 3ms } }, loss: 5%, bandwidth: 1MiB/s }
    zone:b>*: { duplicate: 0 }
    web>api: { latency: 2ms }
topology:
  web: { zones: [a], calls: [api], responseBytes: 2KB }
  api: { replicas: 2, zones: [a, b], methods: { GET /x: { work: 1ms, responseBytes: 10KB } }, steps: [{ call: db, requestBytes: 512 }] }
  db: { zones: [b], work: 1ms }
policies: { version: 1, targets: { '*': { timeout: 100ms } } }
workload: [{ poisson: { to: web, rate: 50, zones: [a] } }]
faults:
  - { at: 1s, partition: { target: 'web>api', for: 100ms } }
  - { at: 1s, partition: { target: 'api#2', direction: from, registry: false, for: 100ms } }
  - { at: 2s, loss: { target: 'zone:a>zone:b', ratio: 50%, burst: 5, for: 100ms } }
  - { at: 3s, duplicate: { target: db, ratio: 0.5, for: 100ms } }
  - { at: 4s, bandwidth: { target: zone:b, to: 100KB/s, for: 100ms } }
  - { at: 5s, reset: { target: 'client>web', ratio: 0.5, for: 100ms } }
  - { at: 5s, slow: { target: 'zone:a>*', add: 5ms, for: 100ms } }
  - { at: 5s, hold: { target: '*>zone:a', for: 50ms } }
`
    const run = await simulate(parseData(text, 'x.yaml').value as ScenarioData)
    const begun = run.events$.filter(({ type }) => type === 'faultBegan').map(({ fault }) => fault)
    expect(begun).toEqual([
      'partition web>api',
      'partition api#2, from',
      'loss zone:a>zone:b 50% in bursts of 5',
      'duplicate db 50%',
      'bandwidth zone:b to 100KB/s',
      'reset client>web 50%',
      'slow zone:a>* +5ms',
      'hold *>zone:a',
    ])
    expect(run.workload.web?.offered).toBeGreaterThan(250)
  })
})
