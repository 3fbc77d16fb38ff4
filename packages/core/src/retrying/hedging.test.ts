import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { resolveHedgeOptions } from './hedge-options.ts'
import { Hedging } from './hedging.ts'
import { LatencyWindow } from './latency-window.ts'

describe('the live percentile', () => {
  it('says nothing before a hundred latencies are known', () => {
    const window = new LatencyWindow(0.95)
    for (let i = 0; i < 99; i++) window.record(10, i)
    expect(window.percentileMs(99)).toBe(undefined)
    window.record(10, 100)
    expect(window.percentileMs(100)).toBeCloseTo(10, 0)
  })

  it.each([0.5, 0.9, 0.95, 0.99])('is that of an exponential within 4 %%: %d', (share) => {
    const window = new LatencyWindow(share)
    const chance = new SeededRandom(3).stream('latencies')
    for (let i = 0; i < 50_000; i++) window.record(-Math.log(1 - chance.next()) * 20, i / 10)
    const exact = -Math.log(1 - share) * 20
    expect(Math.abs((window.percentileMs(5000) ?? 0) / exact - 1)).toBeLessThan(0.04)
  })

  it('forgets: after a minute the old latencies say nothing', () => {
    const window = new LatencyWindow(0.95)
    for (let ms = 0; ms < 30_000; ms += 10) window.record(500, ms)
    for (let ms = 30_000; ms < 90_000; ms += 10) window.record(20, ms)
    expect(window.percentileMs(90_000)).toBeCloseTo(20, 0)
    expect(window.percentileMs(200_000)).toBe(undefined)
  })

  it('takes lengths of any size', () => {
    const window = new LatencyWindow(0.5)
    for (const ms of [0, -1, 1e-9, 1e12, Number.POSITIVE_INFINITY]) for (let i = 0; i < 20; i++) window.record(ms, 0)
    expect(window.percentileMs(0)).toBeLessThan(0.02)
  })
})

describe('hedging', () => {
  it('waits for the percentile, at least for the shortest time, or for a fixed one', () => {
    const live = new Hedging(resolveHedgeOptions({ minDelay: '5ms' }))
    expect(live.delayMs(0)).toBe(undefined)
    for (let i = 0; i < 100; i++) live.onLatency(1, 0)
    expect(live.delayMs(0)).toBe(5)
    expect(new Hedging(resolveHedgeOptions({ delay: 0 })).delayMs(0)).toBe(0)
  })

  it('copies at most its share of the calls', () => {
    const hedging = new Hedging(resolveHedgeOptions({ delay: 0 }))
    let copies = 0
    for (let i = 0; i < 1000; i++) {
      hedging.onCall()
      if (hedging.withdraw()) copies += 1
    }
    expect(copies).toBe(50)
  })

  it('saves up what was not used for a thousand calls, and no more', () => {
    const hedging = new Hedging(resolveHedgeOptions({ delay: 0, maxExtraLoad: 0.02 }))
    for (let i = 0; i < 100_000; i++) hedging.onCall()
    let copies = 0
    while (hedging.withdraw()) copies += 1
    expect(copies).toBe(20)
  })

  it.each([
    [{ percentile: 0.3 }, 'hedge.percentile: 0.3 is not allowed; a ratio from 0.5 to 0.999 (0.5 or 50%)'],
    [{ maxAttempts: 1 }, 'hedge.maxAttempts: 1 is not allowed; an integer from 2 to 5'],
    [{ after: '10ms' }, 'hedge.after: unknown key; allowed: percentile, delay, minDelay, maxExtraLoad, maxAttempts'],
  ])('refuses %j', (options, message) => {
    expect(() => resolveHedgeOptions(options as never)).toThrow(message)
  })
})
