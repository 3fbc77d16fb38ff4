import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdapterPorts, AttachedServer, Listening, ServerHost } from '@seakeep/core/spi'
import { type HttpServer, listeningAt, RequestDoor } from './request-door.ts'

/**
 * A server with governance in front of its listeners. The door is put over `emit`, not among the listeners, so that it
 * stands before those that are added later, too (frameworks add theirs when they please).
 */
export class GovernedServer implements AttachedServer {
  readonly #server: HttpServer
  readonly #door: RequestDoor

  constructor(server: HttpServer, host: ServerHost, ports: AdapterPorts) {
    this.#server = server
    const door = new RequestDoor(host, ports)
    this.#door = door
    door.watch(server)
    const emit = server.emit
    server.emit = (event: string | symbol, ...rest: unknown[]): boolean => {
      if (event === 'clientError') door.onFault(rest[0])
      if (event !== 'request' && event !== 'checkContinue') return Reflect.apply(emit, server, [event, ...rest])
      const [request, response] = rest as [IncomingMessage, ServerResponse]
      door.enter(request, response, () => Reflect.apply(emit, server, [event, ...rest]))
      return true
    }
  }

  get protocol(): string {
    return this.#door.protocol
  }

  listen(options: { readonly host?: string; readonly port: number }, told: (result: Listening | Error) => void): void {
    const server = this.#server
    const onListening = (): void => {
      server.off('error', onError)
      told(listeningAt(server))
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

  close(graceMs: number, done: () => void): void {
    this.#door.close(graceMs, done)
  }
}
