// Answers that no etcd gives: a server that is none, or something between that garbles.
import { Buffer } from 'node:buffer'
import { Server, ServerCredentials, type ServerDuplexStream, type sendUnaryData } from '@grpc/grpc-js'
import { fromJSON, type MessageTypeDefinition } from '@grpc/proto-loader'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { MESSAGES } from '../src/etcd-descriptors.ts'
import { EtcdRegistry } from '../src/etcd-registry.ts'
import { answer, instanceOf, ports, share, until } from './etcd-bench.ts'
import { EtcdWatching } from './watching.ts'

const TYPES = fromJSON({ nested: { x: { nested: MESSAGES } } }) as Record<string, MessageTypeDefinition<object, object>>
const message = (type: string, fields: object): Buffer => TYPES[`x.${type}`]!.serialize(fields)
const raw = (bytes: Buffer): Buffer => bytes
const unary = { requestStream: false, responseStream: false }
const coding = {
  requestSerialize: raw,
  requestDeserialize: raw,
  responseSerialize: raw,
  responseDeserialize: raw,
}

const HEADER = { clusterId: '1', revision: '7', raftTerm: '2' }
const KV = {
  key: Buffer.from('seakeep/services/orders/a'),
  value: Buffer.from(JSON.stringify(instanceOf('orders', 'a'))),
  modRevision: '5',
  createRevision: '5',
}
const GARBAGE = Buffer.from('\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff garbage')

let server: Server
let registry: EtcdRegistry
let watching: EtcdWatching
let of: ReturnType<typeof ports>
let lists: Buffer[]
/** What each stream is sent, the last for all further ones. */
let streams: Buffer[][]

beforeEach(async () => {
  server = new Server()
  lists = []
  streams = []
  const next = <T>(of: T[]): T => (of.length > 1 ? of.shift()! : of[0]!)
  const told = (answers: Buffer[]) => (_: unknown, done: sendUnaryData<Buffer>) => done(null, next(answers))
  server.addService(
    {
      range: { path: '/etcdserverpb.KV/Range', ...unary, ...coding },
      watch: { path: '/etcdserverpb.Watch/Watch', requestStream: true, responseStream: true, ...coding },
      keepAlive: { path: '/etcdserverpb.Lease/LeaseKeepAlive', requestStream: true, responseStream: true, ...coding },
      grant: { path: '/etcdserverpb.Lease/LeaseGrant', ...unary, ...coding },
    },
    {
      range: (call: unknown, done: sendUnaryData<Buffer>) => told(lists)(call, done),
      grant: told([GARBAGE]),
      keepAlive: (stream: ServerDuplexStream<Buffer, Buffer>) => stream.write(GARBAGE),
      watch: (stream: ServerDuplexStream<Buffer, Buffer>) => {
        const answers = next(streams)
        stream.once('data', () => {
          for (const each of answers) stream.write(each)
        })
        stream.on('error', () => {})
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  of = ports()
  registry = new EtcdRegistry(share({ endpoints: [`127.0.0.1:${port}`], retry: { initial: '10ms', max: '50ms' } }, of))
  watching = new EtcdWatching()
})
afterEach(() => {
  registry.close()
  server.forceShutdown()
})

const created = (): Buffer => message('WatchResponse', { header: HEADER, watchId: '1', created: true })

it('a list that cannot be read is an error and an event, and is asked for again', async () => {
  const good = message('RangeResponse', { header: HEADER, kvs: [KV] })
  lists.push(GARBAGE, GARBAGE, good.subarray(0, -3), Buffer.alloc(0), good)
  streams.push([created()])
  registry.watch('orders', watching)
  await until(() => watching.ids.length === 1, 5000, 'the good list')
  expect(watching.ids).toEqual(['a'])
  expect(watching.errors).toHaveLength(1)
  expect(watching.unknowns).toBe(0)
  expect(of.told.filter(({ type }) => type === 'registryMisspoke')).toHaveLength(4)
})

it('a stream that garbles is left for a new one, and the list stands', async () => {
  lists.push(message('RangeResponse', { header: HEADER, kvs: [KV] }))
  const b = { ...KV, key: Buffer.from('seakeep/services/orders/b'), modRevision: '8' }
  const put = { type: 0, kv: { ...b, value: Buffer.from(JSON.stringify(instanceOf('orders', 'b'))) } }
  streams.push(
    [created(), GARBAGE],
    // Without a header, without a key and value, with numbers that are none of ours.
    [message('WatchResponse', { watchId: '1', created: true })],
    [created(), message('WatchResponse', { header: HEADER, watchId: '1', events: [{ type: 0 }] })],
    [created(), message('WatchResponse', { header: HEADER, watchId: '77', events: [put] }), GARBAGE],
    [created(), message('WatchResponse', { header: HEADER, watchId: '1', events: [put] })],
  )
  registry.watch('orders', watching)
  await until(() => watching.ids.includes('b'), 5000, 'the event')
  expect(watching.shortest).toBe(1)
  expect(of.told.filter(({ type }) => type === 'registryMisspoke').length).toBeGreaterThanOrEqual(3)
  expect(of.told.map((event) => ('why' in event ? event.why : '')).join()).toContain('/etcdserverpb.Watch/Watch')
})

it('answers to a registration and a heartbeat that are none are errors of theirs', async () => {
  const instance = instanceOf('orders', 'a')
  await expect(answer((done) => registry.register(instance, 5000, done))).rejects.toThrow('cannot be understood')
  await expect(answer((done) => registry.heartbeat(instance, 5000, done))).rejects.toThrow('does not know')
})
