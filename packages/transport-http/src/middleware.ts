import type { IncomingMessage, ServerResponse } from 'node:http'
import { ConfigError } from '@seakeep/core'
import type { AdapterPorts, AttachedServer, Listening, ServerHost } from '@seakeep/core/spi'
import { type HttpServer, httpServer, listeningAt, RequestDoor } from './request-door.ts'

/** What node:http, Express, Connect and their like put in front of handlers. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** Requests that are inside a door already: a sub-application may be mounted behind the same one twice. */
const inside = new WeakSet<IncomingMessage>()

/** Governance as one function, for applications that make their server themselves. */
export class MiddlewareServer implements AttachedServer {
  readonly middleware: Middleware
  readonly #door: RequestDoor

  constructor(host: ServerHost, ports: AdapterPorts) {
    const door = new RequestDoor(host, ports)
    this.#door = door
    this.middleware = (request, response, next) => {
      if (inside.has(request)) return next()
      inside.add(request)
      const { server } = request.socket as { server?: HttpServer }
      if (server !== undefined) door.watch(server)
      door.enter(request, response, () => {
        next()
        return true
      })
    }
  }

  get protocol(): string {
    return this.#door.protocol
  }

  adopt(given: unknown): Listening {
    const server = httpServer(given)
    const listening = listeningAt(server)
    if (listening instanceof Error) throw new ConfigError('serve.announce', listening.message)
    this.#door.watch(server)
    server.on('clientError', (error, socket) => this.#onClientError(server, error, socket))
    return listening
  }

  listen(_options: unknown, told: (result: Listening | Error) => void): void {
    told(new ConfigError('serve', 'a middleware does not listen: let the server listen, then call announce(server)'))
  }

  close(graceMs: number, done: () => void): void {
    this.#door.close(graceMs, done)
  }

  /** With a listener Node no longer answers for itself: this one does, unless somebody else listens, too. */
  #onClientError(
    server: HttpServer,
    error: Error & { code?: string },
    socket: { writable: boolean; end(text: string): void; destroy(error?: Error): void },
  ): void {
    this.#door.onFault(error)
    if (server.listenerCount('clientError') > 1) return
    if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy(error)
    socket.end(`HTTP/1.1 ${STATUS[error.code ?? ''] ?? '400 Bad Request'}\r\nconnection: close\r\n\r\n`)
  }
}

const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}
