import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import * as net from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { ConfigError } from '@seakeep/core'
import {
  type AdapterPorts,
  after,
  connectionFaultOf,
  type Listening,
  MalformedRequests,
  requestScope,
  type ServerHost,
} from '@seakeep/core/spi'
import { InboundRequest } from './inbound-request.ts'
import { reachableHost } from './reachable-host.ts'

/** A server of node:http, node:https or node:http2. */
export type HttpServer = net.Server & Partial<Pick<Server, 'closeAllConnections' | 'closeIdleConnections'>>

/** The requests of one server between its connections and its handlers: who is inside, and how they all leave. */
export class RequestDoor {
  readonly #host: ServerHost
  readonly #ports: AdapterPorts
  readonly #malformed: MalformedRequests
  /** Requests whose answer has not been handed to the system. */
  readonly #open = new Set<InboundRequest>()
  readonly #sessions = new Set<Http2Session>()
  #server: HttpServer | undefined
  #isClosing = false

  constructor(host: ServerHost, ports: AdapterPorts) {
    this.#host = host
    this.#ports = ports
    this.#malformed = new MalformedRequests(ports.clock, host.events ?? ports.events, host.service ?? 'inbound')
  }

  get server(): HttpServer | undefined {
    return this.#server
  }

  get protocol(): string {
    return this.#server instanceof TlsServer ? 'https' : 'http'
  }

  /** The server its requests come from: told what nobody can read, and closed in the end. */
  watch(server: HttpServer): void {
    if (this.#server === server) return
    this.#server = server
    server.on('session', (session: Http2Session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      session.on('error', (error) => this.onFault(error))
    })
  }

  onFault(error: unknown): void {
    const fault = connectionFaultOf(error)
    if (fault !== undefined) this.#malformed.count(fault)
  }

  enter(message: IncomingMessage, response: ServerResponse, serve: () => boolean): void {
    const { clock, requests = requestScope } = this.#ports
    const request = new InboundRequest(message, response, serve, this.#host, requests)
    this.#open.add(request)
    response.once('close', () => {
      this.#open.delete(request)
      request.leave()
      if (this.#isClosing) this.#closeIdle()
    })
    // What is answered while not ready says goodbye: the caller comes back through what the registry then lists.
    if (!this.#host.isReady) {
      request.endConnection()
      closeGently((message as { stream?: { session?: Http2Session } }).stream?.session)
    }
    request.enter(clock)
  }

  /**
   * Stops listening at once, then lets each connection end with its answer: an HTTP/2 one with a GOAWAY.
   * `http.Server.close` is not used: it destroys connections whose answer has been ended but not yet been handed to the
   * system, which cuts large answers short.
   */
  close(graceMs: number, done: () => void): void {
    this.#isClosing = true
    const server = this.#server
    if (server === undefined) return done()
    const force = after(this.#ports.clock, graceMs, () => {
      server.closeAllConnections?.()
      for (const session of this.#sessions) session.destroy()
    })
    net.Server.prototype.close.call(server, () => {
      force.cancel()
      done()
    })
    for (const request of this.#open) request.endConnection()
    for (const session of this.#sessions) closeGently(session)
    this.#closeIdle()
  }

  #closeIdle(): void {
    for (const request of this.#open) if (request.isFlushing) return
    this.#server?.closeIdleConnections?.()
  }
}

function closeGently(session: Http2Session | undefined): void {
  if (session !== undefined && !session.closed && !session.destroyed) session.close()
}

/** By what is needed of it: a https.Server is no http.Server, and frameworks bring classes of their own. */
export function httpServer(server: unknown): HttpServer {
  if (server instanceof net.Server) {
    const { closeIdleConnections, updateSettings } = server as HttpServer & { updateSettings?: unknown }
    if (typeof closeIdleConnections === 'function' || typeof updateSettings === 'function') return server
  }
  const made = 'createServer() of node:http, node:https or node:http2'
  throw new ConfigError('serve.http', `it takes the server that ${made} returns`)
}

/** Where it listens; an error where that is no port. */
export function listeningAt(server: net.Server): Listening | Error {
  const address = server.address()
  if (address === null || typeof address === 'string') return new Error(`listening at ${address}, not at a port`)
  return { host: reachableHost(address.address), port: address.port }
}
