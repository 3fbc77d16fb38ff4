import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeyValue, WatchEvent, WatchResponse } from './etcd-messages.ts'
import { RangeState } from './range-state.ts'

const kv = (key: string, revision: number, value = `${key}@${revision}`): KeyValue => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  modRevision: String(revision),
  createRevision: '1',
  lease: '0',
})
const put = (key: string, revision: number): WatchEvent => ({ type: 0, kv: kv(key, revision) })
const remove = (key: string, revision: number): WatchEvent => ({ type: 1, kv: kv(key, revision, '') })
const header = (revision: number, more: object = {}) => ({
  clusterId: '1',
  raftTerm: '2',
  revision: String(revision),
  ...more,
})
const said = (more: Partial<WatchResponse>): WatchResponse => ({
  header: header(100),
  watchId: '1',
  created: false,
  canceled: false,
  compactRevision: '0',
  cancelReason: '',
  fragment: false,
  events: [],
  ...more,
})
const listed = (state: RangeState, revision: number, ...kvs: KeyValue[]) =>
  state.listed({ header: header(revision), kvs })
const changesOf = (step: ReturnType<RangeState['received']>): string[] =>
  step.kind === 'changed'
    ? step.changes.map(({ key, kv }) => (kv === undefined ? `-${key}` : Buffer.from(kv.value).toString()))
    : [step.kind]

describe('RangeState', () => {
  it('watches from the revision after the list', () => {
    const state = new RangeState()
    expect(changesOf(listed(state, 41, kv('a', 7)))).toEqual(['a@7'])
    expect(state.resume).toBe(42n)
  })

  it('3c 26: the answer to the question for a watch, and progress, move nothing on', () => {
    const state = new RangeState()
    listed(state, 41)
    state.dropped()
    expect(state.received(said({ created: true, header: header(90) })).kind).toBe('stands')
    expect(state.received(said({ header: header(95) })).kind).toBe('nothing')
    expect(state.resume).toBe(42n)
    expect(changesOf(state.received(said({ events: [put('a', 60), put('b', 61)] })))).toEqual(['a@60', 'b@61'])
    expect(state.resume).toBe(62n)
  })

  it('3c 26: fragments count when the last is there, and not at all when the stream is lost before', () => {
    const state = new RangeState()
    listed(state, 9)
    expect(state.received(said({ fragment: true, events: [put('a', 10)] })).kind).toBe('nothing')
    expect(state.resume).toBe(10n)
    state.dropped()
    state.received(said({ created: true }))
    expect(state.received(said({ fragment: true, events: [put('a', 10)] })).kind).toBe('nothing')
    expect(state.received(said({ fragment: true, events: [put('b', 10)] })).kind).toBe('nothing')
    expect(changesOf(state.received(said({ events: [put('c', 11)] })))).toEqual(['a@10', 'b@10', 'c@11'])
    expect(state.resume).toBe(12n)
  })

  it('events that were delivered are not delivered again', () => {
    const state = new RangeState()
    listed(state, 9, kv('a', 3))
    expect(state.received(said({ events: [put('a', 3), remove('a', 9)] })).kind).toBe('nothing')
    expect(changesOf(state.received(said({ events: [remove('a', 9), put('b', 10)] })))).toEqual(['b@10'])
  })

  it('3c 27: below a compaction it lists, and what the list lacks is told as deleted', () => {
    for (const end of [
      { compactRevision: '50' },
      { cancelReason: 'etcdserver: mvcc: required revision has been compacted' },
    ]) {
      const state = new RangeState()
      listed(state, 9, kv('a', 3), kv('b', 4), kv('c', 5))
      state.dropped()
      state.received(said({ created: true }))
      expect(state.received(said({ canceled: true, ...end })).kind).toBe('list')
      expect(changesOf(listed(state, 60, kv('a', 3), kv('c', 55), kv('d', 56)))).toEqual(['c@55', 'd@56', '-b'])
      expect(state.resume).toBe(61n)
    }
  })

  it('another end of a watch is a refusal with its reason', () => {
    const state = new RangeState()
    expect(state.received(said({ canceled: true, cancelReason: 'permission denied' }))).toEqual({
      kind: 'refused',
      reason: 'permission denied',
    })
  })

  it('a history that is another one is listed whole, also where its revisions look alike', () => {
    for (const other of [{ revision: '3' }, { clusterId: '9' }, { raftTerm: '1' }]) {
      const state = new RangeState()
      listed(state, 41, kv('a', 7), kv('b', 8))
      state.dropped()
      const now = header(100, other)
      expect(state.received(said({ created: true, header: now })).kind).toBe('list')
      // The same key with the same revision, and another value.
      expect(changesOf(state.listed({ header: now, kvs: [kv('a', 7, 'new')] }))).toEqual(['new', '-b'])
      expect(state.resume).toBe(BigInt(now.revision) + 1n)
      // A member that lags behind a list of just now is only late.
      expect(state.received(said({ created: true, header: header(2, other) })).kind).toBe('stands')
    }
  })

  it('revisions beyond 2^53 are told apart', () => {
    const state = new RangeState()
    state.listed({ header: { clusterId: '1', raftTerm: '1', revision: '9223372036854775000' }, kvs: [] })
    const event = { type: 0, kv: { ...kv('a', 0), modRevision: '9223372036854775001' } }
    expect(state.received(said({ events: [event] })).kind).toBe('changed')
    expect(state.received(said({ events: [event] })).kind).toBe('nothing')
    expect(state.resume).toBe(9223372036854775002n)
  })

  it('whatever is cut, compacted and split: what was told adds up to what is there', () => {
    const write = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), isDelete: fc.boolean() })
    const turn = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), write }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('send' as const),
          parts: fc.integer({ min: 1, max: 4 }),
          upTo: fc.nat(6),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
    )
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
        const there = new Map<string, KeyValue>()
        let log: WatchEvent[] = []
        let revision = 1
        let compacted = 0
        const state = new RangeState()
        const told = new Map<string, string>()
        const take = (step: ReturnType<RangeState['received']>): void => {
          if (step.kind === 'list') {
            take(state.listed({ header: header(revision), kvs: [...there.values()] }))
            take(state.received(said({ created: true, header: header(revision) })))
          }
          if (step.kind !== 'changed') return
          for (const { key, kv } of step.changes) {
            if (kv === undefined) told.delete(key)
            else told.set(key, kv.modRevision)
          }
        }
        const watch = (): void => {
          take(state.received(said({ created: true, header: header(revision) })))
          if (state.resume <= BigInt(compacted)) {
            take(state.received(said({ canceled: true, compactRevision: String(compacted) })))
          }
        }
        const send = (count: number, parts: number, isWhole: boolean): void => {
          const due = log.filter(({ kv }) => BigInt(kv.modRevision) >= state.resume).slice(0, count)
          const size = Math.max(1, Math.ceil(due.length / parts))
          for (let i = 0; i < due.length; i += size) {
            const isLast = i + size >= due.length
            if (isLast && !isWhole) return
            take(state.received(said({ events: due.slice(i, i + size), fragment: !isLast })))
          }
        }
        take({ kind: 'list' })
        for (const turn of turns) {
          if (turn.kind === 'write') {
            const { key, isDelete } = turn.write
            if (isDelete && !there.has(key)) continue
            revision++
            if (isDelete) there.delete(key)
            else there.set(key, kv(key, revision))
            log.push(isDelete ? remove(key, revision) : put(key, revision))
          } else if (turn.kind === 'send') send(turn.upTo, turn.parts, true)
          else if (turn.kind === 'compact') {
            compacted = revision
            log = log.filter(({ kv }) => Number(kv.modRevision) > compacted)
            // A stream that is up to here goes on; one that is behind is cancelled.
            if (state.resume <= BigInt(compacted)) watch()
          } else {
            // In the middle of fragments.
            send(4, 3, false)
            state.dropped()
            watch()
          }
        }
        send(Number.POSITIVE_INFINITY, 2, true)
        expect(told).toEqual(new Map([...there].map(([key, { modRevision }]) => [key, modRevision])))
      }),
    )
  })
})
