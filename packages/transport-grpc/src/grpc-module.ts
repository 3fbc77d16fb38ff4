import { Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { type GrpcOptions, resolveGrpcOptions } from './grpc-options.ts'
import { GrpcServerAdapter } from './grpc-server-adapter.ts'
import { GrpcTransport } from './grpc-transport.ts'

/**
 * gRPC for a runtime: calls to endpoints whose protocol is `grpc`, their health checks by `grpc.health.v1`, and the server
 * side for `rt.serve().grpc(server)`.
 *
 * @throws ConfigError naming the option, its value and what is allowed.
 */
export function grpc(options: GrpcOptions = {}): ContainerModule {
  const resolved = resolveGrpcOptions(options)
  return new ContainerModule(({ bind }) => {
    bind(Tokens.transport).toConstantValue((ports) => new GrpcTransport(ports, resolved))
    bind(Tokens.server).toConstantValue((ports) => new GrpcServerAdapter(ports, resolved))
  })
}
