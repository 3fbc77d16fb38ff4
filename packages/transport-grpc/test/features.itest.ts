// TLS, compression, limits and reflection, over real connections.
import { mkdtemp, rm } from 'node:fs/promises'
import { constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Client, credentials, Server } from '@grpc/grpc-js'
import { createRuntime, isConfigError, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Certificates, hasOpenssl, makeCertificates } from '../../../tools/real-servers/certificates.ts'
import { codecOf, type GrpcOptions, grpc, serveReflection } from '../src/index.ts'
import { bytesField, fieldsOf, textOf } from '../src/protobuf-fields.ts'
import { Attempts } from './attempts.ts'
import { GREETER, greeterServer, packageDefinition } from './greeter.ts'
import { serve } from './grpc-server.ts'
import { answer, framed, serveRaw } from './raw-server.ts'

const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

describe.skipIf(!hasOpenssl())('TLS', () => {
  let folder = ''
  let made: Certificates

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seakeep-tls-'))
    made = await makeCertificates(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function greeted(server: GrpcOptions, client: GrpcOptions): Promise<unknown> {
    const serving = await createRuntime({ service: 'greeter', modules: [grpc(server), memoryRegistry()] })
    open.push(() => serving.close())
    const { port } = await serving
      .serve({ name: 'greeter', drain: { spread: 0, finish: 500 } })
      .grpc(greeterServer())
      .listen({ host: '127.0.0.1', port: 0 })
    const at = { host: '127.0.0.1', port }
    const rt: Runtime = await createRuntime({
      service: 'shop',
      modules: [
        grpc({ codec: codecOf(GREETER as never), connectTimeout: '20s', ...client }),
        memoryRegistry({ instances: [{ id: 'a', service: 'greeter', address: at, protocol: 'grpc', weight: 1 }] }),
      ],
    })
    open.push(() => rt.close())
    return rt
      .client('greeter')
      .call({ method: 'test.Greeter/SayHello', body: { name: 'Ada' } })
      .then(
        ({ body }) => body,
        (error: unknown) => error,
      )
  }

  it('trusts the authority that it is given, and no other', async () => {
    const serverTls = made.server
    expect(await greeted({ serverTls }, { tls: { ca: made.ca } })).toMatchObject({ message: 'Hello Ada' })
    expect(await greeted({ serverTls }, { tls: {} })).toMatchObject({ failure: 'unreachable' })
    expect(await greeted({ serverTls }, {})).toMatchObject({ code: 'SEAKEEP_ATTEMPT_FAILED' })
  })

  it('shows its certificate to a server that asks for one', async () => {
    const serverTls = { ...made.server, ca: made.ca }
    const { ca, client } = made
    expect(await greeted({ serverTls }, { tls: { ca, ...client } })).toMatchObject({ message: 'Hello Ada' })
    expect(await greeted({ serverTls }, { tls: { ca } })).toMatchObject({ code: 'SEAKEEP_ATTEMPT_FAILED' })
  })
})

describe('messages', () => {
  it('are compressed where that is asked for', async () => {
    const bodies: Buffer[] = []
    const encodings: unknown[] = []
    const server = createServer()
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      encodings.push(headers['grpc-encoding'])
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        bodies.push(Buffer.concat(chunks))
        answer(stream, [framed(Buffer.from('m'))], { 'grpc-status': '0' })
      })
    })
    const sessions = new Set<{ destroy(): void }>()
    server.on('session', (session) => sessions.add(session))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(() => {
      for (const session of sessions) session.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const endpoint = { id: 'a', service: 'echo', address: { host: '127.0.0.1', port }, protocol: 'grpc', weight: 1 }
    const attempts = new Attempts(endpoint, { compression: 'gzip' })
    open.push(() => attempts.close())
    expect((await attempts.send({ body: Buffer.alloc(50_000, 7) }).ended).ending).toBe('ok')
    const [sent = Buffer.alloc(0)] = bodies
    expect(encodings).toEqual(['gzip'])
    expect([sent[0], sent.length < 1000]).toEqual([1, true])
    expect(gunzipSync(sent.subarray(5))).toEqual(Buffer.alloc(50_000, 7))
    // A server of grpc-js unpacks them.
    const plain = await serve({ 'test.Echo/Answer': (call, done) => done(null, call.request) })
    const echoed = new Attempts(plain.endpoint, { compression: 'gzip' })
    open.push(plain.close, () => echoed.close())
    const { value } = await echoed.send({ body: Buffer.alloc(50_000, 7) }).ended
    expect((value as { readonly body: Uint8Array }).body).toHaveLength(50_000)
  })

  it('of a request are bounded, in streams too', async () => {
    const server = await serve({ 'test.Echo/Answer': (call, done) => done(null, call.request) })
    const attempts = new Attempts(server.endpoint, {
      maxRequestBytes: 100,
      codec: {
        encode: (_method, body) => body as Uint8Array,
        decode: (_method, bytes) => bytes,
        kind: (method) => (method === 'test.Echo/Up' ? { requestStream: true, responseStream: false } : undefined),
      },
    })
    open.push(server.close, () => attempts.close())
    expect((await attempts.send({ body: new Uint8Array(100) }).ended).ending).toBe('ok')
    for (const request of [
      { body: new Uint8Array(101) },
      { method: 'test.Echo/Up', body: [new Uint8Array(1), new Uint8Array(101)] },
    ]) {
      const { ending, error } = await attempts.send(request).ended
      expect(ending).toBe('error')
      expect(isConfigError(error) && error.path).toBe('request.body')
    }
  })

  it('that are torn, random or reset on their way end the attempt, and nothing else', async () => {
    let nth = 0
    const server = await serveRaw((stream) => {
      nth += 1
      const noise = Buffer.from(Array.from({ length: 40 }, (_, i) => (i * 37 + nth * 101) % 256))
      if (nth % 4 === 0) stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      else if (nth % 4 === 1) answer(stream, [noise], { 'grpc-status': '0' })
      else if (nth % 4 === 2) answer(stream, [framed(noise).subarray(0, 20)], { 'grpc-status': '0' })
      else answer(stream, [framed(noise, true)], { 'grpc-status': 'none', 'grpc-message': '%zz%' })
    })
    const attempts = new Attempts(server.endpoint, { maxAnswerBytes: 1000 })
    open.push(server.close, () => attempts.close())
    for (let i = 0; i < 24; i++) {
      for (const stream of [false, true]) {
        const { ending, status, error } = await attempts.send({ stream }).ended
        const isFailure = ending === 'error' || (status ?? 0) >= 500
        // grpc-js passes over a message that is torn off at the end of a good stream; one alone is missed.
        expect(isFailure || stream, `${i} ${ending} ${status} ${String(error)}`).toBe(true)
      }
    }
  })
})

describe('reflection', () => {
  const same = (bytes: Buffer): Buffer => bytes

  it('says what a server serves, and by which files', async () => {
    const server = greeterServer(undefined, new Server())
    serveReflection(server, packageDefinition)
    const rt = await createRuntime({ service: 'greeter', modules: [grpc(), memoryRegistry()] })
    open.push(() => rt.close())
    const { port } = await rt
      .serve({ name: 'greeter', drain: { spread: 0, finish: 500 } })
      .grpc(server)
      .listen({ host: '127.0.0.1', port: 0 })
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    open.push(() => client.close())
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
      const call = client.makeBidiStreamRequest(path, same, same)
      const ask = (number: number, text: string) =>
        new Promise<Buffer>((resolve) => {
          call.once('data', resolve)
          call.write(Buffer.from(bytesField(number, text)))
        })
      const listed = fieldsOf(fieldsOf(await ask(7, '*'))?.find(({ number }) => number === 6)?.bytes ?? Buffer.alloc(0))
      expect(listed?.map(({ bytes }) => textOf(fieldsOf(bytes)?.[0]?.bytes ?? bytes))).toEqual(['test.Greeter'])
      for (const [number, text] of [
        [4, 'test.Greeter'],
        [4, 'test.Greeter.Chat'],
        [4, 'test.HelloRequest'],
        [3, 'test.proto'],
      ] as const) {
        const answered = fieldsOf(await ask(number, text))?.find((one) => one.number === 4)
        const names = fieldsOf(answered?.bytes ?? Buffer.alloc(0))?.map(({ bytes }) =>
          textOf(fieldsOf(bytes)?.[0]?.bytes ?? bytes),
        )
        expect(names, text).toEqual(['test.proto'])
      }
      const error = fieldsOf(await ask(4, 'test.Nobody'))?.find(({ number }) => number === 7)
      expect(fieldsOf(error?.bytes ?? Buffer.alloc(0))?.[0]).toMatchObject({ number: 1, value: 5 })
      call.end()
    }
  })
})
