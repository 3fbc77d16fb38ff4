import { describe, expect, it } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { TimingWheel, WheelTimer } from './timing-wheel.ts'

const TASK = { onTimer: () => {} }

/** What a wheel must do, said as plainly as possible: a list, sorted by tick and by the order of arming. */
class SortedList {
  entries: { at: number; order: number; timer: WheelTimer }[] = []
  position = 0
  order = 0

  insert(at: number, timer: WheelTimer): void {
    this.entries.push({ at: Math.max(at, this.position), order: this.order++, timer })
  }

  cancel(timer: WheelTimer): void {
    this.entries = this.entries.filter((entry) => entry.timer !== timer)
  }

  popUntil(limit: number): WheelTimer | undefined {
    this.entries.sort((a, b) => a.at - b.at || a.order - b.order)
    const first = this.entries[0]
    if (first === undefined || first.at > limit) return undefined
    this.position = first.at
    this.entries.shift()
    return first.timer
  }
}

describe('TimingWheel against a sorted list', () => {
  // How far ahead timers are armed: from crowded ticks to beyond the levels.
  const spreads = [1, 4, 300, 70_000, 2 ** 25, 2 ** 33, 2 ** 40]

  for (let seed = 1; seed <= 25; seed++) {
    it(`does the same for 1200 random steps, seed ${seed}`, () => {
      const random = new Sfc32(seed, 7)
      const draw = (n: number) => Math.floor(random.next() * n)
      const wheel = new TimingWheel()
      const model = new SortedList()
      const known: WheelTimer[] = []
      const start = [0, 255, 2 ** 31 - 50, 2 ** 32 - 50, 2 ** 45 + 3][seed % 5] as number
      wheel.reset(start)
      model.position = start
      let now = start
      for (let step = 0; step < 1200; step++) {
        const kind = draw(10)
        if (kind < 5) {
          const ahead = draw(spreads[draw(spreads.length)] as number)
          // Now and then an instant that has passed.
          const at = draw(20) === 0 ? now - draw(1000) : now + ahead
          if (draw(4) === 0 && known.length > 0) {
            const timer = known[draw(known.length)] as WheelTimer
            model.cancel(timer)
            wheel.place(timer, at)
            model.insert(Math.max(at, wheel.position), timer)
          } else {
            const timer = wheel.insert(at, TASK)
            known.push(timer)
            model.insert(Math.max(at, wheel.position), timer)
          }
        } else if (kind < 6 && known.length > 0) {
          const timer = known[draw(known.length)] as WheelTimer
          timer.cancel()
          model.cancel(timer)
          expect(timer.isPending).toBe(false)
        } else {
          const limit = now + draw(spreads[draw(spreads.length)] as number)
          for (let pops = draw(4); pops >= 0; pops--) {
            const next = model.entries.reduce((least, entry) => Math.min(least, entry.at), Number.POSITIVE_INFINITY)
            expect(wheel.nextTick()).toBeLessThanOrEqual(next)
            const timer = wheel.popUntil(limit)
            expect(timer).toBe(model.popUntil(limit))
            if (timer === undefined) {
              // The position may have moved on to the limit, never past it.
              expect(wheel.position).toBeLessThanOrEqual(Math.max(limit, now))
              now = Math.max(now, limit)
              break
            }
            now = Math.max(now, timer.at)
          }
        }
        expect(wheel.size).toBe(model.entries.length)
      }
      for (;;) {
        const timer = wheel.popUntil(Number.POSITIVE_INFINITY)
        expect(timer).toBe(model.popUntil(Number.POSITIVE_INFINITY))
        if (timer === undefined) break
      }
      expect(wheel.size).toBe(0)
      expect(wheel.nextTick()).toBe(Number.POSITIVE_INFINITY)
    })
  }
})

describe('TimingWheel', () => {
  function order(wheel: TimingWheel, limit: number): number[] {
    const ticks: number[] = []
    for (let timer = wheel.popUntil(limit); timer !== undefined; timer = wheel.popUntil(limit)) ticks.push(timer.at)
    return ticks
  }

  it('keeps equal ticks in the order of arming, from whatever distance each was armed', () => {
    const wheel = new TimingWheel()
    const at = 2 ** 32 + 70_000
    const armed: WheelTimer[] = []
    for (const step of [0, 2 ** 32 - 1, 2 ** 32 + 4, 2 ** 32 + 60_000, 2 ** 32 + 69_900, 2 ** 32 + 69_999]) {
      wheel.insert(step, TASK)
      expect(wheel.popUntil(step)?.at).toBe(step)
      armed.push(wheel.insert(at, TASK), wheel.insert(at, TASK))
    }
    const popped: (WheelTimer | undefined)[] = armed.map(() => wheel.popUntil(at))
    expect(popped).toEqual(armed)
  })

  it('pops what is armed for the present tick while it pops', () => {
    const wheel = new TimingWheel()
    wheel.insert(1000, TASK)
    wheel.insert(1000, TASK)
    wheel.popUntil(1000)
    wheel.insert(1000, TASK)
    wheel.insert(5, TASK)
    expect(order(wheel, 1000)).toEqual([1000, 1000, 1000])
  })

  it('forgets a cancelled timer at once, and a second cancel does nothing', () => {
    const wheel = new TimingWheel()
    const kept = wheel.insert(70_001, TASK)
    const timer = wheel.insert(70_000, TASK)
    timer.cancel()
    timer.cancel()
    expect(wheel.size).toBe(1)
    expect(wheel.nextTick()).toBe(70_001)
    expect(timer.next).toBe(timer)
    expect(wheel.popUntil(80_000)).toBe(kept)
    kept.cancel()
    expect(wheel.size).toBe(0)
  })

  it('never moves past the limit, so that an earlier timer may still come', () => {
    const wheel = new TimingWheel()
    wheel.insert(300, TASK)
    wheel.insert(301, TASK)
    expect(wheel.popUntil(280)).toBeUndefined()
    wheel.insert(281, TASK)
    expect(order(wheel, 1000)).toEqual([281, 300, 301])
  })

  it('gives the exact next tick of a lonely timer, and of the present 256 ticks', () => {
    const wheel = new TimingWheel()
    wheel.insert(5_000_000, TASK)
    expect(wheel.nextTick()).toBe(5_000_000)
    wheel.insert(5_000_001, TASK)
    expect(wheel.nextTick()).toBe(Math.floor(5_000_000 / 65_536) * 65_536)
    wheel.insert(9, TASK)
    expect(wheel.nextTick()).toBe(9)
  })

  it('keeps a timer for Infinity without ever popping it', () => {
    const wheel = new TimingWheel()
    wheel.insert(Number.POSITIVE_INFINITY, TASK)
    wheel.insert(2 ** 50, TASK)
    expect(order(wheel, Number.POSITIVE_INFINITY)).toEqual([2 ** 50])
    expect(wheel.size).toBe(1)
  })

  it('begins again after a reset, and old timers mean nothing to it', () => {
    const wheel = new TimingWheel()
    const old = [0, 5, 700, 2 ** 20, 2 ** 40].map((at) => wheel.insert(at, TASK))
    wheel.popUntil(0)
    wheel.reset(100)
    expect(wheel.size).toBe(0)
    expect(wheel.position).toBe(100)
    for (const timer of old) expect(timer.isPending).toBe(false)
    wheel.insert(101, TASK)
    for (const timer of old) timer.cancel()
    expect(order(wheel, 1000)).toEqual([101])
  })

  it('skips on only while it is empty', () => {
    const wheel = new TimingWheel()
    wheel.skipTo(2 ** 35 + 9)
    expect(wheel.position).toBe(2 ** 35 + 9)
    wheel.insert(2 ** 35 + 20, TASK)
    wheel.skipTo(2 ** 36)
    expect(order(wheel, Number.POSITIVE_INFINITY)).toEqual([2 ** 35 + 20])
  })

  it('takes an object of a subclass again and again', () => {
    class Beat extends WheelTimer {
      count = 0
    }
    const wheel = new TimingWheel()
    const beat = new Beat(TASK)
    for (let at = 10; at <= 50; at += 10) wheel.place(beat, at)
    expect(wheel.size).toBe(1)
    for (let timer = wheel.popUntil(100); timer instanceof Beat; timer = wheel.popUntil(100)) {
      timer.count++
      wheel.place(timer, timer.at + 10)
    }
    expect(beat.count).toBe(6)
  })
})
