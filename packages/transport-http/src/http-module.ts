import { Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { type HttpOptions, resolveHttpOptions } from './http-options.ts'
import { HttpServerAdapter } from './http-server-adapter.ts'
import { HttpTransport } from './http-transport.ts'

/** HTTP for a runtime: calls to endpoints whose protocol is `http`, and the server side for `rt.serve().http(server)`. */
export function http(options: HttpOptions = {}): ContainerModule {
  const resolved = resolveHttpOptions(options)
  return new ContainerModule(({ bind }) => {
    bind(Tokens.transport).toConstantValue((ports) => new HttpTransport(ports, resolved))
    bind(Tokens.server).toConstantValue((ports) => new HttpServerAdapter(ports))
  })
}
