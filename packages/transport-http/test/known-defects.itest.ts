// Defects that others have had over HTTP, each with its story.
import { createServer, type RequestListener } from 'node:http'
import * as http2 from 'node:http2'
import * as net from 'node:net'
import { createRuntime, type Instance, memoryRegistry, type Runtime } from '@seakeep/core'
import { MemoryRegistry, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpOptions, http, outsideRequest } from '../src/index.ts'
import { listening } from './http-harness.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function portOf(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return server.close()
  })
  return listening(server)
}

function instance(id: string, port: number): Instance {
  return { id, service: 'orders', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 }
}

async function calling(instances: readonly Instance[], layers: object, options: HttpOptions = {}): Promise<Runtime> {
  const rt = await createRuntime({
    service: 'web',
    policies: { version: 1, targets: { orders: layers } },
    modules: [http(options), memoryRegistry({ instances })],
  })
  cleanups.push(() => rt.close())
  return rt
}

const answering =
  (text: string): RequestListener =>
  (_message, response) =>
    void response.end(text)

describe('rollouts', () => {
  it('istio#39870: a server that drains attracts no traffic by answering fast: its refusals are a penalty', async () => {
    let refused = 0
    const draining = await portOf(
      createServer((_message, response) => {
        refused += 1
        response.writeHead(503, { 'seakeep-refused': 'shutting-down', connection: 'close' }).end()
      }),
    )
    const slow = await portOf(createServer((_message, response) => setTimeout(() => response.end('slow'), 5)))
    const rt = await calling([instance('draining', draining), instance('slow', slow)], {
      retry: { maxAttempts: 3, budget: false },
    })
    for (let at = 0; at < 100; at++) expect((await rt.client('orders').call()).body).toBe('slow')
    expect(refused).toBeLessThan(50)
  })

  it('linkerd2#11493: an endpoint that has left the list is called no more from that moment', async () => {
    const clock = realClock()
    let late = 0
    let hasLeft = false
    const leaving = instance(
      'leaving',
      await portOf(
        createServer((_message, response) => {
          if (hasLeft) late += 1
          response.end()
        }),
      ),
    )
    const staying = instance('staying', await portOf(createServer(answering('stays'))))
    const registry = new MemoryRegistry(clock, [leaving, staying])
    const module = new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))
    const rt = await createRuntime({ service: 'web', modules: [http(), module] })
    cleanups.push(() => rt.close())
    for (let at = 0; at < 10; at++) await rt.client('orders').call()
    registry.deregister(leaving, () => {})
    hasLeft = true
    for (let at = 0; at < 10; at++) expect((await rt.client('orders').call()).body).toBe('stays')
    expect(late).toBe(0)
  })
})

describe('connections', () => {
  it('grpc-node#2785: a server that accepts and never speaks is left at the attempt timeout, over HTTP/2 as well', async () => {
    const silent = await portOf(net.createServer(() => {}))
    const server = http2.createServer((_message, response) => void response.end('spoken'))
    const layers = {
      retry: { maxAttempts: 3, attemptTimeout: '300ms', backoff: { initial: 0, max: 0 }, budget: false },
    }
    const both = [instance('silent', silent), instance('speaks', await portOf(server))]
    const rt = await calling(both, { ...layers, loadBalancing: 'round-robin' }, { http2: true })
    for (let at = 0; at < 2; at++) expect((await rt.client('orders').call()).body).toBe('spoken')
  })

  it('grpc-node#2455: an instance that is new is called by callers whose connections are fine', async () => {
    const registry = new MemoryRegistry(realClock(), [instance('old', await portOf(createServer(answering('old'))))])
    const module = new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))
    const rt = await createRuntime({ service: 'web', modules: [http(), module] })
    cleanups.push(() => rt.close())
    await rt.client('orders').call()
    registry.register(instance('new', await portOf(createServer(answering('new')))), 60_000, () => {})
    const answers = new Set<unknown>()
    for (let at = 0; at < 4; at++) answers.add((await rt.client('orders').call()).body)
    expect(answers).toEqual(new Set(['old', 'new']))
  })

  it('grpc-node#1458: a drain does not wait for ever on an answer that streams', async () => {
    const rt = await createRuntime({ service: 'web', modules: [http(), memoryRegistry()] })
    const served = rt
      .serve({ name: 'orders', drain: { spread: 0, finish: '100ms' } })
      .http(createServer((_message, response) => void response.writeHead(200).write('x')))
    await served.listen({ host: '127.0.0.1', port: 0 })
    const { body } = await rt.client('orders').call({ method: 'GET /events', stream: true })
    const read = (async () => {
      for await (const _ of body as AsyncIterable<Uint8Array>);
    })()
    const broken = expect(read).rejects.toThrow()
    await served.drain()
    await broken
    await rt.close()
  })
})

describe('deadlines', () => {
  it('grpc-node#1542: nobody passes a deadline on by hand, and who wants none of it says so', async () => {
    const timeouts: (string | string[] | undefined)[] = []
    const inner = await portOf(
      createServer((message, response) => {
        timeouts.push(message.headers['seakeep-timeout'])
        response.end()
      }),
    )
    const rt = await createRuntime({ service: 'web', modules: [http(), memoryRegistry()] })
    cleanups.push(() => rt.close())
    const url = `http://127.0.0.1:${inner}/`
    const served = rt.serve({ name: 'orders', drain: { spread: 0 } }).http(
      createServer(async (_message, response) => {
        await rt.fetch(url)
        await outsideRequest(() => rt.fetch(url))
        response.end()
      }),
    )
    await served.listen({ host: '127.0.0.1', port: 0 })
    await rt.client('orders').call({}, { timeout: '5s' })
    expect(timeouts).toEqual([expect.stringMatching(/^[34]\d{3}/), undefined])
  })
})

describe('answers that are none', () => {
  const garbage: [string, string][] = [
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n'],
    ['a body that is cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['JSON that is cut short', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n{"a"'],
    [
      'msgpack that is cut short',
      'HTTP/1.1 200 OK\r\ncontent-type: application/msgpack\r\ncontent-length: 2\r\n\r\n\x92\x01',
    ],
    ['nothing', ''],
  ]
  it.each(garbage)('%s is an AttemptError, by call and by fetch', async (_name, text) => {
    const port = await portOf(
      net.createServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end(text, 'latin1'))
      }),
    )
    const rt = await calling([instance('p', port)], { timeout: '10s' })
    const failure = { code: 'SEAKEEP_ATTEMPT_FAILED', service: 'orders', endpoint: 'p', failure: 'error' }
    await expect(rt.client('orders').call()).rejects.toMatchObject(failure)
    const fetched = rt.fetch('http://orders/').then((answer) => answer.arrayBuffer())
    if (/json|msgpack/i.test(text)) await fetched
    else await expect(fetched).rejects.toMatchObject({ name: 'TypeError' })
  })
})
