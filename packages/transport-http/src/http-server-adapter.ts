import type { AdapterPorts, AttachedServer, ServerAdapter, ServerHost } from '@seakeep/core/spi'
import { FastifyServer } from './fastify-plugin.ts'
import { GovernedServer } from './governed-server.ts'
import { MiddlewareServer } from './middleware.ts'
import { httpServer } from './request-door.ts'

/** The server side of `rt.serve()`: `.http(server)`, `.middleware()`, `.fastify()`. */
export class HttpServerAdapter implements ServerAdapter {
  readonly protocol = 'http'
  readonly #ports: AdapterPorts

  constructor(ports: AdapterPorts) {
    this.#ports = ports
  }

  attach(server: unknown, host: ServerHost): AttachedServer {
    return new GovernedServer(httpServer(server), host, this.#ports)
  }

  face(name: string, host: ServerHost): { readonly face: unknown; readonly server: AttachedServer } {
    if (name === 'fastify') {
      const server = new FastifyServer(host, this.#ports)
      return { face: server.plugin, server }
    }
    const server = new MiddlewareServer(host, this.#ports)
    return { face: server.middleware, server }
  }
}
