import { expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { SlidingWindow } from './sliding-window.ts'

test('counts calls, failures and slow calls of the last ten buckets', () => {
  const window = new SlidingWindow(10_000)
  window.record(0, true, false)
  window.record(999, false, true)
  window.record(5_000, true, true)
  expect([window.calls, window.failures, window.slow]).toEqual([3, 2, 2])
  window.advance(9_999)
  expect(window.calls).toBe(3)
  window.advance(10_000)
  expect([window.calls, window.failures, window.slow]).toEqual([1, 1, 1])
  window.advance(15_000)
  expect([window.calls, window.failures, window.slow]).toEqual([0, 0, 0])
})

test('cockatiel#64: nine failures and an hour of silence, then one failure: only the last one counts', () => {
  const window = new SlidingWindow(10_000)
  for (let i = 0; i < 9; i++) window.record(100 + i, true, false)
  window.record(3_600_000, true, false)
  expect([window.calls, window.failures]).toEqual([1, 1])
})

test('the same place in the ring, whole rounds later, is another bucket', () => {
  const window = new SlidingWindow(1_000)
  window.record(50, true, false)
  for (const round of [1, 2, 7]) {
    window.record(50 + round * 1_000, false, false)
    expect([window.calls, window.failures]).toEqual([1, 0])
  }
})

test('clear forgets everything and goes on counting', () => {
  const window = new SlidingWindow(100)
  window.clear()
  window.record(5, true, true)
  window.clear()
  expect([window.calls, window.failures, window.slow]).toEqual([0, 0, 0])
  window.record(6, false, false)
  expect(window.calls).toBe(1)
  window.advance(1_000)
  expect(window.calls).toBe(0)
})

test('agrees with a list of all calls, at any pace and from any origin of the clock', () => {
  const random = new Sfc32(7, 11)
  for (const [windowMs, originMs] of [
    [10, 0],
    [137, -5_000],
    [10_000, 1e9],
  ] as const) {
    const window = new SlidingWindow(windowMs)
    const bucketMs = windowMs / 10
    const calls: { bucket: number; isFailure: boolean }[] = []
    let nowMs: number = originMs
    for (let i = 0; i < 2_000; i++) {
      nowMs += random.next() < 0.02 ? random.next() * windowMs * 3 : random.next() * bucketMs * 0.4
      const isFailure = random.next() < 0.3
      window.record(nowMs, isFailure, false)
      const present = Math.floor(nowMs / bucketMs)
      calls.push({ bucket: present, isFailure })
      const inside = calls.filter((call) => call.bucket > present - 10)
      const failures = inside.filter((call) => call.isFailure).length
      if (window.calls !== inside.length || window.failures !== failures) {
        expect([i, window.calls, window.failures]).toEqual([i, inside.length, failures])
      }
    }
  }
})
