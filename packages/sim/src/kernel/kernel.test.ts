import type { Timer, TimerTask } from '@seakeep/core/spi'
import { describe, expect, it } from 'vitest'
import { Kernel } from './kernel.ts'
import type { MicrotaskDrain } from './microtask-drain.ts'
import { createDrain } from './node-drain.ts'

const drain = createDrain()

function task(run: (timer: Timer) => void): TimerTask {
  return { onTimer: run }
}

describe('Kernel', () => {
  it('runs events by time, and those of one instant in the order they were armed', async () => {
    const kernel = new Kernel()
    const seen: [string, number][] = []
    const note = (name: string): TimerTask => task(() => seen.push([name, kernel.nowUs]))
    kernel.at(500, note('late'))
    kernel.at(10, note('a'))
    kernel.at(
      10,
      task(() => {
        seen.push(['b', kernel.nowUs])
        kernel.at(10, note('now, behind the others'))
        kernel.at(3, note('past, so now'))
        kernel.after(0, note('no delay'))
        kernel.after(5, note('later'))
      }),
    )
    kernel.at(10, note('c'))
    kernel.at(2 ** 40, note('beyond the wheel'))
    expect(await kernel.run(2 ** 41, { drain })).toBe('finished')
    expect(seen).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 10],
      ['now, behind the others', 10],
      ['past, so now', 10],
      ['no delay', 10],
      ['later', 15],
      ['late', 500],
      ['beyond the wheel', 2 ** 40],
    ])
    expect(kernel.nowUs).toBe(2 ** 41)
    expect(kernel.events).toBe(9)
  })

  it('agrees with a sorted list on random timers, cancellations and re-armings', async () => {
    let state = 12345
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state % below
    }
    const kernel = new Kernel()
    const expected = new Map<number, number>()
    const timers: Timer[] = []
    const seen = new Set<number>()
    const arm = (): void => {
      const id = timers.length
      const at = kernel.nowUs + [0, random(3), random(300), random(70_000), random(2 ** 30) * 16][random(5)]!
      expected.set(id, at)
      const run = task(() => {
        seen.add(id)
        if (timers.length < 20_000) for (let i = random(4); i > 0; i--) arm()
        const victim = random(timers.length)
        if (seen.has(victim)) return
        timers[victim]!.cancel()
        expected.delete(victim)
      })
      timers.push(kernel.at(at, run))
    }
    for (let i = 0; i < 300; i++) arm()
    await kernel.run(Number.POSITIVE_INFINITY, { drain })
    expect(seen.size).toBeGreaterThan(5000)
    // The sort is stable and the map has the order of arming.
    expect([...seen]).toEqual([...expected].sort((a, b) => a[1] - b[1]).map(([id]) => id))
    expect(kernel.pending).toBe(0)
  })

  it('drops a cancelled timer at once and does not count it', async () => {
    const kernel = new Kernel()
    const seen: string[] = []
    const second = kernel.at(
      20,
      task(() => seen.push('second')),
    )
    kernel.at(
      20,
      task(() => seen.push('third')),
    )
    kernel.at(
      10,
      task((timer) => {
        timer.cancel()
        second.cancel()
        second.cancel()
      }),
    )
    await kernel.run(100, { drain })
    expect(seen).toEqual(['third'])
    expect(kernel.events).toBe(2)
    expect(kernel.pending).toBe(0)
  })

  it('rounds to whole microseconds, and takes Infinity for never', async () => {
    const kernel = new Kernel()
    const seen: number[] = []
    for (const at of [1.4, 2.5, Number.POSITIVE_INFINITY]) {
      kernel.at(
        at,
        task(() => seen.push(kernel.nowUs)),
      )
    }
    await kernel.run(1e15, { drain })
    expect(seen).toEqual([1, 3])
    expect(kernel.pending).toBe(1)
  })

  it('arms a timer again, pending or fired', async () => {
    const kernel = new Kernel()
    const seen: number[] = []
    const beat = kernel.at(
      80,
      task(() => {
        seen.push(kernel.nowUs)
        kernel.rearm(beat, kernel.nowUs + 30)
      }),
    )
    kernel.rearm(beat, 10)
    expect(kernel.pending).toBe(1)
    await kernel.run(100, { drain })
    expect(seen).toEqual([10, 40, 70])
    expect(beat.isPending).toBe(true)
  })

  describe('the end of a run', () => {
    it('is not part of it: a run is a prefix of a longer one and can be gone on with', async () => {
      const trace = async (...untils: number[]): Promise<string[]> => {
        const kernel = new Kernel()
        const seen: string[] = []
        const tick = task(() => {
          seen.push(`tick ${kernel.nowUs}`)
          kernel.after(250, tick)
        })
        kernel.at(0, tick)
        kernel.at(
          999,
          task(() =>
            kernel.after(
              1,
              task(() => seen.push(`echo ${kernel.nowUs}`)),
            ),
          ),
        )
        for (const until of untils) {
          expect(await kernel.run(until, { drain })).toBe('finished')
          expect(kernel.nowUs).toBe(until)
        }
        return seen
      }
      const long = await trace(2000)
      expect(await trace(1000)).toEqual(long.slice(0, 4))
      expect(long[4]).toBe('tick 1000')
      expect(long[5]).toBe('echo 1000')
      expect(await trace(1000, 1000, 1001, 2000)).toEqual(long)
    })

    it('is where an empty kernel stands, and a timer for an instant before it is due there', async () => {
      const kernel = new Kernel()
      await kernel.run(5000, { drain })
      expect(kernel.nowUs).toBe(5000)
      const seen: number[] = []
      kernel.at(
        4000,
        task(() => seen.push(kernel.nowUs)),
      )
      await kernel.run(5000, { drain })
      expect(seen).toEqual([])
      await kernel.run(6000, { drain })
      expect(seen).toEqual([5000])
    })
  })

  describe('failure', () => {
    it('rejects with what a task threw, the same object, and runs nothing after it', async () => {
      const kernel = new Kernel()
      const seen: number[] = []
      const bug = new TypeError('a bug in a task')
      for (const at of [10, 20, 30]) {
        kernel.at(
          at,
          task(() => {
            seen.push(at)
            if (at === 20) throw bug
          }),
        )
      }
      await expect(kernel.run(100, { drain })).rejects.toBe(bug)
      expect(seen).toEqual([10, 20])
      expect(kernel.nowUs).toBe(20)
      await expect(kernel.run(100, { drain })).rejects.toBe(bug)
      expect(seen).toEqual([10, 20])
    })

    it('fail() ends the run with its first error, also from a microtask', async () => {
      const kernel = new Kernel()
      const first = new Error('first')
      kernel.at(
        10,
        task(() => {
          kernel.mark()
          void Promise.resolve()
            .then(() => kernel.fail(first))
            .then(() => kernel.fail(new Error('second')))
        }),
      )
      kernel.at(
        10,
        task(() => {
          throw new Error('must not run')
        }),
      )
      await expect(kernel.run(100, { drain })).rejects.toBe(first)
      expect(kernel.events).toBe(1)
    })

    it('stops a loop that arms itself without a delay, and names it', async () => {
      const kernel = new Kernel()
      class Restless implements TimerTask {
        onTimer(): void {
          kernel.after(0, this)
        }
      }
      kernel.at(7000, new Restless())
      await expect(kernel.run(10_000, { drain })).rejects.toThrow(
        /stands still at 7 ms: more than 1,000,000 events .* the last of Restless/,
      )
    })

    it('lets more events than that pass while time goes on', async () => {
      const kernel = new Kernel()
      const tick: TimerTask = task(() => kernel.after(kernel.events & 1, tick))
      kernel.at(0, tick)
      await kernel.run(550_000, { drain })
      expect(kernel.events).toBe(1_099_999)
    })

    it('refuses a run inside a run', async () => {
      const kernel = new Kernel()
      const run = kernel.run(10, { drain })
      await expect(kernel.run(10, { drain })).rejects.toThrow('running already')
      expect(await run).toBe('finished')
    })
  })

  describe('interrupts', () => {
    /** A real clock that goes on by 1 ms with each look. */
    const lookedAt = (): MicrotaskDrain => {
      let ms = 0
      return { ...createDrain(), realNow: () => ms++ }
    }
    const endless = (kernel: Kernel): TimerTask => {
      const again: TimerTask = task(() => kernel.after(10, again))
      return again
    }

    it('asks onSlice about every 50 ms of real time and obeys', async () => {
      const kernel = new Kernel()
      kernel.at(0, endless(kernel))
      const slices: number[] = []
      const result = await kernel.run(1e9, {
        drain: lookedAt(),
        onSlice: (nowUs) => {
          expect(nowUs).toBe(kernel.nowUs)
          return slices.push(nowUs) < 3
        },
      })
      expect(result).toBe('interrupted')
      expect(slices).toHaveLength(3)
      // 50 looks, one each 64 events, 10 us apart.
      expect(slices[1]! - slices[0]!).toBe(50 * 64 * 10)
      expect(kernel.nowUs).toBe(slices[2])
      // And goes on as if nothing had been.
      expect(await kernel.run(1e6, { drain })).toBe('finished')
      expect(kernel.events).toBe(1e5)
    })

    it('stop() ends the run after the present event', async () => {
      const kernel = new Kernel()
      kernel.stop()
      kernel.at(0, endless(kernel))
      kernel.at(
        95,
        task(() => kernel.stop()),
      )
      expect(await kernel.run(1e6, { drain })).toBe('interrupted')
      expect(kernel.nowUs).toBe(95)
      expect(await kernel.run(200, { drain })).toBe('finished')
      expect(kernel.events).toBe(21)
    })

    it('an onSlice that throws fails the run', async () => {
      const kernel = new Kernel()
      kernel.at(0, endless(kernel))
      const run = kernel.run(1e9, {
        drain: lookedAt(),
        onSlice: () => {
          throw new Error('the display broke')
        },
      })
      await expect(run).rejects.toThrow('the display broke')
    })
  })
})
