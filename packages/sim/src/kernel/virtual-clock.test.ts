import type { Timer, TimerTask } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { Kernel } from './kernel.ts'
import { createDrain } from './node-drain.ts'
import { type HostGate, VirtualClock, WALL_EPOCH_MS } from './virtual-clock.ts'

const drain = createDrain()

/** A host as the model has one: a pause holds timers, a resumption gives each an event of its own. */
class Host implements HostGate {
  epoch = 0
  isPaused = false
  isAsync = false
  readonly held: TimerTask[] = []
  readonly kernel: Kernel
  readonly clock: VirtualClock
  readonly seen: [string, number][] = []

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.clock = new VirtualClock(kernel, this)
  }

  hold(run: TimerTask): void {
    this.held.push(run)
  }

  resume(): void {
    this.isPaused = false
    for (const run of this.held.splice(0)) this.kernel.at(this.kernel.nowUs, run)
  }

  note(atMs: number, name: string): Timer {
    return this.clock.schedule(atMs, { onTimer: () => this.seen.push([name, this.clock.now()]) })
  }

  at(atMs: number, run: () => void): void {
    this.kernel.at(atMs * 1000, { onTimer: run })
  }
}

describe('VirtualClock', () => {
  it('tells the time of the kernel in milliseconds, and a calendar that begins in 2026', async () => {
    const kernel = new Kernel()
    const host = new Host(kernel)
    const skewed = new VirtualClock(kernel, host, { wallOffsetMs: -1500 })
    expect(host.clock.now()).toBe(0)
    // `date -u -d 2026-01-01 +%s`
    expect(host.clock.wallNow()).toBe(1_767_225_600_000)
    await kernel.run(1_234_567, { drain })
    expect(host.clock.now()).toBe(1234.567)
    expect(host.clock.wallNow()).toBe(WALL_EPOCH_MS + 1234.567)
    expect(skewed.wallNow()).toBe(WALL_EPOCH_MS + 1234.567 - 1500)
    expect(skewed.now()).toBe(1234.567)
  })

  it('never fires before the instant asked for, by any rounding, and at most a microsecond after it', async () => {
    const kernel = new Kernel()
    const host = new Host(kernel)
    let fired = 0
    const armAt = (atMs: number): void => {
      host.clock.schedule(atMs, {
        onTimer: () => {
          fired++
          expect(host.clock.now()).toBeGreaterThanOrEqual(atMs)
          expect(host.clock.now()).toBeLessThan(atMs + 0.00100001)
        },
      })
    }
    let state = 1
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      armAt(state / 1e5)
      armAt(Math.floor(state / 1e5) + 0.1 + 0.2)
      armAt(Math.floor(state / 1e6) / 1000 + 1e-10)
    }
    await kernel.run(1e8, { drain })
    expect(fired).toBe(60_000)
  })

  it('meets the tick that a sum of milliseconds misses by a rounding error', async () => {
    const host = new Host(new Kernel())
    host.note(0.1 + 0.2 - 1e-13, 'sum')
    host.note(0.3, 'plain')
    await host.kernel.run(1000, { drain })
    expect(host.seen).toEqual([
      ['sum', 0.3],
      ['plain', 0.3],
    ])
  })

  it('fires timers of one instant in the order they were armed, those for the past now but never inside schedule', async () => {
    const host = new Host(new Kernel())
    host.note(5, 'a')
    host.clock.schedule(5, {
      onTimer: () => {
        host.note(1, 'past')
        host.note(5, 'now')
        host.seen.push(['b', 5])
      },
    })
    host.note(5, 'c').cancel()
    host.note(5, 'd')
    host.note(Number.POSITIVE_INFINITY, 'never')
    await host.kernel.run(10_000, { drain })
    expect(host.seen.map(([name]) => name)).toEqual(['a', 'b', 'd', 'past', 'now'])
  })

  it('drops the timers of a life that is over, and keeps those of the next', async () => {
    const host = new Host(new Kernel())
    host.note(10, 'before the crash')
    host.note(30, 'first life')
    host.at(20, () => {
      host.epoch++
      host.note(30, 'second life')
    })
    await host.kernel.run(50_000, { drain })
    expect(host.seen).toEqual([
      ['before the crash', 10],
      ['second life', 30],
    ])
  })

  it('hands due timers of a paused host to it, and they run late and in order at its return', async () => {
    const host = new Host(new Kernel())
    const other = new Host(host.kernel)
    host.at(15, () => {
      host.isPaused = true
    })
    for (const at of [10, 20, 30, 40]) host.note(at, `at ${at}`)
    other.note(20, 'another host')
    host.at(35, () => host.resume())
    await host.kernel.run(50_000, { drain })
    expect(host.seen).toEqual([
      ['at 10', 10],
      ['at 20', 35],
      ['at 30', 35],
      ['at 40', 40],
    ])
    expect(other.seen).toEqual([['another host', 20]])
  })

  it('asks the gate again at the return: cancelled and crashed timers are gone, a new pause holds the rest', async () => {
    const host = new Host(new Kernel())
    host.isPaused = true
    const cancelled = host.note(10, 'cancelled while held')
    host.note(11, 'late')
    host.at(20, () => {
      cancelled.cancel()
      host.resume()
      host.isPaused = true
    })
    host.at(30, () => host.resume())
    host.at(40, () => {
      host.isPaused = true
    })
    host.note(41, 'held by one that dies')
    host.at(50, () => {
      host.epoch++
      host.resume()
    })
    await host.kernel.run(100_000, { drain })
    expect(host.seen).toEqual([['late', 30]])
  })

  it('ignores a timer that is cancelled after it fired, and one cancelled twice', async () => {
    const host = new Host(new Kernel())
    const timer = host.note(1, 'once')
    await host.kernel.run(2000, { drain })
    timer.cancel()
    timer.cancel()
    expect(host.seen).toEqual([['once', 1]])
    expect(host.kernel.pending).toBe(0)
  })

  it('lets promises run after each timer of an asynchronous host, also at its return from a pause', async () => {
    const host = new Host(new Kernel())
    host.isAsync = true
    host.isPaused = true
    const seen: string[] = []
    const sleep = (atMs: number): Promise<void> =>
      new Promise((resolve) => {
        host.clock.schedule(atMs, { onTimer: () => resolve() })
      })
    const worker = async (name: string): Promise<void> => {
      await sleep(10)
      seen.push(`${name} woke`)
      await null
      seen.push(`${name} went on`)
      await sleep(20)
      seen.push(`${name} ended`)
    }
    void worker('a')
    void worker('b')
    host.at(15, () => host.resume())
    await host.kernel.run(50_000, { drain })
    expect(seen).toEqual(['a woke', 'a went on', 'b woke', 'b went on', 'a ended', 'b ended'])
  })
})
