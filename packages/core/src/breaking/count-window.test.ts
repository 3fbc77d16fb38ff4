import { expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { CountWindow } from './count-window.ts'

test('remembers the last calls and no others', () => {
  const window = new CountWindow(3, 1_000)
  for (const isFailure of [true, true, false, false]) window.record(0, isFailure, !isFailure)
  expect([window.calls, window.failures, window.slow, window.text(3)]).toEqual([3, 1, 2, 'the last 3 calls'])
  window.clear()
  expect([window.calls, window.failures, window.slow]).toEqual([0, 0, 0])
  window.record(1, true, false)
  expect([window.calls, window.failures]).toEqual([1, 1])
})

test('cockatiel#64: nor any that is older than its age, however few there were since', () => {
  const window = new CountWindow(10, 600_000)
  for (let i = 0; i < 9; i++) window.record(i, true, false)
  window.record(3_600_000, true, false)
  expect([window.calls, window.failures]).toEqual([1, 1])
})

test('counts as a list of all calls would, over 50 seeds', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Sfc32(seed, 5)
    const size = 1 + Math.floor(random.next() * 30)
    const window = new CountWindow(size, 1_000)
    const all: { atMs: number; isFailure: boolean; isSlow: boolean }[] = []
    let nowMs = -500
    for (let i = 0; i < 300; i++) {
      nowMs += random.next() ** 6 * 2_000
      const call = { atMs: nowMs, isFailure: random.next() < 0.4, isSlow: random.next() < 0.3 }
      all.push(call)
      window.record(nowMs, call.isFailure, call.isSlow)
      nowMs += random.next() ** 8 * 2_000
      window.advance(nowMs)
      const inside = all.slice(-size).filter(({ atMs }) => nowMs - atMs < 1_000)
      const expected = [inside.length, inside.filter((c) => c.isFailure).length, inside.filter((c) => c.isSlow).length]
      expect([window.calls, window.failures, window.slow]).toEqual(expected)
    }
  }
})
