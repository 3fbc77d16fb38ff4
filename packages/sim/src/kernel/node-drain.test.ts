import { afterEach, describe, expect, it } from 'vitest'
import { Kernel } from './kernel.ts'
import { createDrain, type DrainOptions } from './node-drain.ts'
import { TraceHash } from './trace-hash.ts'

const METHODS = ['auto', 'immediate'] as const
const node = process as unknown as { _tickCallback: (() => void) | undefined }
const tickCallback = node._tickCallback
// The listeners of the test runner would take what these tests throw for its own.
const EVENTS = ['unhandledRejection', 'uncaughtException'] as const
const listeners = EVENTS.map((event) => process.listeners(event as 'uncaughtException'))

afterEach(() => {
  node._tickCallback = tickCallback
  EVENTS.forEach((event, i) => {
    process.removeAllListeners(event)
    for (const listener of listeners[i]!) process.on(event, listener)
  })
})

/** Handlers that hop through promises of all kinds; every event and the end of every handler is a fact. */
async function trace(options: DrainOptions, drainAlways: boolean): Promise<{ digest: string; facts: string[] }> {
  const kernel = new Kernel()
  const hash = new TraceHash()
  const facts: string[] = []
  const fact = (kind: number, id: number): void => {
    hash.add(kernel.nowUs, kind, id, 0, 0)
    facts.push(`${kernel.nowUs} ${['begun', 'ended', 'fired', 'plain'][kind]} ${id}`)
  }
  const sleep = (us: number): Promise<void> =>
    new Promise((resolve) => {
      kernel.after(us, {
        onTimer: () => {
          kernel.mark()
          resolve()
        },
      })
    })
  const hops = async (count: number): Promise<number> => {
    if (count === 0) return 0
    if (count % 7 === 0) await new Promise<void>((resolve) => process.nextTick(resolve))
    if (count % 5 === 0) await new Promise<void>((resolve) => queueMicrotask(resolve))
    await Promise.all([Promise.resolve(), null])
    return 1 + (await hops(count - 1))
  }
  const handler = async (id: number): Promise<void> => {
    fact(0, id)
    await hops(id)
    await sleep(10)
    await hops(50 - id)
    fact(1, id)
  }
  for (let id = 1; id <= 50; id++) {
    // All at the same instant, each followed by an event that must find it ended.
    kernel.at(100, {
      onTimer: () => {
        kernel.mark()
        void handler(id)
      },
    })
    kernel.at(100, { onTimer: () => fact(3, id) })
  }
  kernel.at(5000, { onTimer: () => fact(3, 99) })
  await kernel.run(10_000, { drain: createDrain(options), drainAlways })
  return { digest: hash.digest(), facts }
}

describe('createDrain', () => {
  it.each(METHODS)('lets chains of 1 to 50 hops end before the next event of the same instant (%s)', async (method) => {
    for (let hopCount = 1; hopCount <= 50; hopCount++) {
      const kernel = new Kernel()
      let hopped = 0
      let seenByNext = -1
      const chain = async (): Promise<void> => {
        for (; hopped < hopCount; hopped++) await null
      }
      kernel.at(5, {
        onTimer: () => {
          kernel.mark()
          void chain()
        },
      })
      kernel.at(5, {
        onTimer: () => {
          seenByNext = hopped
        },
      })
      await kernel.run(10, { drain: createDrain({ method }) })
      expect(seenByNext).toBe(hopCount)
    }
  })

  it('gives one trace, whichever way it drains and whether or not after every event', async () => {
    const first = await trace({}, false)
    expect(first.facts).toHaveLength(50 * 3 + 1)
    expect(first.facts.slice(0, 4)).toEqual(['100 begun 1', '100 plain 1', '100 begun 2', '100 plain 2'])
    expect(first.facts.slice(100, 102)).toEqual(['110 ended 1', '110 ended 2'])
    for (const method of METHODS) {
      for (const drainAlways of [false, true]) expect(await trace({ method }, drainAlways)).toEqual(first)
    }
  })

  it('does not drain after an event that marked nothing, so that plain events cost none', async () => {
    const kernel = new Kernel()
    const seen: string[] = []
    kernel.at(5, { onTimer: () => void Promise.resolve().then(() => seen.push('microtask')) })
    kernel.at(5, { onTimer: () => seen.push('next event') })
    await kernel.run(10, { drain: createDrain() })
    expect(seen).toEqual(['next event', 'microtask'])
  })

  it('falls back where _tickCallback is missing, does nothing, or stops working in the middle of a run', async () => {
    const proper = await trace({}, false)
    node._tickCallback = undefined
    expect(await trace({}, false)).toEqual(proper)
    node._tickCallback = () => {}
    expect(await trace({}, false)).toEqual(proper)

    let left = 3000
    node._tickCallback = () => {
      if (left-- > 0) tickCallback?.call(process)
    }
    const kernel = new Kernel()
    let hopped = 0
    let wrong = 0
    const hop = async (): Promise<void> => {
      for (let i = 0; i < 4; i++) await null
      hopped++
    }
    for (let i = 0; i < 20_000; i++) {
      kernel.at(i, {
        onTimer: () => {
          if (hopped !== i) wrong++
          kernel.mark()
          void hop()
        },
      })
    }
    await kernel.run(20_000, { drain: createDrain() })
    expect(hopped).toBe(20_000)
    // Wrong until the next probe and never after it.
    expect(wrong).toBeGreaterThan(0)
    expect(wrong).toBeLessThan(4096)
  })

  it('serves several runs of one process side by side', async () => {
    const alone = await trace({}, false)
    const together = await Promise.all([
      trace({}, false),
      trace({ method: 'immediate' }, false),
      trace({ method: 'immediate' }, true),
    ])
    for (const one of together) expect(one).toEqual(alone)
  })

  describe.each(METHODS)('what nobody catches fails the run (%s)', (method) => {
    const failing = async (run: () => void): Promise<unknown> => {
      for (const event of EVENTS) process.removeAllListeners(event)
      const kernel = new Kernel()
      let after = 0
      kernel.at(5, {
        onTimer: () => {
          kernel.mark()
          run()
        },
      })
      kernel.at(5, { onTimer: () => after++ })
      const error = await kernel.run(10, { drain: createDrain({ method }) }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(after).toBe(0)
      for (const event of EVENTS) expect(process.listenerCount(event)).toBe(0)
      return error
    }
    const bug = new Error('a bug in a handler')

    it('a rejection without a handler', async () => {
      const handler = async (): Promise<void> => {
        await null
        throw bug
      }
      expect(await failing(() => void handler())).toBe(bug)
    })

    it('an exception of a microtask', async () => {
      expect(
        await failing(() =>
          queueMicrotask(() => {
            throw bug
          }),
        ),
      ).toBe(bug)
    })

    it('an exception of a nextTick callback', async () => {
      expect(
        await failing(() =>
          process.nextTick(() => {
            throw bug
          }),
        ),
      ).toBe(bug)
    })
  })

  it.each(METHODS)('leaves the real event loop free between slices (%s)', async (method) => {
    const kernel = new Kernel()
    const again = { onTimer: () => void kernel.after(10, again) }
    kernel.at(0, again)
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    turn()
    // A real clock that goes on by 1 ms with each look: a rest each 50 looks.
    let ms = 0
    await kernel.run(1e6, { drain: { ...createDrain({ method }), realNow: () => ms++ } })
    isOver = true
    expect(turns).toBeGreaterThan(1e5 / 64 / 51)
  })

  it.each(METHODS)('keeps the guard on for all simulated code and off for all else (%s)', async (method) => {
    const kernel = new Kernel()
    let open = 0
    const seen = new Set<string>()
    const see = (what: string): void => void seen.add(`${what}: ${open}`)
    let events = 0
    const tick = {
      onTimer: (): void => {
        see('event')
        kernel.mark()
        void Promise.resolve()
          .then(() => null)
          .then(() => see('microtask'))
        if (events++ < 10_000) kernel.after(1, tick)
      },
    }
    kernel.at(0, tick)
    const guard = { enter: () => void open++, leave: () => void open-- }
    let ms = 0
    const drain = { ...createDrain({ method, guard }), realNow: () => ms++ }
    const outside = (): void => {
      see('outside')
      if (events < 10_000) setImmediate(outside)
    }
    setImmediate(outside)
    await kernel.run(1e6, {
      drain,
      onSlice: () => {
        see('slice')
        return true
      },
    })
    see('after')
    expect([...seen].sort()).toEqual(['after: 0', 'event: 1', 'microtask: 1', 'outside: 0', 'slice: 0'])
  })
})
