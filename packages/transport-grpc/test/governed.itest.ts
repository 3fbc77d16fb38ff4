// Stubs of grpc-js, as any codegen makes them, governed with no change but their options; and the same over
// `client().call()`. The servers are plain grpc-js.
import { Buffer } from 'node:buffer'
import {
  type Client,
  credentials,
  Metadata,
  type Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { createRuntime, isConfigError, memoryRegistry, type Runtime } from '@seakeep/core'
import { afterEach, describe, expect, it } from 'vitest'
import { codecOf, govern, grpc, grpcStatusOf, type MessageStream } from '../src/index.ts'
import { GREETER, GreeterClient, greeterServer, type Hello, type Reply, type Seen } from './greeter.ts'
import { endpointAt, nobody } from './grpc-server.ts'

const open: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const seen: Seen = { metadata: [], deadlines: [], cancelled: 0 }

async function bound(server: Server): Promise<number> {
  open.push(() => server.forceShutdown())
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    )
  })
}

async function runtimeOf(policy: object = {}, ports?: readonly number[]): Promise<Runtime> {
  const at = ports ?? [await bound(greeterServer(seen))]
  const rt = await createRuntime({
    service: 'shop',
    policies: { version: 1, targets: { greeter: policy } },
    modules: [
      grpc({ codec: codecOf(GREETER as never) }),
      memoryRegistry({ instances: at.map((port) => ({ ...endpointAt(port), service: 'greeter' })) }),
    ],
  })
  open.push(() => rt.close())
  return rt
}

function stubOf(rt: Runtime): Client & Record<string, (...given: unknown[]) => never> {
  return new GreeterClient('discovery:///greeter', credentials.createInsecure(), govern(rt, 'greeter')) as never
}

interface Ended {
  readonly error?: ServiceError | undefined
  readonly replies: Reply[]
  readonly headers?: Metadata | undefined
  readonly trailers?: Metadata | undefined
}

function endOf(call: NodeJS.EventEmitter, replies: Reply[] = []): Promise<Ended> {
  return new Promise((resolve) => {
    let headers: Metadata | undefined
    let error: ServiceError | undefined
    call.on('metadata', (metadata: Metadata) => {
      headers = metadata
    })
    call.on('data', (reply: Reply) => void replies.push(reply))
    call.on('error', (thrown: ServiceError) => {
      error = thrown
    })
    call.on('status', ({ metadata: trailers }: { metadata: Metadata }) =>
      // An error is told after the status.
      setImmediate(() => resolve({ error, replies, headers, trailers })),
    )
  })
}

describe('a governed stub', () => {
  it('calls unary methods, with metadata, headers and trailers', async () => {
    const stub = stubOf(await runtimeOf())
    const metadata = new Metadata()
    metadata.set('x-trace', 'abc')
    metadata.add('x-echo-bin', Buffer.from([1, 2, 255]))
    metadata.add('x-echo-bin', Buffer.from([3]))
    const replies: Reply[] = []
    let failure: ServiceError | null = null
    const call = stub.SayHello!({ name: 'Ada' }, metadata, (error: ServiceError | null, reply: Reply) => {
      failure = error
      replies.push(reply)
    })
    const { headers, trailers } = await endOf(call)
    expect(failure).toBe(null)
    expect(replies).toEqual([{ message: 'Hello Ada', number: 1 }])
    expect(headers?.get('x-greeter')).toEqual(['here'])
    expect(headers?.get('x-echo-bin')).toEqual([Buffer.from([1, 2, 255]), Buffer.from([3])])
    expect(trailers?.get('x-trailer')).toEqual(['bye'])
    const sent = seen.metadata.at(-1)
    expect(sent?.get('x-trace')).toEqual(['abc'])
    expect(sent?.get('seakeep-caller')).toEqual(['shop'])
    expect(sent?.get('seakeep-attempt')).toEqual(['1'])
  })

  it('gets the status of the server as it is', async () => {
    const stub = stubOf(await runtimeOf())
    const error = await new Promise<ServiceError>((resolve) => {
      stub.SayHello!({ name: 'fail' }, (thrown: ServiceError) => resolve(thrown))
    })
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'nobody is called fail' })
    expect(error.metadata.get('x-trailer')).toEqual(['bye'])
  })

  it('reads streams, with headers and trailers, however long', async () => {
    const stub = stubOf(await runtimeOf())
    for (const times of [0, 1, 3, 1000]) {
      const { replies, headers, trailers, error } = await endOf(stub.Count!({ name: 'Ada', times }))
      expect(error).toBe(undefined)
      expect(replies.map(({ number }) => number)).toEqual(Array.from({ length: times }, (_, i) => i + 1))
      expect(headers?.get('x-greeter')).toEqual(['here'])
      expect(trailers?.get('x-trailer')).toEqual(['bye'])
    }
  })

  it('is told of a stream that breaks off after its messages', async () => {
    const stub = stubOf(await runtimeOf({ retry: true }))
    const { replies, error } = await endOf(stub.Count!({ name: 'break', times: 1 }))
    expect(replies.length).toBeLessThanOrEqual(1)
    expect(error).toMatchObject({ code: status.DATA_LOSS, details: 'broken' })
  })

  it('writes streams', async () => {
    const stub = stubOf(await runtimeOf())
    const replies: Reply[] = []
    const call = stub.Sum!((_error: ServiceError | null, reply: Reply) => replies.push(reply)) as NodeJS.WritableStream
    const ended = endOf(call)
    for (const name of ['Ada', 'Grace', 'Mary']) call.write({ name } as never)
    call.end()
    expect((await ended).trailers?.get('x-trailer')).toEqual(['bye'])
    expect(replies).toEqual([{ message: 'Hello Ada and Grace and Mary', number: 3 }])
  })

  it('talks both ways', async () => {
    const stub = stubOf(await runtimeOf())
    const call = stub.Chat!() as NodeJS.ReadWriteStream
    const replies: Reply[] = []
    const ended = endOf(call, replies)
    call.write({ name: 'Ada' } as never)
    await expect.poll(() => replies.length).toBe(1)
    call.write({ name: 'Grace' } as never)
    await expect.poll(() => replies.length).toBe(2)
    call.end()
    const { error, trailers } = await ended
    expect(error).toBe(undefined)
    expect(trailers?.get('x-trailer')).toEqual(['bye'])
    const broken = stub.Chat!() as NodeJS.ReadWriteStream
    const failed = endOf(broken)
    broken.write({ name: 'fail' } as never)
    expect((await failed).error).toMatchObject({ code: status.NOT_FOUND })
  })

  it('passes its deadline on, and is told when it has passed', async () => {
    const stub = stubOf(await runtimeOf())
    for (const method of ['SayHello', 'Count']) {
      const before = Date.now()
      const deadline = before + 150
      const ended =
        method === 'Count'
          ? endOf(stub.Count!({ name: 'hang', times: 2 }, { deadline }))
          : new Promise<Ended>((resolve) => {
              stub.SayHello!({ name: 'hang' }, { deadline }, (error: ServiceError) => resolve({ error, replies: [] }))
            })
      const { error } = await ended
      expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED })
      expect(Date.now() - before).toBeGreaterThanOrEqual(149)
      expect(Math.abs((seen.deadlines.at(-1) ?? 0) - deadline)).toBeLessThan(60)
    }
  })

  it('is called off by its caller, who is told, and so is the server', async () => {
    const stub = stubOf(await runtimeOf())
    const before = seen.cancelled
    const arrived = seen.metadata.length
    const answered = new Promise<ServiceError>((resolve) => {
      const call = stub.SayHello!({ name: 'hang' }, (error: ServiceError) => resolve(error)) as { cancel(): void }
      void expect
        .poll(() => seen.metadata.length)
        .toBe(arrived + 1)
        .then(() => call.cancel())
    })
    expect(await answered).toMatchObject({ code: status.CANCELLED })
    const stream = stub.Count!({ name: 'hang', times: 1 }) as NodeJS.EventEmitter & { cancel(): void }
    stream.on('data', () => stream.cancel())
    expect((await endOf(stream)).error).toMatchObject({ code: status.CANCELLED })
    await expect.poll(() => seen.cancelled).toBeGreaterThanOrEqual(before + 2)
  })

  it('tries again elsewhere what was not sent, streams too, and never what has been committed', async () => {
    const port = await bound(greeterServer(seen))
    const gone = await nobody()
    const retry = { maxAttempts: 3, backoff: { initial: 0, max: 0 } }
    const stub = stubOf(await runtimeOf({ retry, loadBalancing: 'round-robin' }, [gone.address.port, port]))
    for (let i = 0; i < 6; i++) {
      const { error, replies } = await endOf(stub.Count!({ name: 'Ada', times: 2 }))
      expect(error).toBe(undefined)
      expect(replies).toHaveLength(2)
      const call = stub.Chat!() as NodeJS.ReadWriteStream
      const ended = endOf(call)
      call.end({ name: 'Ada' } as never)
      expect((await ended).replies).toHaveLength(1)
    }
    const before = seen.metadata.length
    expect((await endOf(stub.Count!({ name: 'break', times: 2 }))).error).toBeDefined()
    expect(seen.metadata.length).toBe(before + 1)
  })

  it('is refused here as gRPC says it', async () => {
    const stub = stubOf(await runtimeOf({ rateLimit: { rate: 1, burst: 1 } }))
    const call = () =>
      new Promise<ServiceError | null>(
        (resolve) => void stub.SayHello!({ name: 'Ada' }, (e: ServiceError | null) => resolve(e)),
      )
    expect(await call()).toBe(null)
    const error = await call()
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    expect(error?.metadata.get('seakeep-refused')).toEqual(['rate-limited'])
    expect(Number(error?.metadata.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(0)
  })

  it('is ready when its service is known, and closed without its runtime', async () => {
    const rt = await runtimeOf()
    const stub = stubOf(rt)
    await new Promise<void>((resolve, reject) => {
      stub.waitForReady(Date.now() + 5000, (error) => (error === undefined ? resolve() : reject(error)))
    })
    expect(stub.getChannel().getTarget()).toBe('discovery:///greeter')
    stub.close()
    expect(() => stub.SayHello!({ name: 'Ada' }, () => {})).toThrow('shut down')
    expect((await rt.client('greeter').call({ method: 'test.Greeter/SayHello', body: { name: 'Ada' } })).status).toBe(
      200,
    )
  })

  it('is named by its address, where no service is given', async () => {
    const rt = await runtimeOf()
    const options = govern(rt)
    const governed = new GreeterClient('discovery:///greeter', credentials.createInsecure(), options) as never as {
      SayHello(request: object, told: (error: unknown, reply: Reply) => void): void
      close(): void
    }
    const reply = await new Promise((resolve) => governed.SayHello({ name: 'Ada' }, (_error, said) => resolve(said)))
    expect(reply).toMatchObject({ message: 'Hello Ada' })
    expect(() => govern(rt, 'http://greeter')).toThrow("'http://greeter' is not allowed")
    const port = await bound(greeterServer())
    const plain = new GreeterClient(`127.0.0.1:${port}`, credentials.createInsecure(), options)
    expect(plain.getChannel().getTarget()).toContain(`127.0.0.1:${port}`)
    plain.close()
  })
})

describe('client().call() of methods that stream', () => {
  const method = (name: string) => `test.Greeter/${name}`

  it('hands an answer out from its first message on', async () => {
    const rt = await runtimeOf()
    const answer = await rt.client('greeter').call({ method: method('Count'), body: { name: 'Ada', times: 5 } })
    expect(answer).toMatchObject({ status: 200, headers: { 'x-greeter': 'here' } })
    const body = answer.body as MessageStream
    const numbers: number[] = []
    for await (const reply of body) numbers.push((reply as Reply).number)
    expect(numbers).toEqual([1, 2, 3, 4, 5])
    expect(body.trailers).toMatchObject({ 'x-trailer': 'bye' })
  })

  it('sends arrays, generators and what a function returns', async () => {
    const rt = await runtimeOf()
    const names = [{ name: 'Ada' }, { name: 'Grace' }]
    async function* generated() {
      yield* names
    }
    for (const body of [names, generated(), () => names, () => generated()]) {
      const answer = await rt.client('greeter').call({ method: method('Sum'), body })
      expect(answer.body).toEqual({ message: 'Hello Ada and Grace', number: 2 })
    }
    const wrong = rt.client('greeter').call({ method: method('Sum'), body: { name: 'Ada' } })
    await expect(wrong).rejects.toSatisfy((error) => isConfigError((error as Error).cause))
  })

  it('rejects with the status where a stream fails before its first message', async () => {
    const rt = await runtimeOf()
    const error = await rt
      .client('greeter')
      .call({ method: method('Count'), body: { name: 'fail' } })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 404, body: 'nobody is called fail' })
    expect(grpcStatusOf(error)?.metadata.get('x-trailer')).toEqual(['bye'])
  })

  it('breaks the iteration where it fails after it', async () => {
    const rt = await runtimeOf()
    const { body } = await rt.client('greeter').call({ method: method('Count'), body: { name: 'break', times: 1 } })
    const read = async () => {
      for await (const _ of body as MessageStream);
    }
    const error = await read().catch((thrown: unknown) => thrown)
    expect(grpcStatusOf(error)).toMatchObject({ code: status.DATA_LOSS })
  })

  it('holds the permit of a stream until it is settled', async () => {
    const rt = await runtimeOf({ concurrency: { limit: 1, queue: 0 } })
    const count = () => rt.client('greeter').call({ method: method('Count'), body: { name: 'Ada', times: 50 } })
    const { body } = await count()
    await expect(count()).rejects.toMatchObject({ reason: 'concurrency' })
    expect(rt.limiter('greeter').value.inFlight).toBe(1)
    for await (const _ of body as MessageStream);
    expect(rt.limiter('greeter').value.inFlight).toBe(0)
    const left = await count()
    for await (const _ of left.body as MessageStream) break
    expect(rt.limiter('greeter').value.inFlight).toBe(0)
  })

  it('never sends a stream twice that can be read once, and an array again', async () => {
    let calls = 0
    const server = greeterServer()
    const flaky = new (server.constructor as typeof Server)()
    flaky.addService(GREETER, {
      Sum: (call: NodeJS.ReadableStream, done: (error: object | null, reply?: Reply) => void) => {
        calls += 1
        const isFirst = calls === 1
        call.on('data', () => {})
        call.on('end', () => (isFirst ? done({ code: status.INTERNAL }) : done(null, { message: 'yes', number: 2 })))
      },
    } as never)
    const rt = await runtimeOf({ retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } }, [await bound(flaky)])
    const names: Partial<Hello>[] = [{ name: 'Ada' }, { name: 'Grace' }]
    async function* once() {
      yield* names
    }
    await expect(rt.client('greeter').call({ method: method('Sum'), body: once() })).rejects.toMatchObject({
      status: 500,
    })
    expect(calls).toBe(1)
    calls = 0
    expect(await rt.client('greeter').call({ method: method('Sum'), body: names })).toMatchObject({ status: 200 })
    expect(calls).toBe(2)
  })

  it('ends a stream when its caller gives up', async () => {
    const rt = await runtimeOf()
    const controller = new AbortController()
    const request = { method: method('Count'), body: { name: 'hang', times: 1 } }
    const { body } = await rt.client('greeter').call(request, { signal: controller.signal })
    const stream = body as MessageStream
    expect((await stream.next()).value).toMatchObject({ number: 1 })
    const before = seen.cancelled
    controller.abort()
    await expect(stream.next()).rejects.toMatchObject({ code: 'SEAKEEP_CANCELLED' })
    await expect.poll(() => seen.cancelled).toBe(before + 1)
  })
})
