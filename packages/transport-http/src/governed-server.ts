import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import * as net from 'node:net'
import { type AttachedServer, after, type Clock, type Listening, type ServerHost } from '@seakeep/core/spi'
import { InboundRequest } from './inbound-request.ts'
import { reachableHost } from './reachable-host.ts'

export type HttpServer = net.Server & Pick<Server, 'closeAllConnections' | 'closeIdleConnections'>

/**
 * A node:http server with governance in front of its listeners. The gate is put over `emit`, not among the listeners, so
 * that it stands before those that are added later, too (frameworks add theirs when they please).
 */
export class GovernedServer implements AttachedServer {
  readonly #server: HttpServer
  readonly #host: ServerHost
  readonly #clock: Clock
  /** Requests whose answer has not been handed to the system. */
  readonly #open = new Set<InboundRequest>()
  #isClosing = false

  constructor(server: HttpServer, host: ServerHost, clock: Clock) {
    this.#server = server
    this.#host = host
    this.#clock = clock
    const emit = server.emit
    server.emit = (event: string | symbol, ...rest: unknown[]): boolean => {
      if (event !== 'request' && event !== 'checkContinue') return Reflect.apply(emit, server, [event, ...rest])
      const [request, response] = rest as [IncomingMessage, ServerResponse]
      this.#onRequest(request, response, () => Reflect.apply(emit, server, [event, ...rest]))
      return true
    }
  }

  listen(options: { readonly host?: string; readonly port: number }, told: (result: Listening | Error) => void): void {
    const server = this.#server
    const onListening = (): void => {
      server.off('error', onError)
      const address = server.address()
      if (address === null || typeof address === 'string') told(new Error(`listening at ${address}, not at a port`))
      else told({ host: reachableHost(address.address), port: address.port })
    }
    const onError = (error: Error): void => {
      server.off('listening', onListening)
      told(error)
    }
    if (server.listening) {
      onListening()
      return
    }
    server.once('error', onError)
    server.listen(options, onListening)
  }

  /**
   * Stops listening at once, then lets each connection end with its answer. `http.Server.close` is not used: it destroys
   * connections whose answer has been ended but not yet been handed to the system, which cuts large answers short.
   */
  close(graceMs: number, done: () => void): void {
    this.#isClosing = true
    const force = after(this.#clock, graceMs, () => this.#server.closeAllConnections())
    net.Server.prototype.close.call(this.#server, () => {
      force.cancel()
      done()
    })
    for (const request of this.#open) request.endConnection()
    this.#closeIdle()
  }

  #onRequest(message: IncomingMessage, response: ServerResponse, serve: () => boolean): void {
    const request = new InboundRequest(message, response, serve, this.#host)
    this.#open.add(request)
    response.once('close', () => {
      this.#open.delete(request)
      request.leave()
      if (this.#isClosing) this.#closeIdle()
    })
    // What is answered while not ready says goodbye: the caller comes back through what the registry then lists.
    if (!this.#host.isReady) request.endConnection()
    request.enter(this.#clock)
  }

  #closeIdle(): void {
    for (const request of this.#open) if (request.isFlushing) return
    this.#server.closeIdleConnections()
  }
}
