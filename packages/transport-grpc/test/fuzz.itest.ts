// Frames of gRPC as a server and as a client meet them: every stream ends, with a status or a reset, and the next good one
// is served.
import { Buffer } from 'node:buffer'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { createRuntime, memoryRegistry, type Runtime } from '@seakeep/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect } from 'vitest'
import { fuzzedLater, nearly } from '../../../tools/fuzz/fuzzed.ts'
import { grpc } from '../src/index.ts'
import { Attempts } from './attempts.ts'
import { GREETER, type Hello, type Reply } from './greeter.ts'
import { RawClient } from './raw-client.ts'
import { answer, framed, type RawServer, serveRaw } from './raw-server.ts'

const ADA = framed(Buffer.from([0x0a, 3, 0x41, 0x64, 0x61]))
const text = fc.stringMatching(/^[!-~]{0,12}$/)
const frames = nearly(
  fc
    .array(fc.tuple(fc.constantFrom(ADA, framed(new Uint8Array(9)), framed(ADA, true)), fc.boolean()), { maxLength: 3 })
    .map((all) => new Uint8Array(Buffer.concat(all.map(([frame]) => frame)))),
)

let rt: Runtime
let port = 0
let client: RawClient
let server: RawServer
let attempts: Attempts
let say: { bytes: Uint8Array; trailers: Record<string, string>; encoding: string; isReset: boolean }

beforeAll(async () => {
  rt = await createRuntime({ service: 'greeter', modules: [grpc(), memoryRegistry({ instances: [] })] })
  const greeter = new Server({ 'grpc.max_receive_message_length': 500 })
  greeter.addService(GREETER, {
    SayHello: ({ request }: ServerUnaryCall<Hello, Reply>, done: sendUnaryData<Reply>) =>
      done(null, { message: `Hello ${request.name}`, number: 1 }),
  } as never)
  const served = rt.serve({ name: 'greeter', drain: { spread: 0, finish: '1s' } }).grpc(greeter)
  port = (await served.listen({ host: '127.0.0.1', port: 0 })).port
  client = new RawClient(port)
  server = await serveRaw((stream) => {
    if (say.isReset) stream.close(2)
    else answer(stream, [say.bytes], say.trailers, { 'grpc-encoding': say.encoding })
  })
  attempts = new Attempts(server.endpoint, { maxAnswerBytes: 500 })
})

afterAll(async () => {
  client.close()
  await attempts.close()
  await server.close()
  await rt.close()
})

const headers = fc.record(
  {
    'grpc-timeout': fc.oneof(text, fc.stringMatching(/^\d{1,9}[HMSmun]$/)),
    'grpc-encoding': fc.constantFrom('gzip', 'deflate', 'identity', 'br'),
    'content-type': fc.constantFrom('application/grpc', 'application/grpc+json', 'text/html'),
    ...{ 'seakeep-attempt': text, 'seakeep-priority': text, 'x-bin': text, traceparent: text },
  },
  { requiredKeys: [] },
)
fuzzedLater('frames that a server is sent', fc.tuple(frames, headers), async ([bytes, given]) => {
  const { status, httpStatus, resetCode } = await client.send(bytes, given as Record<string, string>)
  expect(status !== undefined || httpStatus === 415 || resetCode !== 0).toBe(true)
  expect(client.isOpen).toBe(true)
  expect(await client.send(ADA)).toMatchObject({ status: '0' })
})

const trailers = fc.record(
  {
    'grpc-status': fc.oneof(fc.constantFrom('0', '14', '99'), text),
    'grpc-message': text,
    ...{ 'grpc-retry-pushback-ms': text, 'x-bin': text },
  },
  { requiredKeys: [] },
)
const encoding = fc.constantFrom('gzip', 'deflate', 'identity', 'br')
fuzzedLater(
  'frames that a client is answered',
  fc.tuple(frames, trailers, encoding, fc.nat(9)),
  async ([bytes, last, packing, dice]) => {
    say = { bytes, trailers: last as Record<string, string>, encoding: packing, isReset: dice === 0 }
    const { ending, error, status } = await attempts.send().ended
    expect(['ok', 'error', 'refused', 'unreachable']).toContain(ending)
    if (ending !== 'ok') expect(error).toBeDefined()
    else expect(status).toBeGreaterThanOrEqual(200)
    say = { bytes: framed(new Uint8Array(1)), trailers: { 'grpc-status': '0' }, encoding: 'identity', isReset: false }
    expect((await attempts.send().ended).ending).toBe('ok')
  },
)
