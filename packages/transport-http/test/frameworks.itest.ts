// The server side in front of what people have: plain node:http, Express 5, fastify 5. One suite over all of them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRuntime, type GovernanceEvent, memoryRegistry, type Runtime, type ServedInstance } from '@seakeep/core'
import express from 'express'
import fastify from 'fastify'
import { request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { http, requestContext } from '../src/index.ts'
import { allOf, raw } from './served.ts'

interface App {
  readonly url: string
  readonly port: number
  /** The application closes by its own means. */
  close?(): Promise<unknown>
}

type Body = Readonly<Record<string, unknown>>
/** What each application serves at POST /echo: a JSON body, answered with what `handle` makes of it. */
type Handle = (body: Body) => Promise<unknown>
type Build = (served: ServedInstance, handle: Handle) => Promise<App>

const runtimes: Runtime[] = []
const servers: Server[] = []

afterEach(async () => {
  for (const rt of runtimes.splice(0)) await rt.close()
  for (const server of servers.splice(0)) server.closeAllConnections()
})

function listening(server: Server): Promise<App> {
  servers.push(server)
  return new Promise((resolve) => {
    const told = (): void => {
      const { port } = server.address() as AddressInfo
      resolve({ url: `http://127.0.0.1:${port}`, port })
    }
    if (server.listening) told()
    else server.once('listening', told)
  })
}

function sendJson(response: ServerResponse, answer: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(answer))
}

/** By events, as code without promises reads a body. */
function readJson(message: IncomingMessage, told: (body: Body) => void): void {
  let text = ''
  message.on('data', (piece) => {
    text += String(piece)
  })
  message.on('end', () => told(JSON.parse(text) as Body))
}

const APPS: Readonly<Record<string, Build>> = {
  'node:http by .http(server)': async (served, handle) => {
    const server = createServer((message, response) => {
      readJson(message, (body) => void handle(body).then((answer) => sendJson(response, answer)))
    })
    servers.push(server)
    const { port } = await served.http(server).listen({ host: '127.0.0.1', port: 0 })
    return { url: `http://127.0.0.1:${port}`, port }
  },
  'node:http by .middleware()': async (served, handle) => {
    const govern = served.middleware()
    const server = createServer((message, response) =>
      govern(message, response, () => {
        readJson(message, (body) => void handle(body).then((answer) => sendJson(response, answer)))
      }),
    ).listen(0, '127.0.0.1')
    const app = await listening(server)
    served.announce(server)
    return app
  },
  'Express 5': async (served, handle) => {
    const app = express()
    app.use(served.middleware())
    app.use(express.json())
    app.post('/echo', (message, response) => void handle(message.body).then((answer) => response.json(answer)))
    const server = app.listen(0, '127.0.0.1')
    const where = await listening(server)
    served.announce(server)
    return where
  },
  'fastify 5': async (served, handle) => {
    const app = fastify()
    await app.register(served.fastify())
    app.post('/echo', async (message) => handle(message.body as Body))
    const { port } = await served.listen({ host: '127.0.0.1', port: 0 })
    return { url: `http://127.0.0.1:${port}`, port, close: () => app.close() }
  },
}

async function start(
  build: Build,
  handle: Handle,
  inbound: object = {},
): Promise<{ rt: Runtime; app: App; events: GovernanceEvent[] }> {
  const rt = await createRuntime({
    service: 'shop',
    modules: [http(), memoryRegistry()],
    policies: {
      version: 1,
      inbound: { payments: inbound },
      targets: { '*': { retry: { maxAttempts: 3, backoff: { initial: 0, max: 0 } } } },
    },
  })
  runtimes.push(rt)
  const events: GovernanceEvent[] = []
  rt.events$.subscribe((event) => events.push(event))
  const app = await build(rt.serve({ name: 'payments', drain: { spread: 0 } }), handle)
  return { rt, app, events }
}

async function post(url: string, headers: Record<string, string> = {}, body: object = { a: 1 }) {
  const answer = await request(`${url}/echo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

describe.each(Object.entries(APPS))('%s', (_name, build) => {
  it('announces itself, answers probes, and is called by its name', async () => {
    const { rt, app } = await start(build, async (body) => ({ got: body }))
    expect((await request(`${app.url}/livez`)).statusCode).toBe(200)
    expect(await (await request(`${app.url}/readyz`)).body.text()).toBe('ready\n')
    const answer = await rt.client('payments').call({ method: 'POST /echo', body: { a: 1 } })
    expect(answer.body).toEqual({ got: { a: 1 } })
    expect(rt.endpoints('payments').value.endpoints).toMatchObject([{ protocol: 'http', address: { port: app.port } }])
  })

  it('refuses over its limits and past a deadline, before any handler runs', async () => {
    let runs = 0
    const handle = async () => {
      runs += 1
      return {}
    }
    const { app } = await start(build, handle, { rateLimit: { rate: 0.001, burst: 2 } })
    expect((await post(app.url, { 'seakeep-timeout': '0m' })).headers['seakeep-refused']).toBe('shed')
    expect((await post(app.url)).status).toBe(200)
    expect((await post(app.url)).status).toBe(200)
    expect(await post(app.url)).toMatchObject({ status: 429, headers: { 'seakeep-refused': 'rate-limited' } })
    expect(runs).toBe(2)
  })

  it('hands deadline, priority, trace and chain-stop down to what its handler fetches, also after its body was read', async () => {
    const seen: IncomingMessage['headers'][] = []
    const inner = createServer((message, response) => {
      seen.push(message.headers)
      response.writeHead(503).end()
    }).listen(0, '127.0.0.1')
    const { url } = await listening(inner)
    let rt: Runtime | undefined
    const handle: Handle = async () => ({
      status: (await rt!.fetch(`${url}/inner`)).status,
      attempt: requestContext()?.attempt,
    })
    const started = await start(build, handle)
    rt = started.rt
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const first = await post(started.app.url, {
      'seakeep-timeout': '5S',
      'seakeep-priority': 'batch',
      traceparent: trace,
    })
    expect(JSON.parse(first.text)).toEqual({ status: 503, attempt: 1 })
    expect(seen.length).toBe(3)
    expect(seen[0]).toMatchObject({ 'seakeep-priority': 'batch', traceparent: trace, 'seakeep-attempt': '1' })
    expect(seen[0]?.['seakeep-timeout']).toMatch(/^4\d\d\d(\d\d\d)?[mu]$/)
    // A request that is itself a retry is not multiplied further down.
    await post(started.app.url, { 'seakeep-attempt': '2' })
    expect(seen.length).toBe(4)
  })

  it('drains: what is in flight is finished, what is new is refused, and then it is closed', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<() => void>()
    const { rt, app } = await start(build, () => new Promise((resolve) => arrive(() => resolve({ done: true }))))
    const call = post(app.url)
    const answer = await arrived
    const closed = rt.close()
    const isClosed = (): Promise<boolean> =>
      raw(app.port, '127.0.0.1', '').then(
        (socket) => !socket.destroy(),
        () => true,
      )
    await expect.poll(isClosed).toBe(true)
    answer()
    expect(await call).toMatchObject({ status: 200, headers: { connection: 'close' }, text: '{"done":true}' })
    await closed
    await expect(request(`${app.url}/livez`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('answers what is no request with a typed refusal, tells of it, and serves on', async () => {
    const { app, events } = await start(build, async () => ({ fine: true }))
    const faults: [string, string][] = [
      ['GET / HTTP/1.1\r\nbad header\r\n\r\n', 'HTTP/1.1 400'],
      ['nonsense\r\n\r\n', 'HTTP/1.1 400'],
      [`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'HTTP/1.1 431'],
    ]
    for (const [text, expected] of faults) {
      const socket = await raw(app.port, '127.0.0.1', text)
      expect(await allOf(socket)).toMatch(expected)
    }
    const reset = await raw(app.port, '127.0.0.1', 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"a"')
    reset.resetAndDestroy()
    expect((await post(app.url)).status).toBe(200)
    expect(events).toContainEqual(expect.objectContaining({ type: 'requestMalformed', service: 'payments' }))
  })
})

describe('fastify 5', () => {
  it('that closes by itself is drained first', async () => {
    const { app, events, rt } = await start(APPS['fastify 5']!, async () => ({}))
    await app.close?.()
    expect(events.map(({ type }) => type)).toContain('drainStarted')
    expect(rt.endpoints('payments').value.endpoints).toEqual([])
  })
})
