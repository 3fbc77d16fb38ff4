import { beforeEach, describe, expect, test } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { Sfc32 } from '../random/sfc32.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { OutlierDetector, type OutlierHost } from './outlier.ts'
import { createOutlierSlot } from './outlier-detector.ts'
import { type OutlierOptions, resolveOutlierOptions } from './outlier-options.ts'

class Row implements OutlierHost {
  readonly outlier = createOutlierSlot()
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
  refresh(): void {}
}

let clock: ManualClock
let told: GovernanceEvent[]
let rows: Row[]
let changes: number

beforeEach(() => {
  clock = new ManualClock()
  told = []
  changes = 0
})

function detectorOf(hosts: number, options: OutlierOptions): OutlierDetector {
  const detector = new OutlierDetector(resolveOutlierOptions(options), {
    clock,
    random: new SeededRandom(5),
    events: { emit: (event) => void told.push(event) },
    service: 'orders',
    onChange: () => changes++,
  })
  rows = Array.from({ length: hosts }, (_, i) => new Row(`orders#${i}`))
  detector.setHosts(rows)
  return detector
}

/** Every endpoint is called `calls` times, and the first `bad` of them fail `failures` times, never five in a row. */
function traffic(detector: OutlierDetector, calls: number, bad: number, failures: number): void {
  for (const [i, row] of rows.entries()) {
    for (let call = 0; call < calls; call++) {
      const isFailure = i < bad && Math.floor(((call + 1) * failures) / calls) > Math.floor((call * failures) / calls)
      detector.onResult(row, isFailure ? 'failure' : 'success', clock.now())
    }
  }
}

const out = (): string[] => rows.filter(({ outlier }) => outlier.isEjected).map(({ id }) => id)

describe('the success rate', () => {
  test('ejects at the end of the interval whom failures in a row never show, with the numbers', () => {
    const detector = detectorOf(5, {})
    traffic(detector, 100, 1, 30)
    clock.advance(9_999)
    expect(out()).toEqual([])
    clock.advance(1)
    expect(out()).toEqual(['orders#0'])
    expect(told).toEqual([
      {
        type: 'endpointEjected',
        service: 'orders',
        endpoint: 'orders#0',
        atMs: 10_000,
        why: 'success rate 0.7 of 100 calls (mean 0.94 less 1.9 times 0.12, of 5 endpoints); ejection 1 in a row, 1 of 5 ejected',
        ejectedForMs: 30_000,
      },
    ])
    expect(changes).toBe(1)
  })

  test('needs the volume within one interval: calls of the one before count for nothing', () => {
    const detector = detectorOf(5, {})
    traffic(detector, 60, 1, 30)
    clock.advance(10_000)
    traffic(detector, 60, 1, 30)
    clock.advance(10_000)
    expect(out()).toEqual([])
  })

  test('ejects no more than may be out, and none below the healthy there must be', () => {
    const tenth = detectorOf(20, {})
    traffic(tenth, 100, 4, 40)
    clock.advance(10_000)
    expect(out()).toEqual(['orders#0', 'orders#1'])
    const kept = detectorOf(5, { maxEjected: 1, minHealthy: 5 })
    traffic(kept, 100, 1, 40)
    clock.advance(10_000)
    expect(out()).toEqual([])
  })

  test('who comes back into a snapshot brings no calls of an earlier interval', () => {
    const detector = detectorOf(6, { maxEjected: 1 })
    traffic(detector, 100, 1, 40)
    const all = rows
    detector.setHosts(rows.slice(1))
    clock.advance(10_000)
    detector.setHosts(all)
    traffic(detector, 10, 0, 0)
    clock.advance(10_000)
    expect(out()).toEqual([])
  })
})

describe('the failure percentage', () => {
  test('ejects whoever fails too much, also where all do alike', () => {
    const options = { successRate: false, consecutiveFailures: false, failurePercentage: true, maxEjected: 1 } as const
    const detector = detectorOf(5, options)
    traffic(detector, 100, 5, 85)
    clock.advance(10_000)
    expect(out().length).toBe(4)
    expect(told[0]).toMatchObject({
      why: expect.stringMatching(/^85 of 100 calls failed \(threshold 0.85\); ejection 1/),
    })
  })

  test('is off unless asked for', () => {
    const detector = detectorOf(5, { consecutiveFailures: false })
    traffic(detector, 100, 5, 100)
    clock.advance(10_000)
    expect(out()).toEqual([])
  })
})

describe('enforcing', () => {
  test('draws which of the detections are carried out, each by its own share', () => {
    let ejected = 0
    const detector = detectorOf(1_000, { enforceConsecutive: 0.3, successRate: false, maxEjected: 1, minHealthy: 0 })
    for (const row of rows) for (let i = 0; i < 5; i++) detector.onResult(row, 'failure', 0)
    ejected = out().length
    expect(ejected).toBeGreaterThan(260)
    expect(ejected).toBeLessThan(340)
  })

  test('at 0 nothing is ejected, at 1 nothing is drawn', () => {
    const options = { consecutiveFailures: false, successRate: { enforce: 0 }, maxEjected: 1 } as const
    traffic(detectorOf(5, options), 100, 1, 50)
    clock.advance(10_000)
    expect(out()).toEqual([])
  })
})

test('without calls there is no timer, and with them one for all endpoints', () => {
  const detector = detectorOf(50, {})
  expect(clock.pending).toBe(0)
  traffic(detector, 10, 0, 0)
  expect(clock.pending).toBe(1)
  clock.advance(10_000)
  expect(clock.pending).toBe(0)
  traffic(detector, 10, 0, 0)
  detector.close()
  expect(clock.pending).toBe(0)
})

/**
 * Oracle L13: with a chance p to fail, five failures in a row take (1 − p⁵) / (p⁵ (1 − p)) calls of the endpoint: at
 * 100 a second p = 0.5 is caught within a second, p = 0.1 not in five minutes. The success rate sees both.
 */
test.each([
  [0.3, 587],
  [0.5, 62],
  [0.9, 6.94],
])('L13: one endpoint of ten that fails %d of its calls is ejected after %d of them', (p, theory) => {
  let calls = 0
  const runs = 2_000
  const random = new Sfc32(13, Math.round(p * 10))
  const detector = detectorOf(10, { successRate: false })
  for (let run = 0; run < runs; run++) {
    for (const row of rows) Object.assign(row.outlier, createOutlierSlot())
    detector.setHosts(rows)
    const gray = rows[0] as Row
    for (; !gray.outlier.isEjected; calls++) detector.onResult(gray, random.next() < p ? 'failure' : 'success', 0)
  }
  expect(Math.abs(calls / runs / theory - 1)).toBeLessThan(0.15)
})

test('L13: at p = 0.1 five in a row take 111,110 calls, and the success rate one interval', () => {
  const random = new Sfc32(13, 1)
  for (const [successRate, isCaught] of [
    [false, false],
    [true, true],
  ] as const) {
    const detector = detectorOf(10, { successRate })
    for (let second = 0; second < 30; second++) {
      for (const [i, row] of rows.entries()) {
        for (let call = 0; call < 100; call++) {
          detector.onResult(row, i === 0 && random.next() < 0.1 ? 'failure' : 'success', clock.now())
        }
      }
      clock.advance(1_000)
    }
    expect(told.some(({ type }) => type === 'endpointEjected')).toBe(isCaught)
  }
})
