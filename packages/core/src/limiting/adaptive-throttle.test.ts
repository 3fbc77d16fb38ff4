import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { AdaptiveThrottle } from './adaptive-throttle.ts'
import { CountWindow } from './count-window.ts'
import { resolveThrottleOptions, type ThrottleOptions } from './throttle-options.ts'

/** 20 clients in front of a target that takes `capacity` a second and refuses the rest; counts after a warm-up. */
function overload(options: ThrottleOptions, capacity: number, offered: number) {
  const random = new Sfc32(1, 2)
  const clients = Array.from({ length: 20 }, () => new AdaptiveThrottle(resolveThrottleOptions(options)))
  const seconds = 900
  let [seen, accepted, refusedHere, turn, taken] = [0, 0, 0, 0, 0]
  let nowMs = 0
  while (nowMs < seconds * 1000) {
    nowMs -= (Math.log(1 - random.next()) / offered) * 1000
    const isMeasured = nowMs > 300_000
    const client = clients[Math.floor(random.next() * 20)] as AdaptiveThrottle
    if (Math.floor(nowMs / 1_000) !== turn) {
      turn = Math.floor(nowMs / 1_000)
      taken = 0
    }
    if (random.next() < client.refusalRatio(nowMs)) {
      client.onRefused(nowMs)
      if (isMeasured) refusedHere++
      continue
    }
    const isAccepted = ++taken <= capacity
    client.onEnd(isAccepted, nowMs)
    if (isMeasured) seen++
    if (isMeasured && isAccepted) accepted++
  }
  const measured = (seconds - 300) * Math.max(1, capacity)
  return { seen: seen / measured, accepted: accepted / measured, refusedHere: refusedHere / (refusedHere + seen) }
}

describe('O1: client-side throttling as the SRE book has it', () => {
  test('ten times the capacity: the target sees twice of it, four fifths are refused here', () => {
    const { seen, refusedHere } = overload({}, 100, 1000)
    expect(seen).toBeCloseTo(2, 1)
    expect(refusedHere).toBeCloseTo(0.8, 2)
  })

  test('a smaller multiplier sends less, and at 1.1 leaves some of the capacity idle', () => {
    expect(overload({ multiplier: 1.5 }, 100, 1000).seen).toBeCloseTo(1.5, 1)
    const { seen, accepted } = overload({ multiplier: 1.1 }, 100, 1000)
    expect(seen / accepted).toBeCloseTo(1.1, 1)
    expect(seen).toBeGreaterThan(1.03)
    expect(accepted).toBeGreaterThan(0.94)
    expect(accepted).toBeLessThan(0.99)
  })

  test('half as much again as the capacity is let through to be refused there', () => {
    expect(overload({}, 100, 150)).toMatchObject({ refusedHere: 0 })
  })

  test('a dead target sees one attempt in each window from each client, and one that comes back sees all', () => {
    const { seen } = overload({}, 0, 1000)
    expect(seen / 20).toBeLessThan(0.02)
    expect(seen / 20).toBeGreaterThan(0.006)
    const throttle = new AdaptiveThrottle(resolveThrottleOptions())
    for (let i = 0; i < 100; i++) throttle.onEnd(false, 0)
    expect(throttle.refusalRatio(0)).toBeCloseTo(100 / 101)
    throttle.update({ multiplier: 3, windowMs: 120_000 })
    for (let i = 0; i < 50; i++) throttle.onEnd(true, 60_000)
    expect(throttle.refusalRatio(60_000)).toBe(0)
  })

  test('attempts under way are not held against the target: a cold start refuses nothing', () => {
    const throttle = new AdaptiveThrottle(resolveThrottleOptions())
    expect(throttle.refusalRatio(0)).toBe(0)
    throttle.onEnd(true, 100)
    throttle.onRefused(100)
    expect(throttle.refusalRatio(100)).toBe(0)
    throttle.onRefused(100)
    expect(throttle.refusalRatio(100)).toBe(0.25)
  })
})

test('a count forgets by time, also across a long silence', () => {
  const window = new CountWindow(2_400)
  for (let nowMs = 0; nowMs < 2_400; nowMs++) window.add(nowMs)
  expect([window.total(2_399), window.total(2_400), window.total(3_550)]).toEqual([2_400, 2_300, 1_200])
  window.add(1e9)
  expect([window.total(1e9), window.total(2e9)]).toEqual([1, 0])
})

test('resolveThrottleOptions', () => {
  expect(resolveThrottleOptions()).toEqual({ multiplier: 2, windowMs: 120_000 })
  expect(() => resolveThrottleOptions({ multiplier: 0.5 })).toThrow(
    'throttle.multiplier: 0.5 is not allowed; a number from 1 to 100',
  )
})
