// What is no call: answered with a status, counted, and nobody else notices.
import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { createRuntime, type GovernanceEvent, memoryRegistry } from '@seakeep/core'
import { afterEach, expect, it } from 'vitest'
import { grpc } from '../src/index.ts'
import { GREETER, type Hello, type Reply } from './greeter.ts'
import { RawClient } from './raw-client.ts'
import { framed } from './raw-server.ts'

const open: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function serving(): Promise<{ port: number; faults: () => Record<string, number>; asked: () => number }> {
  const rt = await createRuntime({ service: 'greeter', modules: [grpc(), memoryRegistry({ instances: [] })] })
  open.push(() => rt.close())
  const faults: Record<string, number> = {}
  rt.events$.subscribe((event: GovernanceEvent) => {
    if (event.type !== 'requestMalformed') return
    expect(event.service).toBe('greeter')
    for (const [fault, count] of Object.entries(event.faults)) faults[fault] = (faults[fault] ?? 0) + count
  })
  let asked = 0
  const server = new Server({ 'grpc.max_receive_message_length': 1000 })
  server.addService(GREETER, {
    SayHello: ({ request }: ServerUnaryCall<Hello, Reply>, done: sendUnaryData<Reply>) => {
      asked += 1
      done(null, { message: `Hello ${request.name}`, number: 1 })
    },
  } as never)
  const served = rt.serve({ name: 'greeter', drain: { spread: 0, finish: '1s' } }).grpc(server)
  const { port } = await served.listen({ host: '127.0.0.1', port: 0 })
  return { port, faults: () => faults, asked: () => asked }
}

/** `Hello { name: 'Ada' }` on the wire. */
const ADA = framed(Buffer.from([0x0a, 3, 0x41, 0x64, 0x61]))
/** A field of a wire type that protobuf does not have. */
const NO_PROTOBUF = framed(Buffer.from([0x1f, 1, 2]))

it.each([
  ['a message that is no protobuf', NO_PROTOBUF, {}, status.INTERNAL, 'message'],
  ['a message that is too large', framed(Buffer.alloc(1001)), {}, status.RESOURCE_EXHAUSTED, 'oversize'],
  [
    'a message that is too large when it is unpacked',
    framed(gzipSync(Buffer.alloc(50_000)), true),
    { 'grpc-encoding': 'gzip' },
    status.RESOURCE_EXHAUSTED,
    'oversize',
  ],
  [
    'what is not packed as it says',
    framed(Buffer.from('no gzip'), true),
    { 'grpc-encoding': 'gzip' },
    status.INTERNAL,
    'compression',
  ],
  [
    'a packing that nobody knows',
    framed(Buffer.from('x'), true),
    { 'grpc-encoding': 'br' },
    status.UNIMPLEMENTED,
    'encoding',
  ],
  ['half a message', ADA.subarray(0, 7), {}, status.UNIMPLEMENTED, 'no-message'],
  ['a timeout that is none', ADA, { 'grpc-timeout': 'soon' }, status.INTERNAL, 'grpc-timeout'],
])('%s is answered with a status and counted', async (_name, bytes, headers, code, fault) => {
  const { port, faults } = await serving()
  const client = new RawClient(port)
  open.push(() => client.close())
  expect(await client.send(bytes, headers)).toMatchObject({ status: String(code) })
  await expect.poll(faults, { timeout: 10_000 }).toEqual({ [fault]: 1 })
  expect(await client.send(ADA)).toMatchObject({ status: '0' })
})

it('what is well-formed counts as nothing: an answer, an unknown method, a deadline that passes', async () => {
  const { port, faults, asked } = await serving()
  const client = new RawClient(port)
  open.push(() => client.close())
  expect(await client.send(ADA)).toMatchObject({ status: '0' })
  expect(await client.send(ADA, {}, '/test.Greeter/Nothing')).toMatchObject({ status: String(status.UNIMPLEMENTED) })
  expect(await client.send(ADA, { 'grpc-timeout': '1n' })).toMatchObject({ resetCode: 0 })
  expect(asked()).toBeGreaterThan(0)
  expect(await client.send(NO_PROTOBUF)).toMatchObject({ status: String(status.INTERNAL) })
  await expect.poll(faults, { timeout: 10_000 }).toEqual({ message: 1 })
})

it('another content type, and another protocol, are counted by the connection', async () => {
  const { port, faults } = await serving()
  const client = new RawClient(port)
  open.push(() => client.close())
  expect(await client.send(ADA, { 'content-type': 'text/plain' })).toMatchObject({ httpStatus: 415 })
  await expect.poll(faults, { timeout: 10_000 }).toEqual({ 'content-type': 1 })
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'))
  socket.on('error', () => {})
  socket.resume()
  await new Promise((resolve) => socket.on('close', resolve))
  // Within a second of the last word of it, it is kept for the next.
  await expect
    .poll(
      async () => {
        await client.send(ADA, { 'content-type': 'text/plain' })
        return Object.keys(faults())
      },
      { timeout: 10_000, interval: 250 },
    )
    .toContain('ERR_HTTP2_ERROR')
})
