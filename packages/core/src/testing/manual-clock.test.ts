import { describe, expect, it } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { after } from '../time/clock.ts'
import { ManualClock } from './manual-clock.ts'

describe('ManualClock', () => {
  it('starts at 0 and stands still', () => {
    const clock = new ManualClock()
    let isFired = false
    clock.schedule(0, { onTimer: () => (isFired = true) })
    expect(clock.now()).toBe(0)
    expect(clock.pending).toBe(1)
    expect(isFired).toBe(false)
    clock.advance(0)
    expect(isFired).toBe(true)
    expect(clock.now()).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('fires in order, each at its own instant, timers armed by timers included', () => {
    const clock = new ManualClock()
    const seen: [string, number][] = []
    const note = (name: string) => () => seen.push([name, clock.now()])
    after(clock, 30, note('c'))
    after(clock, 10, () => {
      seen.push(['a', clock.now()])
      after(clock, 10, note('b'))
      after(clock, 100, note('late'))
    })
    after(clock, 30, note('d'))
    clock.advance(50)
    expect(seen).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 30],
    ])
    expect(clock.now()).toBe(50)
    expect(clock.pending).toBe(1)
  })

  it('fires a timer when exactly its delay has passed, whatever the fractions, and never before its instant', () => {
    const random = new Sfc32(1, 2)
    const clock = new ManualClock()
    for (let i = 0; i < 2000; i++) {
      const delay = i % 2 === 0 ? Math.round(random.next() * 1e4) / 10 : random.next() * 1000
      const atMs = clock.now() + delay
      let firedAt = -1
      clock.schedule(atMs, { onTimer: () => (firedAt = clock.now()) })
      clock.advance(delay)
      expect(firedAt).toBeGreaterThanOrEqual(atMs)
      expect(firedAt - atMs).toBeLessThan(1e-9)
      expect(clock.now()).toBe(firedAt)
    }
  })

  it('takes sums that differ by a rounding error for one instant', () => {
    const clock = new ManualClock()
    const order: string[] = []
    clock.schedule(0.1 + 0.2, { onTimer: () => order.push('a') })
    clock.schedule(0.3, { onTimer: () => order.push('b') })
    clock.advance(0.3)
    expect(order).toEqual(['a', 'b'])
  })

  it('never shows a time before the instant, also to neighbours within a microsecond', () => {
    const clock = new ManualClock()
    const instants = [1.0009, 1.0002, 1.0005]
    for (const atMs of instants) {
      clock.schedule(atMs, { onTimer: () => expect(clock.now()).toBeGreaterThanOrEqual(atMs) })
    }
    clock.advance(2)
    expect(clock.pending).toBe(0)
  })

  it('lets promises run between timers with advanceAsync only', async () => {
    const arm = (clock: ManualClock, order: string[]) => {
      for (const name of ['a', 'b']) {
        const promise = new Promise<void>((resolve) => after(clock, 10, resolve))
        // Long enough that no fixed number of awaits would cover it.
        const follow = async () => {
          await promise
          for (let i = 0; i < 50; i++) await undefined
          order.push(`${name} at ${clock.now()}`)
          await new Promise<void>((resolve) => after(clock, 5, resolve))
          order.push(`${name} again at ${clock.now()}`)
        }
        void follow()
      }
    }
    const clock = new ManualClock()
    const tooLate: string[] = []
    arm(clock, tooLate)
    clock.advance(100)
    expect(tooLate).toEqual([])
    const other = new ManualClock()
    const order: string[] = []
    arm(other, order)
    await other.advanceAsync(100)
    expect(order).toEqual(['a at 10', 'b at 10', 'a again at 15', 'b again at 15'])
    expect(other.now()).toBe(100)
  })

  it('follows up promises that were ready before the first timer', async () => {
    const clock = new ManualClock()
    let armedAt = -1
    const begin = async () => {
      await undefined
      armedAt = clock.now()
      await new Promise<void>((resolve) => after(clock, 10, resolve))
      armedAt = clock.now()
    }
    void begin()
    await clock.advanceAsync(10)
    expect(armedAt).toBe(10)
  })

  it('passes on what a task throws, and goes on from there', () => {
    const clock = new ManualClock()
    const seen: number[] = []
    after(clock, 5, () => {
      throw new Error('thrown')
    })
    after(clock, 5, () => seen.push(clock.now()))
    expect(() => clock.advance(10)).toThrow('thrown')
    expect(clock.now()).toBe(5)
    clock.advance(1)
    expect(seen).toEqual([5])
    expect(clock.now()).toBe(6)
  })

  it('refuses to run backwards, or from within a timer', () => {
    const clock = new ManualClock()
    expect(() => clock.advance(-1)).toThrow(RangeError)
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError)
    after(clock, 1, () => expect(() => clock.advance(1)).toThrow('advanced already'))
    clock.advance(1)
    expect(clock.now()).toBe(1)
  })

  it('cancels, once and for good', () => {
    const clock = new ManualClock()
    let fired = 0
    const timer = after(clock, 5, () => fired++)
    timer.cancel()
    timer.cancel()
    expect(clock.pending).toBe(0)
    clock.advance(10)
    expect(fired).toBe(0)
  })

  it('has a wall clock that goes along and may be set', () => {
    const clock = new ManualClock(1_000_000)
    expect(clock.wallNow()).toBe(1_000_000)
    clock.advance(500)
    expect(clock.wallNow()).toBe(1_000_500)
    clock.setWall(10)
    clock.advance(5)
    expect(clock.wallNow()).toBe(15)
    expect(clock.now()).toBe(505)
  })
})
