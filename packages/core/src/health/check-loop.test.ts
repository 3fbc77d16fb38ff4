import { beforeEach, describe, expect, test } from 'vitest'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { Sfc32 } from '../random/sfc32.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { after } from '../time/clock.ts'
import type { ProbeSink } from '../transport/endpoint-probe.ts'
import { type CheckedHost, CheckLoop } from './check-loop.ts'
import { createCheckSlot } from './check-state.ts'
import type { HealthChecker } from './health-checker.ts'
import { type HealthOptions, resolveHealthOptions } from './health-options.ts'

class Row implements CheckedHost {
  readonly id: string
  readonly endpoint: Endpoint
  readonly check = createCheckSlot()
  refreshed = 0
  constructor(id: string) {
    this.id = id
    this.endpoint = { id, service: 'orders', address: { host: 'h', port: 1 }, protocol: 'http', weight: 1 }
  }
  refresh(): void {
    this.refreshed++
  }
}

let clock: ManualClock
let told: GovernanceEvent[]
let asked: [atMs: number, id: string][]
let dead: Set<string>
let calledOff: number

beforeEach(() => {
  clock = new ManualClock()
  told = []
  asked = []
  dead = new Set()
  calledOff = 0
})

/** Answers after 10 ms, and never to a question about one who is dead. */
const checker: HealthChecker = {
  check: (endpoint, _probe, timeoutMs, tell) => {
    asked.push([clock.now(), endpoint.id])
    const isDead = dead.has(endpoint.id)
    const timer = after(clock, isDead ? timeoutMs : 10, () =>
      tell({ isHealthy: !isDead, reason: isDead ? 'no answer' : 'answered 200' }),
    )
    return {
      [Symbol.dispose]: () => {
        calledOff++
        timer.cancel()
      },
    }
  },
}

function loopOf(rows: readonly Row[], options: Partial<HealthOptions> = {}, by = checker, seed = 3): CheckLoop {
  const parts = { clock, random: new SeededRandom(seed), checker: by, service: 'orders' }
  const events = { emit: (event: GovernanceEvent) => void told.push(event) }
  const loop = new CheckLoop(resolveHealthOptions({ tcp: true, jitter: 0, ...options }), { ...parts, events })
  loop.setHosts(rows)
  return loop
}

describe('a check loop', () => {
  test('asks each endpoint, by one timer, from start to start', () => {
    const rows = [new Row('a'), new Row('b')]
    loopOf(rows)
    expect(clock.pending).toBe(1)
    clock.advance(25_000)
    expect(asked.map(([atMs]) => atMs)).toEqual([0, 0, 10_000, 10_000, 20_000, 20_000])
    expect(rows.map(({ check, refreshed }) => [check.verdict, refreshed])).toEqual([
      ['healthy', 1],
      ['healthy', 1],
    ])
    expect(told).toEqual([])
  })

  test('tells of an endpoint that falls and rises, with the numbers', () => {
    const row = new Row('a')
    loopOf([row])
    clock.advance(5_000)
    dead.add('a')
    clock.advance(16_000)
    expect(row.check.verdict).toBe('unhealthy')
    dead.clear()
    clock.advance(40_000)
    expect(row.check.verdict).toBe('healthy')
    expect(told).toEqual([
      {
        type: 'endpointFailedChecks',
        service: 'orders',
        endpoint: 'a',
        atMs: 21_000,
        why: '2 checks failed in a row: no answer',
      },
      {
        type: 'endpointRecovered',
        service: 'orders',
        endpoint: 'a',
        atMs: 50_010,
        why: '3 checks passed in a row: answered 200',
      },
    ])
  })

  test('asks sooner at the edges', () => {
    loopOf([new Row('a')], { unhealthyEdgeInterval: '2s', healthyEdgeInterval: '1s' })
    clock.advance(5_000)
    dead.add('a')
    clock.advance(20_000)
    dead.clear()
    clock.advance(15_000)
    const quiet = [1_000, 11_000]
    const falling = [13_000, 15_000]
    const unhealthy = [25_000, 35_000]
    const rising = [36_000, 37_000, 38_000]
    expect(asked.map(([atMs]) => atMs)).toEqual([0, ...quiet, ...falling, ...unhealthy, ...rising])
  })

  test('never asks an endpoint twice at once, however long an answer takes', () => {
    dead.add('a')
    loopOf([new Row('a')], { interval: '100ms', timeout: '1s' })
    clock.advance(3_500)
    expect(asked.map(([atMs]) => atMs)).toEqual([0, 1_000, 2_000, 3_000])
  })

  test('does not ask who has left, calls off what is under way, and asks at once when it comes back', () => {
    const row = new Row('a')
    const loop = loopOf([row])
    dead.add('a')
    clock.advance(10_500)
    expect(asked.length).toBe(2)
    loop.setHosts([])
    expect(calledOff).toBe(1)
    clock.advance(100_000)
    expect([asked.length, clock.pending]).toEqual([2, 0])
    loop.setHosts([row])
    clock.advance(0)
    expect(asked.length).toBe(3)
    loop.close()
    clock.advance(100_000)
    expect([asked.length, calledOff, clock.pending]).toEqual([3, 2, 0])
  })

  test('a checker that cannot ask, or throws, says nothing about the endpoint and is asked again', () => {
    const row = new Row('a')
    let asks = 0
    loopOf(
      [row],
      {},
      {
        check: (_endpoint, _probe, _timeoutMs, tell) => {
          asks++
          if (asks % 2 === 0) throw new Error('no such probe')
          tell({ isHealthy: undefined, reason: 'nobody makes tcp checks' })
          return { [Symbol.dispose]: () => {} }
        },
      },
    )
    clock.advance(35_000)
    expect([asks, row.check.verdict, row.check.reason]).toEqual([
      4,
      'unknown',
      'could not be asked: Error: no such probe',
    ])
  })

  test('a thousand that start together do not ask together', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => new Row(`r${i}`))
    loopOf(rows, { jitter: 0.2 })
    clock.advance(2_000)
    expect(asked.length).toBe(1_000)
    expect(new Set(asked.map(([atMs]) => Math.floor(atMs / 100))).size).toBe(20)
  })
})

/** Oracle G2: interval i, k failures, timeout t: found after (k − 1) i + i / 2 + t on the average. */
test.each([
  [10_000, 2, 1_000],
  [5_000, 3, 500],
])('G2: interval %d ms, fall %d, timeout %d ms', (intervalMs, fall, timeoutMs) => {
  const random = new Sfc32(intervalMs, fall)
  const runs = 1_500
  let sumMs = 0
  for (let run = 0; run < runs; run++) {
    clock = new ManualClock()
    told = []
    dead = new Set()
    loopOf([new Row('a')], { interval: intervalMs, fall, timeout: timeoutMs, jitter: 0.2 }, checker, run)
    const diesAtMs = 20_000 + random.next() * 10 * intervalMs
    clock.advance(diesAtMs)
    dead.add('a')
    clock.advance(20 * intervalMs)
    sumMs += (told[0]?.atMs ?? Number.NaN) - diesAtMs
  }
  const theory = (fall - 1) * intervalMs + intervalMs / 2 + timeoutMs
  expect(Math.abs(sumMs / runs / theory - 1)).toBeLessThan(0.03)
})

describe('an endpoint that can be listened to', () => {
  /** Is asked as any other; what it says of itself is said by hand. */
  class Told {
    sinks: ProbeSink[] = []
    disposed = 0
    isHealthy = true
    readonly checker: HealthChecker = {
      check: (endpoint, probe, timeoutMs, tell) =>
        this.isHealthy ? checker.check(endpoint, probe, timeoutMs, tell) : tellLater(tell),
      watch: (_endpoint, _probe, sink) => {
        this.sinks.push(sink)
        return { [Symbol.dispose]: () => void this.disposed++ }
      },
    }
    say(isHealthy: boolean): void {
      this.sinks.at(-1)?.onResult({ isHealthy, reason: isHealthy ? 'said SERVING' : 'said NOT_SERVING' })
    }
  }
  const tellLater = (tell: (result: { isHealthy: boolean; reason: string }) => void): Disposable => {
    after(clock, 10, () => tell({ isHealthy: false, reason: 'answered NOT_SERVING' }))
    return { [Symbol.dispose]: () => {} }
  }

  test('is believed at once, long before it is asked again, and in both directions', () => {
    const endpoint = new Told()
    const row = new Row('a')
    loopOf([row], {}, endpoint.checker)
    clock.advance(2_100)
    expect([row.check.verdict, endpoint.sinks.length]).toEqual(['healthy', 1])
    endpoint.say(false)
    expect([row.check.verdict, row.check.reason]).toEqual(['unhealthy', 'said NOT_SERVING'])
    clock.advance(50)
    endpoint.say(true)
    expect(row.check.verdict).toBe('healthy')
    expect(told.map(({ type }) => type)).toEqual(['endpointFailedChecks', 'endpointRecovered'])
    expect(told[0]).toMatchObject({ why: 'it says so: said NOT_SERVING' })
  })

  test('outdates what it was asked before', () => {
    const endpoint = new Told()
    const row = new Row('a')
    loopOf([row], { rise: 1 }, endpoint.checker)
    clock.advance(2_100)
    while (row.check.underWay === undefined) clock.advance(5)
    endpoint.say(false)
    clock.advance(100)
    expect([row.check.verdict, calledOff]).toEqual(['unhealthy', 1])
  })

  test('is asked at once when it falls silent, but once an interval at most, and listened to again when it is well', () => {
    const endpoint = new Told()
    const row = new Row('a')
    loopOf([row], {}, endpoint.checker)
    clock.advance(2_100)
    const first = asked.length
    // A server that ends every watch at once is not asked the more for it.
    endpoint.sinks.at(-1)?.onEnd(true)
    clock.advance(5_000)
    expect(asked.length).toBe(first)
    clock.advance(10_000)
    expect(endpoint.sinks.length).toBe(2)
    clock.advance(15_000)
    endpoint.say(true)
    const before = asked.length
    endpoint.sinks.at(-1)?.onEnd(true)
    clock.advance(20)
    expect([asked.length, endpoint.sinks.length]).toEqual([before + 1, 3])
  })

  test('that cannot be listened to is only asked from then on', () => {
    const endpoint = new Told()
    loopOf([new Row('a')], {}, endpoint.checker)
    clock.advance(2_100)
    endpoint.sinks[0]?.onEnd(false)
    clock.advance(100_000)
    expect([endpoint.sinks.length, asked.length > 8]).toEqual([1, true])
  })

  test('is left alone when it leaves the list, or the loop is closed', () => {
    const endpoint = new Told()
    const [a, b] = [new Row('a'), new Row('b')]
    const loop = loopOf([a, b], {}, endpoint.checker)
    clock.advance(2_100)
    loop.setHosts([b])
    expect([endpoint.disposed, a.check.watch]).toEqual([1, undefined])
    endpoint.sinks[0]?.onResult({ isHealthy: false, reason: 'late' })
    endpoint.sinks[1]?.onResult({ isHealthy: false, reason: 'late' })
    loop.close()
    expect(endpoint.disposed).toBe(2)
    expect([a, b].filter(({ check }) => check.verdict === 'unhealthy').length).toBe(1)
  })

  test('is asked as well: what it says no more is found out', () => {
    const endpoint = new Told()
    const row = new Row('a')
    loopOf([row], {}, endpoint.checker)
    clock.advance(2_100)
    endpoint.isHealthy = false
    clock.advance(25_000)
    expect([row.check.verdict, row.check.reason]).toEqual(['unhealthy', 'answered NOT_SERVING'])
  })
})
