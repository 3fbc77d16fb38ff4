import * as net from 'node:net'
import { ConfigError } from '@seakeep/core'
import type { AdapterPorts, AttachedServer, ServerAdapter, ServerHost } from '@seakeep/core/spi'
import { GovernedServer, type HttpServer } from './governed-server.ts'

/** The server side of `rt.serve().http(server)`. */
export class HttpServerAdapter implements ServerAdapter {
  readonly protocol = 'http'
  readonly #ports: AdapterPorts

  constructor(ports: AdapterPorts) {
    this.#ports = ports
  }

  attach(server: unknown, host: ServerHost): AttachedServer {
    if (!isHttpServer(server)) {
      throw new ConfigError('serve.http', 'it takes the server that createServer() of node:http or node:https returns')
    }
    return new GovernedServer(server, host, this.#ports.clock)
  }
}

/** By what is needed of it: a https.Server is no http.Server, and frameworks bring classes of their own. */
function isHttpServer(server: unknown): server is HttpServer {
  return (
    server instanceof net.Server &&
    typeof (server as Partial<HttpServer>).closeIdleConnections === 'function' &&
    typeof (server as Partial<HttpServer>).closeAllConnections === 'function'
  )
}
