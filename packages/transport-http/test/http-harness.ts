// A real server on the loopback, of HTTP/1.1 or HTTP/2, whose requests are handed to the handlers of the contract suite.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import * as http2 from 'node:http2'
import * as net from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Endpoint } from '@seakeep/core'
import { NO_EVENTS, parseTimeout, realClock, SeededRandom } from '@seakeep/core/spi'
import type { FarHandler, FarSide, ReceivedRequest, TransportHarness } from '@seakeep/core/testing'
import type { HttpOptions } from '../src/http-options.ts'
import { resolveHttpOptions } from '../src/http-options.ts'
import { HttpTransport } from '../src/http-transport.ts'

export interface HarnessKind {
  readonly options?: HttpOptions
  readonly protocol?: 'http' | 'https'
  readonly create?: (listener: RequestListener) => net.Server
}

export async function httpHarness(kind: HarnessKind = {}): Promise<TransportHarness> {
  const { options = {}, protocol = 'http', create = createServer } = kind
  const clock = realClock()
  const maxAnswerBytes = 100_000
  const ports = { clock, random: new SeededRandom(1), events: NO_EVENTS }
  const transport = new HttpTransport(ports, resolveHttpOptions({ maxAnswerBytes, ...options }), protocol)
  let handler: FarHandler = (far) => far.answer(500, 'no handler')
  const listener: RequestListener = (request, response) => void receive(request, response, (far) => handler(far))
  const wire = new Wire(await LiveServer.start(() => create(listener)))
  const port = await wire.listen()
  const hole = net.createServer(() => {})
  const holePort = await listening(hole)
  const nobody = net.createServer()
  const freedPort = await listening(nobody)
  await closed(nobody)
  const at = (atPort: number): Endpoint => ({ ...endpointAt(atPort), protocol })
  return {
    transport,
    clock,
    endpoint: at(port),
    nobody: at(freedPort),
    maxAnswerBytes,
    tellsDeadline: true,
    answerWith: (next) => {
      handler = next
    },
    streamed: (request) => ({ ...request, stream: true }),
    inPieces: (request, body) => ({ ...request, body }),
    faults: {
      blackHole: at(holePort),
      silence: () => wire.silence(),
      restart: () => wire.server.restart(),
      goAway: () => wire.server.goAway(),
      garble: (far) => (far as HttpFarSide).garble(),
    },
    close: async () => {
      await new Promise<void>((resolve) => transport.close(clock.now(), resolve))
      await wire.close()
      hole.close()
    },
  }
}

export function endpointAt(port: number): Endpoint {
  return { id: `echo@${port}`, service: 'echo', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 }
}

export function listening(server: net.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port))
  })
}

export function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** A server that can go and come back at its port. */
class LiveServer {
  readonly #create: () => net.Server
  readonly #sockets = new Set<net.Socket>()
  #sessions = new Set<http2.Http2Session>()
  #server: net.Server
  port = 0

  static async start(create: () => net.Server): Promise<LiveServer> {
    const server = new LiveServer(create)
    server.port = await listening(server.#server)
    return server
  }

  private constructor(create: () => net.Server) {
    this.#create = create
    this.#server = this.#made()
  }

  async restart(): Promise<void> {
    await this.stop()
    this.#server = this.#made()
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve))
  }

  goAway(): void {
    for (const session of this.#sessions) session.close()
  }

  stop(): Promise<void> {
    const isClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    return isClosed
  }

  #made(): net.Server {
    const server = this.#create()
    server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    })
    server.on('session', (session: http2.Http2Session) => {
      this.#sessions.add(session)
      session.on('error', () => {})
      session.on('close', () => this.#sessions.delete(session))
    })
    return server
  }
}

/** What lies between a client and the server, so that it can go silent. */
class Wire {
  readonly server: LiveServer
  readonly #pairs = new Set<readonly [net.Socket, net.Socket]>()
  readonly #front: net.Server

  constructor(server: LiveServer) {
    this.server = server
    this.#front = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
      const far = net.connect({ host: '127.0.0.1', port: server.port, noDelay: true, allowHalfOpen: true })
      const pair = [client, far] as const
      this.#pairs.add(pair)
      client.pipe(far)
      far.pipe(client)
      client.on('error', () => far.resetAndDestroy())
      far.on('error', () => client.resetAndDestroy())
      client.on('close', () => far.destroy())
      far.on('close', () => {
        if (far.readableEnded) client.end()
        else client.resetAndDestroy()
        this.#pairs.delete(pair)
      })
    })
  }

  listen(): Promise<number> {
    return listening(this.#front)
  }

  silence(): void {
    for (const [client, far] of this.#pairs) {
      client.unpipe(far).resume()
      far.unpipe(client).resume()
    }
  }

  async close(): Promise<void> {
    const isClosed = closed(this.#front)
    for (const [client, far] of this.#pairs) {
      client.destroy()
      far.destroy()
    }
    await this.server.stop()
    await isClosed
  }
}

async function receive(message: IncomingMessage, response: ServerResponse, handle: FarHandler): Promise<void> {
  let text = ''
  message.setEncoding('utf8')
  try {
    for await (const piece of message) text += piece
  } catch {
    return
  }
  handle(new HttpFarSide(message, response, text))
}

class HttpFarSide implements FarSide {
  readonly request: ReceivedRequest
  readonly #response: ServerResponse

  constructor({ method, url = '/', headers }: IncomingMessage, response: ServerResponse, text: string) {
    this.#response = response
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const timeout = headers['seakeep-timeout'] as string | undefined
    this.request = {
      method: `${method} ${pathname}`,
      query: Object.fromEntries(searchParams),
      headers: headers as Record<string, string>,
      body: headers['content-type'] === 'application/json' ? JSON.parse(text) : text,
      timeoutMs: timeout === undefined ? undefined : parseTimeout(timeout),
      attempt: Number(headers['seakeep-attempt']),
      priority: headers['seakeep-priority'] as string | undefined,
    }
  }

  get #stream(): http2.ServerHttp2Stream | undefined {
    return (this.#response as unknown as Partial<http2.Http2ServerResponse>).stream
  }

  answer(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#response.destroyed || this.#stream?.destroyed === true) return
    const isText = typeof body === 'string' || body === undefined
    const text = isText ? (body ?? '') : JSON.stringify(body)
    const type = isText ? 'text/plain; charset=utf-8' : 'application/json'
    this.#response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers })
    this.#response.end(text)
  }

  begin(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'text/plain', ...headers })
    this.#response.flushHeaders()
  }

  write(piece: string): void {
    this.#response.write(piece)
  }

  end(): void {
    this.#response.end()
  }

  reset(): void {
    if (this.#stream === undefined) {
      const { socket } = this.#response
      // TLS has no reset of its own: its connection is gone all the same.
      if (socket instanceof TLSSocket) socket.destroy()
      else socket?.resetAndDestroy()
    } else this.#stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
  }

  /** Over HTTP/1.1 what is no answer at all; over HTTP/2 a body that is not what its head says. */
  garble(): void {
    if (this.#stream === undefined) this.#response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n')
    else this.answer(200, '{"cut', { 'content-type': 'application/json' })
  }

  onGone(told: () => void): void {
    this.#response.on('close', () => {
      const hasEnded = this.#stream === undefined ? this.#response.writableFinished : this.#response.writableEnded
      if (!hasEnded) told()
    })
  }
}
