import { constants, type Http2Session } from 'node:http2'
import { isIPv6 } from 'node:net'
import { experimental, type Server, ServerCredentials } from '@grpc/grpc-js'
import {
  type AdapterPorts,
  type AttachedServer,
  after,
  type Clock,
  type Listening,
  MalformedRequests,
  type ServerHost,
} from '@seakeep/core/spi'
import type { ResolvedServerTls } from './grpc-options.ts'
import { HealthService } from './health-service.ts'
import { admissionInterceptor } from './inbound-call.ts'
import { countFaults } from './malformed-calls.ts'
import { reachableHost } from './reachable-host.ts'

/** From saying GOAWAY until what was on its way is no longer taken. */
const NOTICE_MS = 50

/**
 * A grpc-js server with governance in front of its handlers. The gate comes with the credentials it is bound with, so it
 * stands before the server's own interceptors and before services that are added later, too.
 */
export class GovernedGrpcServer implements AttachedServer {
  readonly #server: Server
  readonly #clock: Clock
  readonly #credentials: ServerCredentials
  readonly #health: HealthService
  readonly #malformed: MalformedRequests
  #bound: string | undefined = undefined

  constructor(server: Server, host: ServerHost, ports: AdapterPorts, tls: ResolvedServerTls | undefined) {
    this.#server = server
    const { clock, events } = ports
    this.#clock = clock
    this.#malformed = new MalformedRequests(clock, host.events ?? events, host.service ?? 'inbound')
    const gate = admissionInterceptor(host, clock, this.#malformed)
    this.#credentials = experimental.createServerCredentialsWithInterceptors(credentialsOf(tls), [gate])
    this.#health = new HealthService(server, () => host.isReady)
  }

  listen(options: { readonly host?: string; readonly port: number }, told: (result: Listening | Error) => void): void {
    const { host = '0.0.0.0', port } = options
    const place = isIPv6(host) ? `[${host}]` : host
    this.#server.bindAsync(`${place}:${port}`, this.#credentials, (error, bound) => {
      if (error !== null) return told(error)
      this.#bound = `${place}:${bound}`
      countFaults(this.#server, this.#malformed)
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
   * grpc-js has two ways of breaking connections off, and each forgets some: `forceShutdown` those of a server without
   * channelz, `drain` those whose client has said GOAWAY. So they are taken from its own table; `drain` is for a version
   * that has none.
   */
  close(graceMs: number, done: () => void): void {
    this.#health.close()
    sayGoodbye(this.#server)
    const noticeMs = Math.min(NOTICE_MS, graceMs)
    after(this.#clock, noticeMs, () => this.#end(graceMs - noticeMs, done))
  }

  #end(graceMs: number, done: () => void): void {
    if (this.#bound !== undefined) this.#server.drain(this.#bound, graceMs)
    const force = after(this.#clock, graceMs, () => {
      for (const session of sessionsOf(this.#server)) session.destroy()
    })
    this.#server.tryShutdown(() => {
      force.cancel()
      done()
    })
  }
}

/**
 * Tells the clients that are connected to come back over another connection, and takes what is on its way all the same
 * (RFC 9113 6.8: a GOAWAY with the highest number there is).
 */
export function sayGoodbye(server: Server): void {
  for (const session of sessionsOf(server)) {
    if (!session.closed && !session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1)
  }
}

function sessionsOf(server: Server): Http2Session[] {
  const { http2Servers } = server as unknown as {
    readonly http2Servers?: Map<unknown, { sessions?: Set<Http2Session> }>
  }
  if (!(http2Servers instanceof Map)) return []
  return Array.from(http2Servers.values()).flatMap(({ sessions }) => [...(sessions ?? [])])
}

function credentialsOf(tls: ResolvedServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const { ca, cert, key } = tls
  return ServerCredentials.createSsl(ca ?? null, [{ cert_chain: cert, private_key: key }], ca !== undefined)
}
