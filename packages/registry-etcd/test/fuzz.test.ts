import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzzed, nearly, nearlyData, refusesBy, startsGood } from '../../../tools/fuzz/fuzzed.ts'
import { AUTHENTICATE, LEASE_GRANT, LEASE_KEEP_ALIVE, RANGE, TXN, WATCH } from '../src/etcd-methods.ts'
import { MalformedValueError, readInstance } from '../src/instance-value.ts'
import { pushedPolicies } from '../src/pushed-value.ts'
import { RangeState } from '../src/range-state.ts'

const isKnown = (error: unknown): boolean => error instanceof MalformedValueError
const INSTANCE = {
  ...{ id: '1', service: 'orders', address: { host: 'a', port: 80 }, protocol: 'http', weight: 1 },
  ...{ zone: 'a', version: '1', meta: { team: 'x' }, leaving: true },
}
const PUSHED = { hash: 'h', atMs: 5, author: 'a', message: 'm', text: 'version: 1' }
const value = fc
  .oneof(nearlyData(fc.constant(INSTANCE)), nearlyData(fc.constant(PUSHED)))
  .map((data) => Buffer.from(JSON.stringify(data) ?? ''))

startsGood('etcd values', () => [
  readInstance(Buffer.from(JSON.stringify(INSTANCE)), '/orders/1'),
  pushedPolicies(Buffer.from(JSON.stringify(PUSHED)), '/history/1'),
])
fuzzed('etcd values', [nearly(value)], (bytes) => {
  refusesBy(() => {
    const { instance } = readInstance(Buffer.from(bytes), '/orders/1')
    expect(typeof instance.id).toBe('string')
    expect(instance.address.port).toBeGreaterThanOrEqual(0)
  }, isKnown)
  refusesBy(() => pushedPolicies(bytes, '/history/1'), isKnown)
})

const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])
const varint = (number: number, low: number): Buffer => Buffer.from([number * 8, low])
const header = fc
  .tuple(fc.nat(127), fc.nat(127))
  .map(([revision, term]) => field(1, Buffer.concat([varint(1, 9), varint(3, revision), varint(4, term)])))
const kv = fc
  .tuple(fc.constantFrom('a', 'b', ''), fc.nat(127))
  .map(([key, revision]) =>
    Buffer.concat([field(1, Buffer.from(key)), varint(3, revision), field(5, Buffer.from('v'))]),
  )
/** A header, and what may follow it in answers to a range and in a watch: keys, events, flags. */
const answer = fc
  .tuple(
    header,
    fc.array(
      kv.map((one) => field(2, one)),
      { maxLength: 3 },
    ),
    fc.array(
      fc.tuple(fc.nat(2), kv).map(([type, one]) => field(11, Buffer.concat([varint(1, type), field(2, one)]))),
      {
        maxLength: 3,
      },
    ),
    fc.array(
      fc.tuple(fc.constantFrom(2, 3, 4, 5, 7), fc.nat(1)).map(([number, low]) => varint(number, low)),
      { maxLength: 3 },
    ),
  )
  .map(([head, keys, events, flags]) => Buffer.concat([head, ...keys, ...events, ...flags]))

fuzzed('etcd answers', [fc.array(nearly(answer), { minLength: 1, maxLength: 6 })], (answers) => {
  const state = new RangeState()
  const isError = (error: unknown): boolean => error instanceof Error
  for (const given of answers) {
    const bytes = Buffer.from(given)
    for (const method of [TXN, LEASE_GRANT, LEASE_KEEP_ALIVE, AUTHENTICATE])
      refusesBy(() => method.decode(bytes), isError)
    const [listed, watched] = [decoded(() => RANGE.decode(bytes)), decoded(() => WATCH.decode(bytes))]
    // What could be decoded never throws further in.
    if (listed !== undefined) expect(state.listed(listed).kind).toBe('changed')
    if (watched !== undefined) expect(typeof state.received(watched).kind).toBe('string')
    expect(state.resume >= 0n).toBe(true)
  }
})

function decoded<Message>(decode: () => Message): Message | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
