import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { Sfc32 } from '../random/sfc32.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Balancer, Load, Picker } from './balancer.ts'
import { createBalancer } from './balancer-factory.ts'
import { LeastRequest } from './least-request.ts'
import { createLoad } from './load.ts'
import { RoundRobin } from './round-robin.ts'

// The algorithms under load, against results of queueing theory and of other people's measurements. The ids are those
// of docs/validation: L4 (the order of the algorithms), L6 (many clients), L7 (Linkerd's "Beyond Round Robin"), L9 (a mixed fleet).

interface Server {
  readonly weight?: number
  /** Requests it works on at a time. Default: any number. */
  readonly workers?: number
  workMs(nowMs: number): number
  readonly failRatio?: number
}
interface Row {
  readonly id: string
  readonly server: number
  eligible: boolean
  weight: number
  readonly load: Load
}
interface Run {
  readonly servers: readonly Server[]
  readonly balancer: (client: number) => Balancer
  readonly clients?: number
  readonly perSecond: number
  readonly untilMs: number
  readonly warmupMs?: number
}

/** Poisson arrivals, each to a client drawn at random, which picks one of the servers with their lines. */
function run({ servers, balancer, clients = 1, perSecond, untilMs, warmupMs = 0 }: Run) {
  const clock = new ManualClock()
  const random = new Sfc32(3, clients)
  const fleet = servers.map((server) => ({ ...server, busy: 0, line: [] as (() => void)[], taken: 0 }))
  const callers = Array.from({ length: clients }, (_, client): { balancer: Balancer; picker: Picker<Row> } => {
    const own = balancer(client)
    const rows = servers.map(({ weight = 1 }, server) => ({
      id: `s${server}`,
      server,
      eligible: true,
      weight,
      load: createLoad(),
    }))
    return { balancer: own, picker: own.picker(rows) }
  })
  const latencies: number[] = []
  let key = 0
  const arrive = () => {
    const sentMs = clock.now()
    const caller = callers[Math.floor(random.next() * clients)] as (typeof callers)[number]
    const row = caller.picker.pick({ nowMs: sentMs, key: key++, avoid: undefined }) as Row
    const server = fleet[row.server] as (typeof fleet)[number]
    const isCounted = sentMs >= warmupMs
    caller.balancer.onSend(row.load, sentMs)
    if (isCounted) server.taken++
    const end = () => {
      const nowMs = clock.now()
      const isFailure = random.next() < (server.failRatio ?? 0)
      server.busy--
      caller.balancer.onAnswer(row.load, nowMs - sentMs, nowMs)
      caller.balancer.onEnd(row.load, isFailure, undefined, nowMs)
      if (isCounted) latencies.push(nowMs - sentMs)
      server.line.shift()?.()
    }
    const begin = () => {
      server.busy++
      clock.schedule(clock.now() + server.workMs(clock.now()), { onTimer: end })
    }
    if (server.busy < (server.workers ?? Number.POSITIVE_INFINITY)) begin()
    else server.line.push(begin)
    clock.schedule(sentMs - Math.log(1 - random.next()) * (1000 / perSecond), { onTimer: arrive })
  }
  clock.schedule(0, { onTimer: arrive })
  clock.advance(untilMs)
  const total = fleet.reduce((sum, server) => sum + server.taken, 0)
  return {
    meanMs: latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length,
    within: (ms: number) => latencies.filter((latency) => latency <= ms).length / latencies.length,
    shares: fleet.map((server) => server.taken / total),
  }
}

const draws = new Sfc32(11, 12)
const exponential = (meanMs: number) => () => -Math.log(1 - draws.next()) * meanMs
const many = (count: number, server: Server): Server[] => Array.from({ length: count }, () => server)
const of = (algorithm: string) => (client: number) => createBalancer(algorithm, new SeededRandom(5, `c${client}`), 's')
const leastOf = (choices: number | 'all') => (client: number) =>
  new LeastRequest(new SeededRandom(5, `c${client}`), { choices, bias: 1 })

describe('10 servers, 90 % busy, one client (L4)', () => {
  it('random waits longest, then round robin, two choices, three, and the least of all', () => {
    const mean = (balancer: (client: number) => Balancer) =>
      run({
        servers: many(10, { workers: 1, workMs: exponential(10) }),
        balancer,
        perSecond: 900,
        untilMs: 100_000,
        warmupMs: 5_000,
      }).meanMs / 10
    const means = [of('random'), of('round-robin'), leastOf(2), leastOf(3), leastOf('all')].map(mean)
    expect(means).toEqual([...means].sort((a, b) => b - a))
    // M/M/1: 1/(1 − ρ); E10/M/1: 5.66; join the shortest of ten: 1.911.
    expect(Math.abs(means[0]! / 10 - 1)).toBeLessThan(0.15)
    expect(means[1]! / 5.66).toBeCloseTo(1, 0.9)
    expect(means[4]! / 1.911).toBeCloseTo(1, 1.1)
  })
})

describe('many clients (L6: 50 servers, 90 % busy)', () => {
  const load = {
    servers: many(50, { workers: 1, workMs: exponential(10) }),
    perSecond: 4500,
    untilMs: 40_000,
    warmupMs: 4_000,
  }

  it('p2c waits as theory says, alone and among others', () => {
    expect(run({ ...load, balancer: of('p2c') }).meanMs / 10 / 2.67).toBeCloseTo(1, 1.2)
    expect(run({ ...load, balancer: of('p2c'), clients: 10 }).meanMs / 10 / 4.23).toBeCloseTo(1, 1.2)
  })

  it.each([
    [1, 1.17],
    [10, 3.62],
    [100, 6.99],
  ])('least request of all with %d clients waits %d', (clients, expected) => {
    const { meanMs } = run({ ...load, balancer: leastOf('all'), clients })
    expect(Math.abs(meanMs / 10 / expected - 1)).toBeLessThan(0.06)
  })

  it('least request of two is p2c', () => {
    expect(run({ ...load, balancer: of('least-request') }).meanMs / 10 / 2.67).toBeCloseTo(1, 1.2)
  })

  it('round robin does not lock in phase', () => {
    const drawn = run({ ...load, balancer: of('round-robin'), clients: 1000 }).meanMs
    const inStep = run({ ...load, balancer: () => new RoundRobin({ next: () => 0 }), clients: 1000 }).meanMs
    // In step, 1,000 clients give one server after the other its calls: waiting grows to many times the random one.
    expect(drawn).toBeLessThan(150)
    expect(inStep).toBeGreaterThan(3 * drawn)
  })
})

describe('a mixed fleet (L9: 10 servers, and 10 of half the speed)', () => {
  it.each([
    ['p2c', 3.24],
    ['p2c-ewma', 2.93],
  ])('%s finds who is fast', (algorithm, expected) => {
    const servers = [
      ...many(10, { workers: 1, workMs: exponential(10) }),
      ...many(10, { workers: 1, workMs: exponential(20) }),
    ]
    const { meanMs } = run({ servers, balancer: of(algorithm), perSecond: 1200, untilMs: 150_000, warmupMs: 5_000 })
    expect(meanMs / 10 / expected).toBeCloseTo(1, 1.1)
  })

  it('random by speed waits 6.67, as two kinds of M/M/1 do; random by nothing never stops growing', () => {
    const of20 = (fast: number): Server[] => [
      ...many(10, { weight: fast, workers: 1, workMs: exponential(10) }),
      ...many(10, { workers: 1, workMs: exponential(20) }),
    ]
    const mean = (servers: Server[], untilMs: number) =>
      run({ servers, balancer: of('random'), perSecond: 1200, untilMs, warmupMs: 5_000 }).meanMs / 10
    expect(mean(of20(2), 200_000) / 6.67).toBeCloseTo(1, 1.1)
    expect(mean(of20(1), 40_000)).toBeGreaterThan(40)
  })
})

describe('one slow endpoint of eleven (L7)', () => {
  const servers: Server[] = Array.from({ length: 11 }, (_, i) => ({
    workMs: (nowMs) => (i === 0 && nowMs >= 15_000 && nowMs < 45_000 ? 2000 : 155 + 24 * draws.next()),
  }))
  it.each([
    ['round-robin', 0.952, 0.957],
    ['p2c', 0.994, 0.997],
    ['p2c-ewma', 0.9985, 1],
  ])('%s keeps what was measured', (algorithm, least, most) => {
    const ratio = run({ servers, balancer: of(algorithm), perSecond: 1000, untilMs: 60_000 }).within(1000)
    expect(ratio).toBeGreaterThan(least)
    expect(ratio).toBeLessThan(most)
  })
})

describe('failures at once (3e.39)', () => {
  it.each([100, 1000, 5000])('leaves almost nothing of %d calls a second to a host that fails at once', (perSecond) => {
    const servers = [{ workMs: () => 1, failRatio: 1 }, ...many(9, { workMs: exponential(50) })]
    const { shares } = run({ servers, balancer: of('p2c-ewma'), perSecond, untilMs: 60_000, warmupMs: 5_000 })
    expect(shares[0]).toBeLessThan(0.005)
  })

  it.each(['least-request', 'p2c', 'p2c-ewma'])(
    '%s leaves it nothing either when its answers say so at once',
    (algorithm) => {
      const servers = [{ workMs: () => 0, failRatio: 1 }, ...many(9, { workMs: exponential(50) })]
      const { shares } = run({ servers, balancer: of(algorithm), perSecond: 1000, untilMs: 60_000, warmupMs: 5_000 })
      expect(shares[0]).toBeLessThan(0.005)
    },
  )

  it.each([0.01, 0.1])('shares evenly among hosts that all fail in %d of the calls', (failRatio) => {
    const servers = many(10, { workMs: exponential(50), failRatio })
    const { shares } = run({ servers, balancer: of('p2c-ewma'), perSecond: 500, untilMs: 120_000 })
    for (const share of shares) expect(Math.abs(share - 0.1)).toBeLessThan(0.015)
  })
})

describe('weights 1:3', () => {
  it.each([
    ['random', 100, 0.02],
    ['weighted-round-robin', 100, 0.001],
    ['least-request', 2, 0.02],
    ['least-request', 500, 0.02],
    ['p2c', 2, 0.02],
    ['p2c', 20, 0.03],
    ['p2c', 500, 0.02],
    ['p2c-ewma', 100, 0.06],
    ['p2c-ewma', 500, 0.06],
  ])('%s gives 25/75 at %d a second', (algorithm, perSecond, tolerance) => {
    const servers = [1, 3].map((weight): Server => ({ weight, workMs: exponential(100) }))
    const { shares } = run({ servers, balancer: of(algorithm), perSecond, untilMs: 15_000_000 / perSecond })
    expect(Math.abs((shares[0] as number) - 0.25)).toBeLessThan(tolerance)
  })
})
