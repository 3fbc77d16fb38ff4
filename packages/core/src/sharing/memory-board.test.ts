import { describe, expect, it } from 'vitest'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { boardContract } from '../testing/board-contract.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { MemoryBoard } from './memory-board.ts'
import type { BoardSink } from './shared-board.ts'

describe.each([undefined, 40])('with a delay of %s', (delayMs) => {
  boardContract({ describe, it, expect }, 'the in-memory board', async () => {
    const clock = new ManualClock()
    const board = new MemoryBoard(clock)
    return {
      connect: () => board.connect(delayMs === undefined ? {} : { delayMs: () => delayMs }),
      pass: (ms) => clock.advanceAsync(ms),
      ttlMs: 1000,
      seenWithinMs: 50,
      expiresWithinMs: 0,
      interrupt: () => {
        board.interrupt()
        return { [Symbol.dispose]: () => board.resume() }
      },
      close: async () => {},
    }
  })
})

function reader(): BoardSink & { readonly heard: string[] } {
  const heard: string[] = []
  return { heard, note: (peer, note) => heard.push(`${peer}: ${note}`), gone: (peer) => heard.push(`${peer} is gone`) }
}

describe('the in-memory board', () => {
  it('lets no word overtake the one before, however their delays are drawn', () => {
    const clock = new ManualClock()
    const board = new MemoryBoard(clock)
    const delays = [50, 10, 30, 0]
    const author = board.connect({ peer: 'a' })
    const sink = reader()
    board.connect({ delayMs: () => delays.shift() ?? 0 }).watch('t', sink)
    for (let i = 1; i <= 3; i++) author.publish('t', `${i}`, 1000)
    author.close()
    clock.advance(49)
    expect(sink.heard).toEqual([])
    clock.advance(1)
    expect(sink.heard).toEqual(['a: 1', 'a: 2', 'a: 3', 'a is gone'])
  })

  it('keeps no process alive, and no timer of a note that was taken down', () => {
    const clock = new ManualClock()
    const armed: (boolean | undefined)[] = []
    const schedule = clock.schedule.bind(clock)
    clock.schedule = (atMs, task) => {
      armed.push(task.isBackground)
      return schedule(atMs, task)
    }
    const board = new MemoryBoard(clock)
    board.connect({ delayMs: () => 5 }).watch('t', reader())
    const note = board.connect().publish('t', 'a', 1000)
    clock.advance(5)
    note[Symbol.dispose]()
    clock.advance(5)
    expect(armed).toEqual([true, true, true])
    expect(clock.pending).toBe(0)
  })

  it('tells of a reader that throws', () => {
    const events: GovernanceEvent[] = []
    const board = new MemoryBoard(new ManualClock())
    const error = new Error('no')
    const sink: BoardSink = {
      note: () => {
        throw error
      },
      gone: () => {},
    }
    board.connect({ events: { emit: (event) => void events.push(event) } }).watch('t', sink)
    board.connect().publish('t', 'a', 1000)
    expect(events).toEqual([{ type: 'listenerFailed', atMs: 0, error }])
  })
})
