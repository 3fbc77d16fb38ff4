import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { MemoryBoard } from '../sharing/memory-board.ts'
import { Topic } from '../sharing/topic.ts'
import { NO_EVENTS } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { createRateLimiter } from './create-rate-limiter.ts'
import { LimitLoop } from './limit-loop.ts'
import { type RateLimitOptions, resolveRateLimitOptions } from './rate-limit-options.ts'
import type { SharedRateLimiter } from './shared-rate-limiter.ts'

const RATE = 100

/** Instances that share a rate over a board; each is given attempts by hand. */
class World {
  readonly clock = new ManualClock()
  readonly board = new MemoryBoard(this.clock)
  readonly options: RateLimitOptions
  readonly delayMs: number
  readonly limiters: SharedRateLimiter[] = []
  readonly admittedMs: number[] = []

  constructor(instances: number, delayMs = 1, options: Partial<RateLimitOptions> = {}) {
    this.delayMs = delayMs
    this.options = { rate: RATE, shared: true, ...options }
    for (let i = 0; i < instances; i++) this.join()
  }

  join(): SharedRateLimiter {
    const { clock, delayMs } = this
    const board = this.board.connect({ delayMs: () => delayMs })
    const loop = new LimitLoop(clock, NO_EVENTS)
    const limiter = createRateLimiter(resolveRateLimitOptions(this.options), {
      clock,
      topic: new Topic('rate', { board, clock, events: NO_EVENTS }),
      wake: (limit) => loop.wake(limit),
    }) as SharedRateLimiter
    this.limiters.push(limiter)
    return limiter
  }

  /** How many of `attempts` at once are let in. */
  take(at: number, attempts: number): number {
    let taken = 0
    for (let i = 0; i < attempts; i++) if (this.limiters[at]?.tryTake(this.clock.now()) === true) taken++
    for (let i = 0; i < taken; i++) this.admittedMs.push(this.clock.now())
    return taken
  }

  /** Attempts at even distances, `demands[i]` a second by the ith, for so long. */
  run(demands: readonly number[], seconds: number, look: () => void = () => {}): void {
    const untilMs = this.clock.now() + seconds * 1000
    const nextMs = demands.map((demand, at) => this.clock.now() + (1000 / demand) * ((at + 1) / (demands.length + 1)))
    while (this.clock.now() < untilMs) {
      const atMs = Math.min(untilMs, ...nextMs)
      this.clock.advance(atMs - this.clock.now())
      for (const [at, demand] of demands.entries()) {
        if (nextMs[at] !== atMs) continue
        this.take(at, 1)
        nextMs[at] = atMs + 1000 / demand
      }
      look()
    }
  }

  get shares(): number[] {
    return this.limiters.map(({ share }) => Math.round(share * 10) / 10)
  }
  get sum(): number {
    return this.limiters.reduce((total, { share }) => total + share, 0)
  }
  admitted(fromMs: number, untilMs: number): number {
    return this.admittedMs.filter((ms) => ms >= fromMs && ms < untilMs).length
  }
}

describe('a shared rate', () => {
  test('is divided by what each needs, within three seconds', () => {
    const world = new World(3)
    world.run([10, 80, 200], 3)
    expect(world.shares).toEqual([13.3, 45, 45])
    world.run([150, 10, 10], 3)
    expect(world.shares).toEqual([80, 13.3, 13.3])
    expect(world.admitted(5_000, 6_000)).toBeGreaterThan(95)
  })

  test('one that is alone has all of it after a second', () => {
    const world = new World(1)
    expect(world.take(0, 200)).toBe(1)
    world.clock.advance(999)
    expect(world.take(0, 200)).toBe(9)
    world.clock.advance(1)
    expect(world.shares).toEqual([100])
    world.clock.advance(1000)
    expect(world.take(0, 200)).toBe(100)
  })

  test.each(['token-bucket', 'gcra', 'sliding-window'] as const)('of a %s', (algorithm) => {
    const world = new World(4, 1, { algorithm })
    world.run([200, 200, 200, 200], 20)
    expect(world.shares).toEqual([25, 25, 25, 25])
    const perSecond = world.admitted(5_000, 20_000) / 15
    expect(perSecond).toBeGreaterThan(98)
    expect(perSecond).toBeLessThan(101)
  })

  test('is left by who has nothing to send, who then needs no timer, and is a member for a minute', () => {
    const world = new World(2)
    world.run([200, 20], 5)
    expect(world.shares[1]).toBe(25)
    world.run([200], 10)
    expect(world.shares).toEqual([99, 6])
    world.clock.advance(10_000)
    // Two notes that stand on the board.
    expect(world.clock.pending).toBe(2)
    world.clock.advance(60_000)
    expect(world.clock.pending).toBe(0)
    // A stranger again: one attempt, and a tenth.
    expect([world.take(0, 99), world.shares[0]]).toEqual([1, 10])
  })

  test('who has been paused for so long that the others have forgotten it begins anew', () => {
    const world = new World(1)
    world.run([200], 5)
    const [one] = world.limiters as [SharedRateLimiter]
    // Its timers are late by four seconds; then an attempt comes first.
    expect(one.tryTake(world.clock.now() + 4_000)).toBe(true)
    expect(one.share).toBe(10)
  })

  test('an instance that closes gives its part to the others at once', () => {
    const world = new World(2)
    world.run([200, 200], 5)
    world.limiters[1]?.close()
    world.run([200], 3)
    expect(world.shares[0]).toBe(100)
    expect(world.clock.pending).toBe(2)
  })

  test('other numbers keep the parts', () => {
    const world = new World(2)
    world.run([300, 300], 5)
    for (const limiter of world.limiters) limiter.update({ rate: 40, burst: 40 }, world.clock.now())
    expect(world.shares).toEqual([20, 20])
    world.run([300, 300], 5)
    expect(world.admitted(6_000, 10_000)).toBeLessThanOrEqual(161)
  })

  test('a note that cannot be read is a peer that may need anything', () => {
    const world = new World(1)
    world.run([200], 5)
    world.board.connect().publish('rate', '{"v":2}', 60_000)
    world.clock.advance(2)
    expect(world.shares).toEqual([50])
  })
})

describe('where the board falls silent', () => {
  test('each goes on with its part, after three seconds with an equal one', () => {
    const world = new World(4)
    world.run([10, 10, 100, 200], 6)
    expect(world.shares).toEqual([12.5, 12.5, 40, 40])
    world.board.interrupt()
    world.run([10, 10, 100, 200], 2)
    expect(world.shares).toEqual([12.5, 12.5, 40, 40])
    world.run([10, 10, 100, 200], 120)
    expect(world.shares).toEqual([25, 25, 25, 25])
    world.board.resume()
    world.run([10, 10, 100, 200], 3)
    expect(world.shares).toEqual([12.5, 12.5, 40, 40])
  })

  test('who never heard of anybody has all of it', () => {
    const world = new World(2)
    world.board.interrupt()
    world.run([200, 200], 3)
    expect(world.shares).toEqual([100, 100])
  })

  test('the equal part of a peer that crashed is left to it until the board has found out', () => {
    const world = new World(2)
    world.run([200, 200], 5)
    world.board.interrupt()
    world.run([200], 30)
    expect(world.shares[0]).toBe(50)
    world.board.resume()
    world.run([200], 3)
    expect(world.shares[0]).toBe(99)
  })
})

// The bound that docs/sharing.md states.
describe('the sum of the parts', () => {
  test.each([0, 1, 50, 500])(
    'with notes that take %d ms it is at most 1.1 rates',
    (delayMs) => {
      const demand = fc.integer({ min: 1, max: 300 })
      const phase = fc.record({ demands: fc.array(demand, { minLength: 6, maxLength: 6 }), seconds: fc.nat(4) })
      fc.assert(
        fc.property(fc.array(phase, { minLength: 3, maxLength: 8 }), (phases) => {
          const world = new World(6, delayMs)
          // Each begins for itself, and is heard of.
          for (let i = 0; i < 6; i++) {
            world.take(i, 1)
            world.clock.advance(delayMs + 137)
          }
          let most = 0
          for (const { demands, seconds } of phases) {
            world.run(demands, seconds, () => {
              most = Math.max(most, world.sum)
            })
          }
          expect(most).toBeLessThan(1.1 * RATE + 1e-6)
        }),
        { seed: 21, numRuns: 25 },
      )
    },
    60_000,
  )

  test('whoever begins adds a tenth until the others have heard of it, and one attempt', () => {
    const delayMs = 50
    const world = new World(4, delayMs)
    world.run([200, 200, 200, 200], 5)
    for (let i = 0; i < 5; i++) world.join()
    const beganMs = world.clock.now()
    for (let i = 4; i < 9; i++) world.take(i, 50)
    expect(world.admitted(beganMs, beganMs + 1)).toBeLessThanOrEqual(5)
    expect(world.sum).toBeCloseTo(1.5 * RATE, 0)
    world.clock.advance(delayMs)
    expect(world.sum).toBeLessThan(1.1 * RATE)
  })

  test('what is admitted in T seconds stays under 1.1 rate T + burst + one for each', () => {
    const random = new Sfc32(5, 5)
    const world = new World(8, 20, { burst: 20 })
    for (let round = 0; round < 20; round++) {
      world.run(
        Array.from({ length: 8 }, () => 1 + random.next() ** 4 * 300),
        3,
      )
    }
    const { admittedMs } = world
    let most = 0
    for (const [from, fromMs] of admittedMs.entries()) {
      for (let until = from; until < admittedMs.length; until++) {
        const seconds = ((admittedMs[until] as number) - fromMs) / 1000
        most = Math.max(most, until + 1 - from - 1.1 * RATE * seconds)
      }
    }
    expect(most).toBeLessThanOrEqual(20 + 8)
  })
})
