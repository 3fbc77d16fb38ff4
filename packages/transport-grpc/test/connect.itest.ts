// Connect's clients and servers against ours, both ways: a governed transport for its clients to plain grpc-js and to a
// Connect server, and its own client to a grpc-js server that is served here.
import { createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { create, createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type ConnectRouter, createClient, type Transport } from '@connectrpc/connect'
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { createRuntime, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterEach, describe, expect, it } from 'vitest'
import { connectTransport } from '../src/connect.ts'
import { grpc } from '../src/index.ts'
import { greeterServer, packageDefinition, type Reply, type Seen } from './greeter.ts'
import { endpointAt } from './grpc-server.ts'

const open: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** The service as Connect knows it, out of what proto-loader has read. */
const [message] = Object.values(packageDefinition).filter((one) => 'fileDescriptorProtos' in one)
const files = (message as unknown as { readonly fileDescriptorProtos: readonly Uint8Array[] }).fileDescriptorProtos
const registry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)) }),
)
const Greeter = registry.getService('test.Greeter') as DescService

interface GreeterOfConnect {
  sayHello(request: object, options?: object): Promise<Reply>
  count(request: object, options?: object): AsyncIterable<Reply>
  sum(requests: AsyncIterable<object>, options?: object): Promise<Reply>
  chat(requests: AsyncIterable<object>, options?: object): AsyncIterable<Reply>
}
const clientOf = (transport: Transport) => createClient(Greeter, transport) as unknown as GreeterOfConnect

const seen: Seen = { metadata: [], deadlines: [], cancelled: 0 }

async function grpcJs(): Promise<number> {
  const server = greeterServer(seen)
  open.push(() => server.forceShutdown())
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    )
  })
}

/** The same service by Connect's own server. */
async function connectServer(): Promise<number> {
  const notFound = (name: string) => new ConnectError(`nobody is called ${name}`, Code.NotFound)
  type Context = { responseHeader: Headers; responseTrailer: Headers; signal: AbortSignal }
  const look = ({ responseHeader, responseTrailer, signal }: Context) => {
    responseHeader.set('x-greeter', 'here')
    responseTrailer.set('x-trailer', 'bye')
    signal.addEventListener('abort', () => {
      seen.cancelled += 1
    })
  }
  const hang = ({ signal }: Context) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const routes = (router: ConnectRouter) =>
    router.service(Greeter, {
      async sayHello({ name }: { name: string }, context: Context) {
        look(context)
        if (name === 'fail') throw notFound(name)
        if (name === 'hang') await hang(context)
        return { message: `Hello ${name}`, number: 1 }
      },
      async *count({ name, times }: { name: string; times: number }, context: Context) {
        look(context)
        for (let number = 1; number <= times; number++) yield { message: `Hello ${name}`, number }
        if (name === 'hang') await hang(context)
      },
      async sum(requests: AsyncIterable<{ name: string }>, context: Context) {
        look(context)
        const names: string[] = []
        for await (const { name } of requests) names.push(name)
        return { message: `Hello ${names.join(' and ')}`, number: names.length }
      },
      async *chat(requests: AsyncIterable<{ name: string }>, context: Context) {
        look(context)
        let number = 0
        for await (const { name } of requests) yield { message: `Hello ${name}`, number: ++number }
      },
    } as never)
  const server = createServer(connectNodeAdapter({ routes }))
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => sessions.add(session))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function governed(port: number): Promise<GreeterOfConnect> {
  const rt: Runtime = await createRuntime({
    service: 'shop',
    policies: { version: 1, targets: { greeter: { timeout: '10s' } } },
    modules: [grpc(), memoryRegistry({ instances: [{ ...endpointAt(port), service: 'greeter' }] })],
  })
  open.push(() => rt.close())
  return clientOf(connectTransport(rt, 'greeter'))
}

/** Connect's own client to a server that is served by us. */
async function plain(): Promise<GreeterOfConnect> {
  const rt = await createRuntime({
    service: 'greeter',
    policies: { version: 1, inbound: { greeter: { concurrency: { limit: 100 } } } },
    modules: [grpc(), memoryRegistry()],
  })
  open.push(() => rt.close())
  const served = rt
    .serve({ name: 'greeter', drain: { spread: 0, finish: '1s' } })
    .grpc(greeterServer(seen, new Server()))
  const { port } = await served.listen({ host: '127.0.0.1', port: 0 })
  return clientOf(createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }))
}

async function* of<T>(...values: T[]): AsyncGenerator<T> {
  yield* values
}

async function all(replies: AsyncIterable<Reply>): Promise<number[]> {
  const numbers: number[] = []
  for await (const { number } of replies) numbers.push(number)
  return numbers
}

describe.each([
  ['a governed Connect client to grpc-js', async () => governed(await grpcJs())],
  ['a governed Connect client to a Connect server', async () => governed(await connectServer())],
  ['a plain Connect client to a server of ours', plain],
])('%s', (_title, connect) => {
  it('calls methods of each kind, with headers and trailers', async () => {
    const client = await connect()
    let [header, trailer] = [new Headers(), new Headers()]
    const looking = {
      headers: { 'x-trace': 'abc' },
      onHeader: (headers: Headers) => {
        header = headers
      },
      onTrailer: (trailers: Headers) => {
        trailer = trailers
      },
    }
    expect(await client.sayHello({ name: 'Ada' }, looking)).toMatchObject({ message: 'Hello Ada' })
    expect([header.get('x-greeter'), trailer.get('x-trailer')]).toEqual(['here', 'bye'])
    for (const times of [0, 1, 200]) {
      trailer = new Headers()
      expect(await all(client.count({ name: 'Ada', times }, looking))).toHaveLength(times)
      expect([header.get('x-greeter'), trailer.get('x-trailer')]).toEqual(['here', 'bye'])
    }
    expect(await client.sum(of({ name: 'Ada' }, { name: 'Grace' }))).toMatchObject({ message: 'Hello Ada and Grace' })
    expect(await all(client.chat(of({ name: 'Ada' }, { name: 'Grace' })))).toEqual([1, 2])
  })

  it('throws what the server says, with its code and trailers', async () => {
    const client = await connect()
    const error = (await client.sayHello({ name: 'fail' }).catch((thrown: unknown) => thrown)) as ConnectError
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ code: Code.NotFound, rawMessage: 'nobody is called fail' })
    expect(error.metadata.get('x-trailer')).toBe('bye')
  })

  it('ends at its deadline, and when its caller gives up', async () => {
    const client = await connect()
    const late = (await client
      .sayHello({ name: 'hang' }, { timeoutMs: 100 })
      .catch((thrown: unknown) => thrown)) as ConnectError
    expect(late.code).toBe(Code.DeadlineExceeded)
    const before = seen.cancelled
    const controller = new AbortController()
    const read = async () => {
      for await (const _ of client.count({ name: 'hang', times: 1 }, { signal: controller.signal })) controller.abort()
    }
    expect(((await read().catch((thrown: unknown) => thrown)) as ConnectError).code).toBe(Code.Canceled)
    await expect.poll(() => seen.cancelled).toBeGreaterThan(before)
  })
})
