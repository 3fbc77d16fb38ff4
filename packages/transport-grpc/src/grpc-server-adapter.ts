import { Server } from '@grpc/grpc-js'
import { ConfigError } from '@seakeep/core'
import type { AdapterPorts, AttachedServer, ServerAdapter, ServerHost } from '@seakeep/core/spi'
import { GovernedGrpcServer } from './governed-grpc-server.ts'
import type { ResolvedGrpcOptions } from './grpc-options.ts'

/** The server side of `rt.serve().grpc(server)`. */
export class GrpcServerAdapter implements ServerAdapter {
  readonly protocol = 'grpc'
  readonly #ports: AdapterPorts
  readonly #options: ResolvedGrpcOptions

  constructor(ports: AdapterPorts, options: ResolvedGrpcOptions) {
    this.#ports = ports
    this.#options = options
  }

  attach(server: unknown, host: ServerHost): AttachedServer {
    if (!isGrpcServer(server)) throw new ConfigError('serve.grpc', 'it takes a Server of @grpc/grpc-js')
    return new GovernedGrpcServer(server, host, this.#ports, this.#options.serverTls)
  }
}

/** By what is needed of it, since a program may hold two copies of grpc-js. */
function isGrpcServer(server: unknown): server is Server {
  if (server instanceof Server) return true
  const { bindAsync, register, drain, tryShutdown } = (server ?? {}) as Partial<Record<keyof Server, unknown>>
  return [bindAsync, register, drain, tryShutdown].every((method) => typeof method === 'function')
}
