import { beforeEach, describe, expect, test } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { OutlierDetector, type OutlierHost } from './outlier.ts'
import { createOutlierSlot, type OutlierSlot } from './outlier-detector.ts'
import type { ResolvedOutlierOptions } from './outlier-options.ts'

const OPTIONS: ResolvedOutlierOptions = {
  consecutiveFailures: 5,
  enforceConsecutive: 1,
  successRate: undefined,
  failurePercentage: undefined,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjected: 0.5,
  minHealthy: 1,
}

class Row implements OutlierHost {
  readonly id: string
  readonly outlier: OutlierSlot = createOutlierSlot()
  eligible = true

  constructor(id: string) {
    this.id = id
  }

  refresh(): void {
    this.eligible = !this.outlier.isEjected
  }
}

let clock: ManualClock
let told: GovernanceEvent[]
let rows: Row[]

beforeEach(() => {
  clock = new ManualClock()
  told = []
  rows = ['a', 'b', 'c', 'd', 'e'].map((id) => new Row(id))
})

function detectorOf(hosts: number, options: Partial<ResolvedOutlierOptions> = {}): OutlierDetector {
  const events = { emit: (event: GovernanceEvent) => void told.push(event) }
  const random = new SeededRandom(11)
  const detector = new OutlierDetector({ ...OPTIONS, ...options }, { clock, random, events, service: 'orders' })
  detector.setHosts(rows.slice(0, hosts))
  return detector
}

function row(index: number): Row {
  return rows[index] as Row
}

function fail(detector: OutlierDetector, index: number, times = 5): void {
  for (let i = 0; i < times; i++) detector.onResult(row(index), 'failure', clock.now())
}

function eligible(): string {
  return rows
    .filter((one) => one.eligible)
    .map((one) => one.id)
    .join('')
}

describe('ejecting', () => {
  test('after so many failures in a row, with the numbers behind it', () => {
    const detector = detectorOf(5)
    fail(detector, 1, 4)
    expect(eligible()).toBe('abcde')
    fail(detector, 1, 1)
    expect(eligible()).toBe('acde')
    const why = '5 failures in a row; ejection 1 in a row, 1 of 5 ejected'
    const event = { type: 'endpointEjected', service: 'orders', endpoint: 'b', atMs: 0, why, ejectedForMs: 30_000 }
    expect(told).toEqual([event])
  })

  test('a success between them starts the count anew; an ignored outcome does not', () => {
    const detector = detectorOf(5)
    fail(detector, 0, 4)
    detector.onResult(row(0), 'success', 0)
    fail(detector, 0, 4)
    expect(eligible()).toBe('abcde')
    detector.onResult(row(0), 'ignored', 0)
    fail(detector, 0, 1)
    expect(eligible()).toBe('bcde')
  })

  test.each([
    [1, 'abcde'],
    [2, 'bcde'],
    [3, 'bcde'],
    [4, 'cde'],
    [5, 'cde'],
  ])('of %d endpoints that all fail, half at most go and one stays', (hosts, left) => {
    const detector = detectorOf(hosts)
    for (let round = 0; round < 3; round++) for (let i = 0; i < hosts; i++) fail(detector, i)
    expect(eligible()).toBe(left)
  })

  test('results of an endpoint that is out already, or no longer in the snapshot, eject nobody', () => {
    const detector = detectorOf(5)
    fail(detector, 0, 20)
    expect(told.length).toBe(1)
    detector.setHosts(rows.slice(1))
    detector.setHosts(rows.slice(2))
    fail(detector, 1, 20)
    expect([row(1).eligible, detector.ejectedCount]).toEqual([true, 0])
  })

  test('who could not be ejected has to fail as often again', () => {
    const detector = detectorOf(2)
    fail(detector, 0)
    fail(detector, 1, 7)
    clock.advance(30_000)
    fail(detector, 1, 2)
    expect(eligible()).toBe('abcde')
    fail(detector, 1, 1)
    expect(eligible()).toBe('acde')
  })
})

describe('returning', () => {
  test('when the time is over, to the millisecond, with its failures forgotten', () => {
    const detector = detectorOf(5)
    clock.advance(1_234)
    fail(detector, 0)
    clock.advance(29_999)
    expect(eligible()).toBe('bcde')
    clock.advance(1)
    expect(eligible()).toBe('abcde')
    const why = 'its ejection time is over'
    expect(told.at(-1)).toEqual({ type: 'endpointReturned', service: 'orders', endpoint: 'a', atMs: 31_234, why })
    fail(detector, 0, 4)
    expect(eligible()).toBe('abcde')
  })

  test('longer after each ejection in a row; shorter again after quiet intervals', () => {
    const detector = detectorOf(5)
    const lengthOfNext = (): number => {
      fail(detector, 0)
      const ejectedForMs = (told.at(-1) as { ejectedForMs: number }).ejectedForMs
      clock.advance(ejectedForMs)
      expect(eligible()).toBe('abcde')
      return ejectedForMs
    }
    expect([lengthOfNext(), lengthOfNext(), lengthOfNext()]).toEqual([30_000, 60_000, 90_000])
    clock.advance(20_000)
    expect(row(0).outlier.ejections).toBe(1)
    expect(lengthOfNext()).toBe(60_000)
    clock.advance(3_600_000)
    expect(lengthOfNext()).toBe(30_000)
  })

  test('several at their own times, by one timer', () => {
    const detector = detectorOf(5)
    fail(detector, 0)
    clock.advance(10_000)
    fail(detector, 1)
    expect(eligible()).toBe('cde')
    clock.advance(20_000)
    expect(eligible()).toBe('acde')
    clock.advance(10_000)
    expect(eligible()).toBe('abcde')
  })

  test('early, where the service shrinks below the healthy it must have', () => {
    const detector = detectorOf(4)
    fail(detector, 1)
    clock.advance(1_000)
    fail(detector, 0)
    detector.setHosts([row(0), row(1)])
    expect(eligible()).toBe('bcde')
    expect(told.at(-1)).toMatchObject({ type: 'endpointReturned', endpoint: 'b' })
    clock.advance(30_000)
    expect(eligible()).toBe('abcde')
  })

  test('all of them, where the layer is taken off', () => {
    const detector = detectorOf(5)
    fail(detector, 0)
    fail(detector, 1)
    detector.returnAll('the policy no longer asks for it')
    detector.close()
    expect([eligible(), detector.ejectedCount]).toEqual(['abcde', 0])
  })
})

describe('a host that leaves the snapshot', () => {
  test('and comes back within its time is still out, and returns at the end of it', () => {
    const detector = detectorOf(5)
    fail(detector, 0)
    clock.advance(10_000)
    detector.setHosts(rows.slice(1))
    expect(detector.ejectedCount).toBe(0)
    clock.advance(10_000)
    detector.setHosts(rows)
    expect([eligible(), detector.ejectedCount]).toEqual(['bcde', 1])
    clock.advance(10_000)
    expect(eligible()).toBe('abcde')
  })

  test('and comes back after it is let in at once', () => {
    const detector = detectorOf(5)
    fail(detector, 0)
    detector.setHosts(rows.slice(1))
    clock.advance(60_000)
    expect(eligible()).toBe('bcde')
    detector.setHosts(rows)
    clock.advance(0)
    clock.advance(1)
    expect(eligible()).toBe('abcde')
  })

  test('is not held on to', () => {
    const detector = detectorOf(5)
    for (let round = 0; round < 1_000; round++) {
      const hosts = [new Row(`x${round}`), new Row(`y${round}`)]
      detector.setHosts(hosts)
      for (let i = 0; i < 5; i++) detector.onResult(hosts[0] as Row, 'failure', clock.now())
      expect(detector.ejectedCount).toBe(1)
    }
    const before = told.length
    detector.setHosts([])
    clock.advance(600_000)
    expect(told.length).toBe(before)
  })
})

test('other numbers keep who is out', () => {
  const detector = detectorOf(5)
  fail(detector, 0)
  detector.update({ ...OPTIONS, consecutiveFailures: 1, baseEjectionMs: 1_000 })
  expect(eligible()).toBe('bcde')
  fail(detector, 1, 1)
  clock.advance(1_000)
  expect(eligible()).toBe('bcde')
  clock.advance(29_000)
  expect(eligible()).toBe('abcde')
})
