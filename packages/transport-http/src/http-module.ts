import { requestScope, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { type HttpOptions, resolveHttpOptions } from './http-options.ts'
import { HttpServerAdapter } from './http-server-adapter.ts'
import { HttpTransport } from './http-transport.ts'
import { fetchEdge } from './node-fetch.ts'

/** HTTP for a runtime: calls to endpoints whose protocol is `http`, and the server side for `rt.serve().http(server)`. */
export function http(options: HttpOptions = {}): ContainerModule {
  const resolved = resolveHttpOptions(options)
  return new ContainerModule(({ bind }) => {
    for (const protocol of ['http', 'https'] as const) {
      bind(Tokens.transport).toConstantValue((ports) => new HttpTransport(ports, resolved, protocol))
    }
    bind(Tokens.edge).toConstantValue((ports) => fetchEdge(ports.requests ?? requestScope))
    bind(Tokens.server).toConstantValue((ports) => new HttpServerAdapter(ports))
  })
}
