import { ManualClock } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { later } from './later.ts'
import { SHORTEST_TURN_MS, Turns, type TurnTaker } from './turns.ts'

/** Asks on and on; each question takes the whole turn. */
class Member implements TurnTaker {
  isFresh = true
  interruptions = 0
  readonly takenAt: number[] = []
  waitMs = 0
  readonly #turns: Turns
  readonly #clock: ManualClock
  #timer: { cancel(): void } | undefined

  constructor(turns: Turns, clock: ManualClock) {
    this.#turns = turns
    this.#clock = clock
  }
  begin(): this {
    this.#turns.join(this)
    this.#turns.request(this)
    return this
  }
  take(waitMs: number): void {
    this.waitMs = waitMs
    this.takenAt.push(this.#clock.now())
    this.#timer = later(this.#clock, this.isFresh ? 1 : waitMs, () => {
      this.isFresh = false
      this.#turns.end(this)
      this.#turns.request(this)
    })
  }
  interrupt(): void {
    this.interruptions++
    this.#timer?.cancel()
    this.#turns.end(this)
    this.#turns.request(this)
  }
  end(): void {
    this.#timer?.cancel()
    this.#turns.leave(this)
  }
}

const OPTIONS = { slots: 4, waitMs: 10_000, stalenessMs: 2000 }

describe('turns', () => {
  it('last for the whole wait while there are slots for all', () => {
    const [clock, turns] = [new ManualClock(), new Turns(OPTIONS)]
    const members = Array.from({ length: 4 }, () => new Member(turns, clock).begin())
    clock.advance(30_000)
    expect(members.map(({ waitMs }) => waitMs)).toEqual([10_000, 10_000, 10_000, 10_000])
    expect(members.every(({ takenAt }) => takenAt.length <= 5)).toBe(true)
  })

  it('come round within the staleness for 4, 5, 40 and 300 members', () => {
    for (const count of [5, 40, 300]) {
      const [clock, turns] = [new ManualClock(), new Turns(OPTIONS)]
      const members = Array.from({ length: count }, () => new Member(turns, clock).begin())
      clock.advance(60_000)
      const gaps = members.flatMap(({ takenAt }) => takenAt.slice(2).map((at, i) => at - takenAt[i + 1]!))
      const turnMs = Math.max(SHORTEST_TURN_MS, (2000 * 3) / count)
      expect(turns.turnMs).toBe(turnMs)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(count / 3) * turnMs + 1e-6)
    }
  })

  it('are given first to who has not been answered yet', () => {
    const [clock, turns] = [new ManualClock(), new Turns(OPTIONS)]
    for (let i = 0; i < 40; i++) new Member(turns, clock).begin()
    clock.advance(5000)
    const late = new Member(turns, clock).begin()
    expect(late.takenAt.length).toBe(1)
  })

  it('end the long waits once, when the first one too many comes', () => {
    const [clock, turns] = [new ManualClock(), new Turns(OPTIONS)]
    const members = Array.from({ length: 4 }, () => new Member(turns, clock).begin())
    clock.advance(100)
    const fifth = new Member(turns, clock).begin()
    clock.advance(1)
    expect(fifth.takenAt.length).toBe(1)
    const sixth = new Member(turns, clock).begin()
    expect(members.map(({ interruptions }) => interruptions)).toEqual([1, 1, 1, 1])
    fifth.end()
    sixth.end()
    clock.advance(10_000)
    expect(members.map(({ waitMs }) => waitMs)).toEqual([10_000, 10_000, 10_000, 10_000])
  })
})
