import { ManualClock } from '@seakeep/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { WatchRequest, WatchResponse } from './etcd-messages.ts'
import { RangeWatch } from './range-watch.ts'
import { WatchStream } from './watch-stream.ts'

const PROBE_MS = 1000

describe('WatchStream', () => {
  let clock: ManualClock
  let stream: WatchStream
  let sent: WatchRequest[]
  let lost: Error[]
  let given: string[]
  beforeEach(() => {
    clock = new ManualClock()
    sent = []
    lost = []
    given = []
    stream = new WatchStream(clock, PROBE_MS, { onAlive: () => {}, onLost: (_, error) => lost.push(error) })
    stream.begin({
      send: (message) => sent.push(message),
      cancel: () => given.push('cancelled'),
      giveUpEndpoint: () => given.push('endpoint'),
      giveUpLogin: () => given.push('login'),
    })
  })
  const range = (): RangeWatch => {
    const watch = new RangeWatch(new Uint8Array([97]), undefined, noHost(), {
      changed: () => {},
      resumed: () => {},
      error: (error) => refused.push(error.message),
    })
    stream.add(watch)
    return watch
  }
  let refused: string[] = []
  beforeEach(() => {
    refused = []
  })
  const said = (more: Partial<WatchResponse>): WatchResponse => ({
    header: { clusterId: '1', revision: '1', raftTerm: '1' },
    watchId: '-1',
    created: false,
    canceled: false,
    compactRevision: '0',
    cancelReason: '',
    fragment: false,
    events: [],
    ...more,
  })
  const probes = (): number => sent.filter(({ progress }) => progress !== undefined).length

  it('is silent for two probes, and given up with its endpoint at the third', () => {
    range()
    clock.advance(2999)
    expect([probes(), lost.length]).toEqual([2, 0])
    clock.advance(1)
    expect(lost[0]?.message).toBe('etcd: the watch was silent for over 2000 ms')
    expect(given).toEqual(['endpoint', 'cancelled'])
    clock.advance(10_000)
    expect([probes(), lost.length]).toEqual([2, 1])
  })

  it('any word keeps it', () => {
    range()
    for (let i = 0; i < 20; i++) {
      clock.advance(1900)
      stream.message(said({}))
    }
    expect(lost).toEqual([])
  })

  it('3c 30: a clock that was late, as in a process that was busy, gives it time to be heard', () => {
    range()
    const busy = new LateClock(clock)
    const late = new WatchStream(busy, PROBE_MS, { onAlive: () => {}, onLost: (_, error) => lost.push(error) })
    late.begin({ send: () => {}, cancel: () => {}, giveUpEndpoint: () => {}, giveUpLogin: () => {} })
    late.add(new RangeWatch(new Uint8Array([97]), undefined, noHost(), noSink()))
    stream.close()
    clock.advance(2500)
    busy.lateMs = 600
    clock.advance(500)
    expect(lost).toEqual([])
    busy.lateMs = 0
    clock.advance(3600)
    expect(lost).toHaveLength(1)
  })

  it('asks nothing of a stream that carries no watch: nobody would answer', () => {
    clock.advance(10_000)
    expect([probes(), lost.length]).toEqual([0, 0])
    const watch = range()
    stream.remove(watch)
    clock.advance(10_000)
    expect([probes(), lost.length]).toEqual([0, 0])
    expect(sent.at(-1)).toEqual({ cancel: { watchId: '1' } })
  })

  it('finds the watch that was refused without a number: the one asked for longest', () => {
    range()
    range()
    range()
    stream.message(said({ watchId: '1', created: true }))
    stream.message(said({ created: true, canceled: true, cancelReason: 'no' }))
    expect(refused).toEqual(['etcd has ended the watch: no'])
    expect(stream.size).toBe(2)
    stream.message(said({ watchId: '3', canceled: true, cancelReason: 'later' }))
    expect(refused).toEqual(['etcd has ended the watch: no', 'etcd has ended the watch: later'])
    expect(lost).toEqual([])
  })

  it('a token that is refused ends it, so that the next one logs in', () => {
    range()
    stream.message(said({ created: true, canceled: true, cancelReason: 'etcdserver: invalid auth token' }))
    expect(given).toEqual(['login', 'cancelled'])
    expect(lost).toHaveLength(1)
  })
})

/** Fires on time and says that it is later. */
class LateClock extends ManualClock {
  lateMs = 0
  readonly #clock: ManualClock
  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }
  override now(): number {
    return this.#clock.now() + this.lateMs
  }
  override schedule(...[atMs, task]: Parameters<ManualClock['schedule']>): ReturnType<ManualClock['schedule']> {
    return this.#clock.schedule(atMs, task)
  }
}

function noHost(): ConstructorParameters<typeof RangeWatch>[2] {
  return { list: () => new Promise<never>(() => {}), place: () => {}, remove: () => {}, retryLater: () => {} }
}

function noSink(): ConstructorParameters<typeof RangeWatch>[3] {
  return { changed: () => {}, resumed: () => {}, error: () => {} }
}
