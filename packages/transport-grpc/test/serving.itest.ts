// The server side: a grpc-js server behind `rt.serve().grpc(server)`, called by plain grpc-js clients.
import { type Client, credentials, Metadata, Server, type ServiceError, status } from '@grpc/grpc-js'
import { createRuntime, memoryRegistry, type Runtime, requestContext, type ServeOptions } from '@seakeep/core'
import type { Listening } from '@seakeep/core/spi'
import { afterEach, describe, expect, it } from 'vitest'
import { healthRequest, servingStatusOf } from '../src/health-message.ts'
import { govern, grpc } from '../src/index.ts'
import { GREETER, GreeterClient, greeterServer, type Hello, type Reply } from './greeter.ts'

const open: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

type Stub = Client & Record<string, (...given: unknown[]) => never>

interface Served {
  readonly rt: Runtime
  readonly at: Listening
  readonly stub: Stub
  readonly served: ReturnType<Runtime['serve']>
}

async function serving(server: Server, options: Partial<ServeOptions> = {}, inbound: object = {}): Promise<Served> {
  const rt = await createRuntime({
    service: 'greeter',
    policies: { version: 1, inbound: { greeter: inbound } },
    modules: [grpc(), memoryRegistry({ instances: [] })],
  })
  open.push(() => rt.close())
  const served = rt.serve({ name: 'greeter', drain: { spread: 0, finish: '2s' }, ...options }).grpc(server)
  const at = await served.listen({ host: '127.0.0.1', port: 0 })
  const stub = new GreeterClient(`127.0.0.1:${at.port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  }) as never as Stub
  open.push(() => stub.close())
  return { rt, at, stub, served }
}

function greet(
  stub: Stub,
  name = 'Ada',
  metadata = new Metadata(),
  options: object = {},
): Promise<Reply | ServiceError> {
  return new Promise((resolve) => {
    stub.SayHello!({ name }, metadata, options, (error: ServiceError | null, reply: Reply) => resolve(error ?? reply))
  })
}

/** A server whose SayHello is answered by hand. */
function byHand(): { server: Server; waiting: ((reply?: Reply) => void)[]; cancelled: () => number } {
  const waiting: ((reply?: Reply) => void)[] = []
  let cancelled = 0
  const server = new Server()
  server.addService(GREETER, {
    SayHello: (
      call: { on(event: string, told: () => void): void; request: Hello },
      done: (e: null, r: Reply) => void,
    ) => {
      call.on('cancelled', () => {
        cancelled += 1
      })
      waiting.push(() => done(null, { message: `Hello ${call.request.name}`, number: 1 }))
    },
    Count: (call: { write(reply: Reply): void }) => call.write({ message: 'first', number: 1 }),
  } as never)
  return { server, waiting, cancelled: () => cancelled }
}

const HEALTH = '/grpc.health.v1.Health/'
const same = <T>(bytes: T): T => bytes

function check(stub: Stub, service: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = Buffer.from(healthRequest(service))
    stub.makeUnaryRequest(`${HEALTH}Check`, same, same, request, (error, bytes) =>
      resolve(error === null ? servingStatusOf(bytes as Buffer) : status[error.code]),
    )
  })
}

function watch(stub: Stub, service: string): { said: (string | undefined)[]; ended: Promise<number> } {
  const said: (string | undefined)[] = []
  const call = stub.makeServerStreamRequest(`${HEALTH}Watch`, same, same, Buffer.from(healthRequest(service)))
  call.on('data', (bytes: Buffer) => void said.push(servingStatusOf(bytes)))
  call.on('error', () => {})
  return { said, ended: new Promise((resolve) => call.on('status', ({ code }) => resolve(code))) }
}

describe('an instance that serves gRPC', () => {
  it('is registered once it listens, under the protocol grpc', async () => {
    const { rt, at, stub } = await serving(greeterServer())
    expect(await greet(stub)).toMatchObject({ message: 'Hello Ada' })
    await expect
      .poll(() => rt.endpoints('greeter').value.endpoints)
      .toMatchObject([{ protocol: 'grpc', address: { host: '127.0.0.1', port: at.port } }])
  })

  it('refuses beyond its limit, in the words of gRPC, and lets the rest wait in line', async () => {
    const { server, waiting } = byHand()
    const { stub, served } = await serving(server, {}, { concurrency: { limit: 1, queue: 1 } })
    const [first, second] = [greet(stub), greet(stub)]
    await expect.poll(() => served.admission.queued).toBe(1)
    expect(waiting.length).toBe(1)
    const third = await greet(stub)
    expect(third).toMatchObject({ code: status.UNAVAILABLE, details: 'refused: concurrency' })
    expect((third as ServiceError).metadata.get('seakeep-refused')).toEqual(['concurrency'])
    waiting.shift()?.()
    expect(await first).toMatchObject({ message: 'Hello Ada' })
    await expect.poll(() => waiting.length).toBe(1)
    waiting.shift()?.()
    expect(await second).toMatchObject({ message: 'Hello Ada' })
    await expect.poll(() => served.admission.inFlight).toBe(0)
  })

  it('asks who comes too often to wait', async () => {
    const { stub } = await serving(greeterServer(), {}, { rateLimit: { rate: 1, burst: 1 } })
    await greet(stub)
    const refused = (await greet(stub)) as ServiceError
    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED)
    expect(Number(refused.metadata.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(0)
    expect(await check(stub, '')).toBe('SERVING')
  })

  it('lets nobody begin whose deadline has passed while it waited, and frees the place of who leaves', async () => {
    const { server, waiting, cancelled } = byHand()
    const { stub, served } = await serving(server, {}, { concurrency: { limit: 1, queue: 5 } })
    const first = greet(stub, 'Ada', new Metadata(), { deadline: Date.now() + 300 })
    const second = greet(stub, 'Grace', new Metadata(), { deadline: Date.now() + 100 })
    expect(await second).toMatchObject({ code: status.DEADLINE_EXCEEDED })
    await expect.poll(() => served.admission.queued).toBe(0)
    expect(await first).toMatchObject({ code: status.DEADLINE_EXCEEDED })
    await expect.poll(() => served.admission.inFlight).toBe(0)
    expect(waiting.length).toBe(1)
    expect(cancelled()).toBe(1)
  })

  it('gives handlers what the call brought with it: deadline, attempt, priority', async () => {
    const contexts: unknown[] = []
    const server = new Server()
    const look = () => {
      const { attempt, priority, deadlineMs } = requestContext() ?? {}
      contexts.push({ attempt, priority, deadlineMs })
    }
    server.addService(GREETER, {
      SayHello: async (_call: unknown, done: (error: null, reply: object) => void) => {
        await Promise.resolve()
        look()
        done(null, {})
      },
      Count: (call: { end(): void }) => {
        look()
        call.end()
      },
      Sum: (call: NodeJS.ReadableStream, done: (error: null, reply: object) => void) => {
        call.on('data', look)
        call.on('end', () => done(null, {}))
      },
    } as never)
    const { stub } = await serving(server)
    const metadata = new Metadata()
    metadata.set('seakeep-attempt', '2')
    metadata.set('seakeep-priority', 'batch')
    await greet(stub, 'Ada', metadata, { deadline: Date.now() + 5000 })
    expect(contexts[0]).toMatchObject({ attempt: 2, priority: 'batch' })
    const { deadlineMs } = contexts[0] as { deadlineMs: number }
    expect(deadlineMs - performance.now()).toBeGreaterThan(4000)
    expect(deadlineMs - performance.now()).toBeLessThan(5001)
    const count = stub.Count!({ name: 'Ada' }, metadata) as NodeJS.ReadableStream
    count.resume()
    await new Promise((resolve) => count.on('end', resolve))
    expect(contexts[1]).toMatchObject({ attempt: 2 })
    await new Promise<void>((resolve) => {
      const sum = stub.Sum!(metadata, () => resolve()) as NodeJS.WritableStream
      sum.write({ name: 'Ada' } as never)
      sum.end({ name: 'Grace' } as never)
    })
    expect(contexts.slice(2)).toMatchObject([{ attempt: 2 }, { attempt: 2 }])
    expect(requestContext()).toBe(undefined)
  })

  it('3d 36: a deadline travels from call to call by itself, through stubs that know nothing of it', async () => {
    const deadlines: number[] = []
    const last = greeterServer({ metadata: [], deadlines, cancelled: 0 })
    const end = await serving(last)
    const caller = await createRuntime({
      service: 'middle',
      modules: [
        grpc(),
        memoryRegistry({
          instances: [{ id: 'a', service: 'last', address: end.at, protocol: 'grpc', weight: 1 }],
        }),
      ],
    })
    open.push(() => caller.close())
    const stub = new GreeterClient('', credentials.createInsecure(), govern(caller, 'last')) as never as Stub
    const middle = new Server()
    middle.addService(GREETER, {
      SayHello: async (call: { request: Hello }, done: (error: unknown, reply: unknown) => void) =>
        done(null, await greet(stub, call.request.name)),
    } as never)
    const first = await serving(middle)
    const deadline = Date.now() + 3000
    expect(await greet(first.stub, 'Ada', new Metadata(), { deadline })).toMatchObject({ message: 'Hello Ada' })
    expect(Math.abs((deadlines[0] ?? 0) - deadline)).toBeLessThan(100)
    await greet(first.stub)
    expect(deadlines[1]).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('grpc.health.v1', () => {
  it('says how the server and each of its services are', async () => {
    const { stub } = await serving(greeterServer())
    expect(await check(stub, '')).toBe('SERVING')
    expect(await check(stub, 'test.Greeter')).toBe('SERVING')
    expect(await check(stub, 'test.Nobody')).toBe('NOT_FOUND')
  })

  it('tells who watches of the drain, and ends', async () => {
    const { stub, served } = await serving(greeterServer(), { drain: { spread: '200ms', finish: '5s' } })
    const [all, one, none] = [watch(stub, ''), watch(stub, 'test.Greeter'), watch(stub, 'test.Nobody')]
    await expect.poll(() => [all.said, one.said, none.said]).toEqual([['SERVING'], ['SERVING'], ['SERVICE_UNKNOWN']])
    const drained = served.drain()
    await expect.poll(() => all.said).toEqual(['SERVING', 'NOT_SERVING'])
    expect(await check(stub, '')).toBe('NOT_SERVING')
    expect(await greet(stub)).toMatchObject({ message: 'Hello Ada' })
    expect(await all.ended).toBe(status.UNAVAILABLE)
    await drained
    expect(one.said).toEqual(['SERVING', 'NOT_SERVING'])
  })
})

describe('a drain', () => {
  it('3d 35: finishes what is under way, refuses what is new and closes the connections', async () => {
    const { server, waiting } = byHand()
    const { stub, served } = await serving(server)
    const under = greet(stub)
    await expect.poll(() => waiting.length).toBe(1)
    const began = performance.now()
    const drained = served.drain()
    await expect.poll(async () => ((await greet(stub)) as ServiceError).code).toBe(status.UNAVAILABLE)
    waiting[0]?.()
    expect(await under).toMatchObject({ message: 'Hello Ada' })
    await drained
    expect(performance.now() - began).toBeLessThan(1500)
  })

  it('3d 35: breaks off what is left at its deadline, streams and health watches too', async () => {
    for (const channelz of [0, 1]) {
      const server = new Server({ 'grpc.enable_channelz': channelz })
      server.addService(GREETER, {
        Count: (call: { write(reply: object): void }) => call.write({ number: 1 }),
      } as never)
      const { stub, served } = await serving(server, { drain: { spread: 0, finish: 300 } })
      const health = watch(stub, '')
      const stream = stub.Count!({ name: 'Ada' }) as NodeJS.EventEmitter
      const first = new Promise((resolve) => stream.once('data', resolve))
      const failed = new Promise<ServiceError>((resolve) => stream.on('error', resolve))
      await first
      const began = performance.now()
      await served.drain()
      expect(performance.now() - began).toBeLessThan(1500)
      expect(performance.now() - began).toBeGreaterThan(250)
      expect((await failed).code).toBeGreaterThan(0)
      expect(await health.ended).toBe(status.UNAVAILABLE)
    }
  })

  it('3d 35: breaks off a call whose client has closed its channel meanwhile', async () => {
    const { server, waiting } = byHand()
    const { stub, served } = await serving(server, { drain: { spread: 0, finish: 300 } })
    void greet(stub)
    await expect.poll(() => waiting.length).toBe(1)
    stub.close()
    // Its GOAWAY is there before the drain begins.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const began = performance.now()
    await served.drain()
    expect(performance.now() - began).toBeLessThan(2000)
  })
})
