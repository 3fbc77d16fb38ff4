import { describe, expect, it } from 'vitest'
import { resolveInbound } from '../config/policy-options.ts'
import { resolveShedOptions, type ShedOptions } from '../limiting/shed-options.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { Admission } from './admission.ts'
import { FairShedder, fairLevel } from './fair-shedder.ts'
import { SAMPLE_MS, Shedding } from './shedding.ts'

interface Stream {
  readonly caller: string
  readonly priority?: string
  readonly rate: number
}

/**
 * A process of which `capacity` requests a second take all of the time. Shares of each stream that were admitted, once
 * the shedding has settled.
 */
function admitted(options: ShedOptions, capacity: number, streams: readonly Stream[]): number[] {
  const shedding = new Shedding(resolveShedOptions(options))
  const asked = streams.map(() => 0)
  const taken = streams.map(() => 0)
  const due = streams.map(() => 0)
  for (let look = 0; look < 2_000; look++) {
    let work = 0
    for (const [i, { caller, priority, rate }] of streams.entries()) {
      due[i] = (due[i] as number) + (rate * SAMPLE_MS) / 1000
      for (; (due[i] as number) >= 1; due[i] = (due[i] as number) - 1) {
        const isRefused = shedding.refuses(priority, caller)
        if (!isRefused) work++
        if (look < 200) continue
        asked[i] = (asked[i] as number) + 1
        if (!isRefused) taken[i] = (taken[i] as number) + 1
      }
    }
    const utilization = Math.min(1, (work * 1000) / SAMPLE_MS / capacity)
    shedding.sample({ utilization, loopDelayMs: utilization < 1 ? 0 : 50 })
  }
  return streams.map((_, i) => (taken[i] as number) / (asked[i] as number))
}

describe('shedding', () => {
  it('sheds nothing while the process has room', () => {
    expect(admitted({}, 1000, [{ caller: 'a', rate: 850 }])).toEqual([1])
  })

  it('O6: sheds the least important first, and what is not listed never', () => {
    const [critical, batch] = admitted({ order: ['batch'] }, 1111, [
      { caller: 'a', priority: 'critical', rate: 600 },
      { caller: 'a', priority: 'batch', rate: 900 },
    ])
    expect(critical).toBe(1)
    expect(batch).toBeGreaterThan(0.4)
    expect(batch).toBeLessThan(0.46)
    const [all, some, none] = admitted({ order: ['sheddable', 'default'] }, 1111, [
      { caller: 'a', priority: 'critical', rate: 600 },
      { caller: 'a', rate: 800 },
      { caller: 'a', priority: 'sheddable', rate: 900 },
    ])
    expect([all, none]).toEqual([1, expect.closeTo(0, 1)])
    expect(some).toBeCloseTo(0.5, 1)
  })

  it('O5: a caller who asks for little is not refused for the sake of one who asks for much', () => {
    const [light, heavy] = admitted({}, 1111, [
      { caller: 'light', rate: 200 },
      { caller: 'heavy', rate: 5000 },
    ])
    expect(light).toBeGreaterThan(0.99)
    // The controller swings round its bound; without fairness both would have 0.19.
    expect(heavy).toBeCloseTo(0.16, 1)
    expect(heavy).toBeGreaterThan(0.145)
  })

  it('looks at the delay of the loop where it is told to', () => {
    const shedding = new Shedding(resolveShedOptions({ eventLoopUtilization: 1, eventLoopDelay: '20ms' }))
    shedding.sample({ utilization: 1, loopDelayMs: 21 })
    expect(shedding.level).toBeCloseTo(0.1)
    shedding.sample({ utilization: 1, loopDelayMs: 19.5 })
    expect(shedding.level).toBeCloseTo(0.1)
    for (let i = 0; i < 3; i++) shedding.sample({ utilization: 0.5, loopDelayMs: 3 })
    expect(shedding.level).toBe(0)
  })
})

describe('a fair share', () => {
  it('is what all may have up to, when what small ones leave goes to the others', () => {
    expect(fairLevel([10, 10], 100)).toBe(Number.POSITIVE_INFINITY)
    expect(fairLevel([5000, 200], 1000)).toBe(800)
    expect(fairLevel([10, 60, 80], 100)).toBe(45)
    expect(fairLevel([10, 20], 0)).toBe(0)
    expect(fairLevel([], 0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('is kept for a bounded number of callers, and only while they call', () => {
    const shedder = new FairShedder()
    for (let i = 0; i < 5_000; i++) shedder.refuses(`caller ${i}`)
    shedder.divide(0.5)
    // Those beyond the thousandth share one part, which is the one that asks for too much.
    const refused = Array.from({ length: 1_000 }, (_, i) => shedder.refuses(`caller ${4_000 + i}`))
    expect(refused.filter(Boolean).length).toBeGreaterThan(300)
    expect(shedder.refuses('caller 7')).toBe(false)
    for (let i = 0; i < 3; i++) shedder.divide(1)
    shedder.divide(0)
    expect(shedder.refuses('caller 4999')).toBe(false)
  })
})

describe('an admission that sheds', () => {
  it('refuses with `shed` under load, has no timer when nothing comes, and none after the drain', () => {
    const clock = new ManualClock()
    const load = { utilization: 1, loopDelayMs: 0 }
    const told: GovernanceEvent[] = []
    const events = { emit: (event: GovernanceEvent) => void told.push(event) }
    const admission = new Admission(resolveInbound({ shed: true }), clock, { load, events, service: 'orders' })
    const refused: string[] = []
    const enter = (priority?: string) =>
      admission.enter(
        NO_DEADLINE,
        { admit: () => {}, refuse: (reason) => void refused.push(`${priority} ${reason}`) },
        { priority },
      )
    for (let i = 0; i < 100; i++) {
      clock.advance(SAMPLE_MS)
      for (const priority of ['sheddable', 'default', 'critical']) enter(priority).leave()
    }
    expect(admission.shedLevel).toBe(2)
    refused.length = 0
    for (const priority of ['sheddable', 'default', 'critical']) enter(priority)
    expect(refused).toEqual(['sheddable shed', 'default shed'])
    load.utilization = 0.1
    clock.advance(60_000)
    expect([admission.shedLevel, clock.pending]).toEqual([0, 0])
    expect(told.map(({ type }) => type)).toEqual(['sheddingStarted', 'sheddingEnded'])
    expect(told[0]).toMatchObject({ service: 'orders' })
    enter()
    expect(clock.pending).toBe(1)
    admission.drain()
    expect(clock.pending).toBe(0)
  })
})
