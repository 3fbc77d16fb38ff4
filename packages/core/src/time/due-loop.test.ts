import { expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import type { Timer, TimerTask } from './clock.ts'
import { DueLoop } from './due-loop.ts'

/** Counts the timers that are armed and not yet fired or taken back. */
class CountingClock extends ManualClock {
  armed = 0
  scheduled = 0

  override schedule(atMs: number, task: TimerTask): Timer {
    this.armed++
    this.scheduled++
    let isArmed = true
    const end = (): void => {
      if (isArmed) this.armed--
      isArmed = false
    }
    const timer = super.schedule(atMs, {
      onTimer: (fired) => {
        end()
        task.onTimer(fired)
      },
    })
    return {
      cancel: () => {
        end()
        timer.cancel()
      },
    }
  }
}

const never = (): number => Number.POSITIVE_INFINITY
const unexpected = (error: Error): void => {
  throw error
}

test('asks at the earliest instant anybody named, and then when it was told to', () => {
  const clock = new CountingClock()
  const asked: number[] = []
  const next = [70, 71.5, Number.POSITIVE_INFINITY]
  const loop = new DueLoop(
    clock,
    (nowMs) => {
      asked.push(nowMs)
      return next.shift() ?? Number.POSITIVE_INFINITY
    },
    unexpected,
  )
  loop.poke(100)
  loop.poke(50)
  loop.poke(60)
  clock.advance(49)
  expect(asked).toEqual([])
  clock.advance(1_000)
  expect(asked.map((atMs) => Math.floor(atMs))).toEqual([50, 70, 71])
  expect(clock.armed).toBe(0)
})

test('costs no timer until it is poked, and one while it waits', () => {
  const clock = new CountingClock()
  const loop = new DueLoop(clock, never, unexpected)
  loop.poke(Number.POSITIVE_INFINITY)
  loop.poke(Number.NaN)
  expect(clock.scheduled).toBe(0)
  for (let atMs = 1_000; atMs > 900; atMs--) loop.poke(atMs)
  expect(clock.armed).toBe(1)
  for (let atMs = 901; atMs < 1_000; atMs++) loop.poke(atMs)
  expect(clock.scheduled).toBe(100)
})

test('what has passed is due at once, but never inside the poke', () => {
  const clock = new CountingClock()
  clock.advance(1_000)
  let asked = 0
  const loop = new DueLoop(
    clock,
    () => {
      asked++
      return Number.POSITIVE_INFINITY
    },
    unexpected,
  )
  loop.poke(10)
  expect(asked).toBe(0)
  clock.advance(1)
  expect(asked).toBe(1)
})

test('a poke from within the callback counts, where it is earlier than what the callback answers', () => {
  const clock = new CountingClock()
  const asked: number[] = []
  const loop: DueLoop = new DueLoop(
    clock,
    (nowMs) => {
      asked.push(nowMs)
      if (asked.length === 1) loop.poke(15)
      return asked.length === 1 ? 40 : Number.POSITIVE_INFINITY
    },
    unexpected,
  )
  loop.poke(10)
  clock.advance(100)
  expect(asked).toEqual([10, 15])
})

test('a callback that throws is reported and asked again; the loop lives on', () => {
  const clock = new CountingClock()
  const reported: string[] = []
  let asked = 0
  const loop = new DueLoop(
    clock,
    () => {
      asked++
      if (asked === 1) throw new Error('mine')
      if (asked === 2) throw 'text'
      return Number.POSITIVE_INFINITY
    },
    (error, nowMs) => reported.push(`${error.message} at ${nowMs}`),
  )
  loop.poke(10)
  clock.advance(5_000)
  expect(reported).toEqual(['mine at 10', 'text at 1010'])
  expect(asked).toBe(3)
  loop.poke(6_000)
  clock.advance(1_000)
  expect(asked).toBe(4)
})

test('is silent once closed, also when closed by its own callback', () => {
  const clock = new CountingClock()
  let asked = 0
  const loop: DueLoop = new DueLoop(
    clock,
    () => {
      asked++
      loop.close()
      return 20
    },
    unexpected,
  )
  loop.poke(10)
  clock.advance(100)
  loop.poke(200)
  clock.advance(1_000)
  expect([asked, clock.armed]).toEqual([1, 0])
  const other = new DueLoop(clock, never, unexpected)
  other.poke(5_000)
  other.close()
  expect(clock.armed).toBe(0)
})

test('a clock whose ticks fall a rounding error short of the instant is not asked for ever within one tick', () => {
  class CoarseClock extends ManualClock {
    override now(): number {
      return Math.floor(super.now())
    }
  }
  const clock = new CoarseClock()
  const asked: number[] = []
  const loop = new DueLoop(
    clock,
    (nowMs) => {
      asked.push(nowMs)
      return nowMs >= 10.7 ? Number.POSITIVE_INFINITY : 10.7
    },
    unexpected,
  )
  loop.poke(10.7)
  clock.advance(100)
  expect(asked).toEqual([10.7])
})
