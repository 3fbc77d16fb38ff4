import { isIPv6 } from 'node:net'
import { experimental, type Server, ServerCredentials } from '@grpc/grpc-js'
import type { AttachedServer, Clock, Listening, ServerHost } from '@seakeep/core/spi'
import type { ResolvedServerTls } from './grpc-options.ts'
import { HealthService } from './health-service.ts'
import { admissionInterceptor } from './inbound-call.ts'
import { reachableHost } from './reachable-host.ts'

/**
 * A grpc-js server with governance in front of its handlers. The gate comes with the credentials it is bound with, so it
 * stands before the server's own interceptors and before services that are added later, too.
 */
export class GovernedGrpcServer implements AttachedServer {
  readonly #server: Server
  readonly #credentials: ServerCredentials
  readonly #health: HealthService
  #bound: string | undefined = undefined

  constructor(server: Server, host: ServerHost, clock: Clock, tls: ResolvedServerTls | undefined) {
    this.#server = server
    const gate = admissionInterceptor(host, clock)
    this.#credentials = experimental.createServerCredentialsWithInterceptors(credentialsOf(tls), [gate])
    this.#health = new HealthService(server, () => host.isReady)
  }

  listen(options: { readonly host?: string; readonly port: number }, told: (result: Listening | Error) => void): void {
    const { host = '0.0.0.0', port } = options
    const place = isIPv6(host) ? `[${host}]` : host
    this.#server.bindAsync(`${place}:${port}`, this.#credentials, (error, bound) => {
      if (error !== null) return told(error)
      this.#bound = `${place}:${bound}`
      told({ host: reachableHost(host), port: bound })
    })
  }

  onReadiness(): void {
    this.#health.tell()
  }

  /**
   * Stops listening, says GOAWAY on every connection and lets each end with its last call; what is left after `graceMs` is
   * broken off. Health watches end first: they never would by themselves (grpc-node#1458).
   *
   * `drain` comes before `tryShutdown`: it alone breaks off connections of a server without channelz, which
   * `forceShutdown` forgets, and it takes only those that have not been closed yet.
   */
  close(graceMs: number, done: () => void): void {
    this.#health.close()
    if (this.#bound !== undefined) this.#server.drain(this.#bound, graceMs)
    this.#server.tryShutdown(() => done())
  }
}

function credentialsOf(tls: ResolvedServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const { ca, cert, key } = tls
  return ServerCredentials.createSsl(ca ?? null, [{ cert_chain: cert, private_key: key }], ca !== undefined)
}
