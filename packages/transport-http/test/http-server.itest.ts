import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import {
  Admission,
  type AttachedServer,
  type InboundPolicy,
  NO_EVENTS,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { Agent, request } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HttpServerAdapter } from '../src/http-server-adapter.ts'
import { requestContext } from '../src/request-context.ts'

const clock = realClock()
const NO_LIMITS: InboundPolicy = { rateLimit: undefined, concurrency: undefined }
const served: Served[] = []

afterEach(async () => {
  for (const one of served.splice(0)) await one.dispose()
})

/** A server under governance, on a free port of the loopback, with an agent of its own to call it. */
class Served {
  readonly server: Server
  readonly admission: Admission
  readonly attached: AttachedServer
  readonly agent: Agent = new Agent()
  isReady = true
  url = ''

  static async of(limits: InboundPolicy, listener: RequestListener): Promise<Served> {
    const one = new Served(limits, listener)
    served.push(one)
    await new Promise<void>((resolve, reject) => {
      one.attached.listen({ host: '127.0.0.1', port: 0 }, (result) => {
        if (result instanceof Error) return reject(result)
        one.url = `http://${result.host}:${result.port}`
        resolve()
      })
    })
    return one
  }

  private constructor(limits: InboundPolicy, listener: RequestListener) {
    this.server = createServer(listener)
    this.admission = new Admission(limits, clock)
    const adapter = new HttpServerAdapter({ clock, random: new SeededRandom(1), events: NO_EVENTS })
    const self = this
    this.attached = adapter.attach(this.server, {
      admission: this.admission,
      get isReady() {
        return self.isReady
      },
    })
  }

  async get(path = '/', headers: Record<string, string> = {}): Promise<Got> {
    const answer = await request(this.url + path, { dispatcher: this.agent, headers })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }

  close(graceMs: number): Promise<void> {
    return new Promise((resolve) => this.attached.close(graceMs, resolve))
  }

  async dispose(): Promise<void> {
    await this.agent.destroy()
    this.server.closeAllConnections()
    await this.close(0)
  }
}

interface Got {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** A listener whose requests are answered by hand. */
function byHand(): { readonly listener: RequestListener; next(): Promise<(text: string) => void> } {
  const begun: ((text: string) => void)[] = []
  const waiting: ((answer: (text: string) => void) => void)[] = []
  return {
    listener: (_request, response) => {
      const answer = (text: string): void => void response.end(text)
      const taker = waiting.shift()
      if (taker === undefined) begun.push(answer)
      else taker(answer)
    },
    next: () => {
      const answer = begun.shift()
      return answer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(answer)
    },
  }
}

describe('probes', () => {
  it('answers /livez and /readyz past every limit, and leaves other methods to the app', async () => {
    const limits = { rateLimit: { rate: 0.001, burst: 1 }, concurrency: undefined }
    const one = await Served.of(limits, (_request, response) => void response.end('app'))
    expect((await one.get('/')).text).toBe('app')
    expect(await one.get('/livez')).toMatchObject({ status: 200, text: 'alive\n' })
    expect(await one.get('/readyz?verbose')).toMatchObject({ status: 200, text: 'ready\n' })
    one.isReady = false
    expect(await one.get('/readyz')).toMatchObject({ status: 503, text: 'not ready\n' })
    expect(await one.get('/livez')).toMatchObject({ status: 200 })
    expect((await one.get('/livezzz')).headers['seakeep-refused']).toBe('rate-limited')
  })
})

describe('limits', () => {
  it('refuses over the rate with 429, a whole Retry-After and the exact wait', async () => {
    const limits = { rateLimit: { rate: 0.5, burst: 1 }, concurrency: undefined }
    const one = await Served.of(limits, (_request, response) => void response.end('app'))
    expect((await one.get()).status).toBe(200)
    const refused = await one.get()
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '2', 'seakeep-refused': 'rate-limited' } })
    const waitMs = Number(refused.headers['retry-after-ms'])
    expect(waitMs).toBeGreaterThan(1000)
    expect(waitMs).toBeLessThanOrEqual(2000)
  })

  it('refuses over the concurrency with 503 at once, and admits again when an answer has left', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(
      { rateLimit: undefined, concurrency: { limit: 1, queue: 0, maxWaitMs: 1000 } },
      listener,
    )
    const first = one.get()
    const answer = await next()
    expect(await one.get()).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1', 'retry-after-ms': '0', 'seakeep-refused': 'concurrency' },
    })
    answer('one')
    expect((await first).text).toBe('one')
    const second = one.get()
    ;(await next())('two')
    expect((await second).text).toBe('two')
  })

  it('serves the line in order, and refuses who has waited too long', async () => {
    const { listener, next } = byHand()
    const one = await Served.of({ rateLimit: undefined, concurrency: { limit: 1, queue: 1, maxWaitMs: 20 } }, listener)
    const first = one.get('/a')
    const answer = await next()
    expect((await one.get('/waits')).headers['seakeep-refused']).toBe('concurrency')
    answer('one')
    await first
    expect(one.admission.inFlight).toBe(0)
  })

  it('gives the place of a caller that has gone to the next, exactly once', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(
      { rateLimit: undefined, concurrency: { limit: 1, queue: 5, maxWaitMs: 60_000 } },
      listener,
    )
    const { hostname, port } = new URL(one.url)
    const gone = await raw(Number(port), hostname, 'GET /gone HTTP/1.1\r\nhost: x\r\n\r\n')
    const answerGone = await next()
    const leaves = await raw(Number(port), hostname, 'GET /leaves HTTP/1.1\r\nhost: x\r\n\r\n')
    const waits = one.get('/waits')
    await vi.waitFor(() => expect(one.admission.queued).toBe(2))
    leaves.destroy()
    await vi.waitFor(() => expect(one.admission.queued).toBe(1))
    gone.destroy()
    const answer = await next()
    answerGone('to nobody')
    expect(one.admission.inFlight).toBe(1)
    answer('to the next')
    expect((await waits).text).toBe('to the next')
    expect(one.admission.inFlight).toBe(0)
  })
})

describe('deadlines', () => {
  it('refuses what has exceeded its deadline without running the handler', async () => {
    let runs = 0
    const one = await Served.of(NO_LIMITS, (_request, response) => {
      runs += 1
      response.end()
    })
    expect(await one.get('/', { 'seakeep-timeout': '0m' })).toMatchObject({
      status: 503,
      headers: { 'seakeep-refused': 'shed' },
    })
    expect(runs).toBe(0)
    expect((await one.get('/', { 'seakeep-timeout': '30S' })).status).toBe(200)
    expect((await one.get('/', { 'seakeep-timeout': 'soon' })).status).toBe(200)
    expect(runs).toBe(2)
  })

  it('waits in the line no longer than the deadline', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(
      { rateLimit: undefined, concurrency: { limit: 1, queue: 5, maxWaitMs: 60_000 } },
      listener,
    )
    const first = one.get()
    const answer = await next()
    expect((await one.get('/', { 'seakeep-timeout': '30m' })).status).toBe(503)
    answer('one')
    await first
  })

  it('tells the handler, through every await, what its caller has said', async () => {
    const one = await Served.of(NO_LIMITS, async (message, response) => {
      for await (const _ of message);
      const context = requestContext()
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          attempt: context?.attempt,
          priority: context?.priority,
          leftMs: (context?.deadlineMs ?? 0) - clock.now(),
          options: context?.callOptions(),
        }),
      )
    })
    const headers = { 'seakeep-timeout': '5S', 'seakeep-attempt': '2', 'seakeep-priority': 'batch' }
    const told = JSON.parse((await one.get('/', headers)).text)
    expect(told).toMatchObject({ attempt: 2, priority: 'batch', options: { priority: 'batch' } })
    expect(told.leftMs).toBeGreaterThan(1000)
    expect(told.leftMs).toBeLessThanOrEqual(5000)
    expect(told.options.timeout).toBeLessThanOrEqual(5000)
    const silent = JSON.parse((await one.get()).text)
    expect(silent).toMatchObject({ attempt: 1, options: {} })
    expect(requestContext()).toBe(undefined)
  })
})

describe('drain', () => {
  it('finishes what is in flight, refuses what is new, and stops listening at once', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(NO_LIMITS, listener)
    const { hostname, port } = new URL(one.url)
    const first = one.get()
    const answer = await next()
    // A second request on a connection that is busy: pipelined, so that it comes while the first is under way.
    const busy = await raw(Number(port), hostname, 'GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
    const answerBusy = await next()
    one.isReady = false
    one.admission.drain()
    const closed = one.close(60_000)
    const late = await raw(Number(port), hostname, '').then(
      () => 'connected',
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(late).toBe('ECONNREFUSED')
    busy.write('GET /more HTTP/1.1\r\nhost: x\r\n\r\n')
    answer('finished')
    expect(await first).toMatchObject({ text: 'finished', headers: { connection: 'close' } })
    const text = allOf(busy)
    answerBusy('finished too')
    expect(await text).toMatch(/^HTTP\/1\.1 200 .*connection: close.*finished too$/is)
    await closed
  })

  it('refuses with 503 and ends the connection while others are finished', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(NO_LIMITS, listener)
    const first = one.get()
    const answer = await next()
    one.isReady = false
    one.admission.drain()
    expect(await one.get('/more')).toMatchObject({
      status: 503,
      headers: { connection: 'close', 'retry-after': '1', 'seakeep-refused': 'shutting-down' },
    })
    answer('finished')
    expect((await first).text).toBe('finished')
  })

  it('says goodbye with each answer while it spreads', async () => {
    const one = await Served.of(NO_LIMITS, (_request, response) => void response.end('app'))
    expect((await one.get()).headers.connection).toBe('keep-alive')
    one.isReady = false
    expect((await one.get()).headers.connection).toBe('close')
  })

  it('lets a large answer that has been ended reach a slow reader', async () => {
    const size = 20_000_000
    let ended: () => void = () => {}
    const isEnded = new Promise<void>((resolve) => {
      ended = resolve
    })
    const one = await Served.of(NO_LIMITS, (_request, response) => {
      response.end('x'.repeat(size))
      ended()
    })
    const { hostname, port } = new URL(one.url)
    const reader = await raw(Number(port), hostname, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await isEnded
    const closed = one.close(60_000)
    expect((await allOf(reader)).length).toBeGreaterThan(size)
    await closed
  })

  it('closes by force when the grace is over', async () => {
    const { listener, next } = byHand()
    const one = await Served.of(NO_LIMITS, listener)
    const first = one.get().then(
      () => 'answered',
      () => 'broken off',
    )
    await next()
    await one.close(10)
    expect(await first).toBe('broken off')
  })
})

describe('a server that people already have', () => {
  it('keeps its listeners, also later ones, and its connections alive', async () => {
    const ports = new Set<number | undefined>()
    const one = await Served.of(NO_LIMITS, (message) => void ports.add(message.socket.remotePort))
    one.server.on('request', (_message, response) => void response.end('later listener'))
    for (let at = 0; at < 20; at++) expect((await one.get()).text).toBe('later listener')
    // undici opens a second one where the first is not handed back yet in the turn of the next request.
    expect(ports.size).toBeLessThanOrEqual(2)
  })

  it('answers 404 where nobody listens', async () => {
    const one = await Served.of(NO_LIMITS, () => {})
    one.server.removeAllListeners('request')
    expect((await one.get()).status).toBe(404)
  })

  it('is not any other object', () => {
    const adapter = new HttpServerAdapter({ clock, random: new SeededRandom(1), events: NO_EVENTS })
    const host = { admission: new Admission(undefined, clock), isReady: true }
    expect(() => adapter.attach({}, host)).toThrow(/node:http/)
  })

  it('tells why it cannot listen', async () => {
    const one = await Served.of(NO_LIMITS, () => {})
    const other = new HttpServerAdapter({ clock, random: new SeededRandom(1), events: NO_EVENTS }).attach(
      createServer(),
      {
        admission: one.admission,
        isReady: true,
      },
    )
    const port = Number(new URL(one.url).port)
    const told = await new Promise((resolve) => other.listen({ host: '127.0.0.1', port }, resolve))
    expect(told).toMatchObject({ code: 'EADDRINUSE' })
  })
})

function raw(port: number, host: string, text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      if (text === '') resolve(socket)
      else socket.write(text, () => resolve(socket))
    })
    socket.on('error', reject)
  })
}

function allOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('close', () => resolve(text))
  })
}
