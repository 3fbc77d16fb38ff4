import { type Metadata, status } from '@grpc/grpc-js'
import type { AdapterPorts } from '@seakeep/core/spi'
import { EtcdConnection, type EtcdStream, type StreamSink } from './etcd-connection.ts'
import { EtcdError, isEndpointFault, isTokenRefused } from './etcd-error.ts'
import { EtcdLogin } from './etcd-login.ts'
import { type EtcdMethod, LEASE_KEEP_ALIVE } from './etcd-methods.ts'
import type { ResolvedEtcdOptions } from './etcd-options.ts'

/** A stream, with where it goes and as whom. */
export interface OpenedStream<Message> extends EtcdStream<Message> {
  /** The endpoint is at fault: the next one is turned to, unless that has been done. */
  giveUpEndpoint(): void
  /** The login is: what comes next logs in again. */
  giveUpLogin(): void
}

/**
 * One endpoint at a time, until it fails: then the next, over a new connection. It asks again where that can help, and
 * knows nothing of instances, documents and locks.
 */
export class EtcdClient {
  readonly ports: AdapterPorts
  readonly options: ResolvedEtcdOptions
  readonly #login: EtcdLogin
  #connection: EtcdConnection | undefined = undefined
  #turn: number
  #isClosed = false

  constructor(ports: AdapterPorts, options: ResolvedEtcdOptions) {
    this.ports = ports
    this.options = options
    this.#login = new EtcdLogin(options.auth)
    // Clients with one list of endpoints should not all stand at its first.
    this.#turn = Math.floor(ports.random.stream('etcd/endpoint').next() * options.endpoints.length)
  }

  /**
   * Asks until there is an answer, at most for `requestTimeout`. `isRepeatable: false` is for what must not be done twice:
   * it is asked again only where it surely was not sent.
   *
   * @throws EtcdError
   */
  async ask<Request, Response>(
    method: EtcdMethod<Request, Response>,
    request: Request,
    isRepeatable: boolean = true,
  ): Promise<Response> {
    const { endpoints, requestTimeoutMs } = this.options
    const untilMs = this.#nowMs() + requestTimeoutMs
    // A connection that was cut while nobody looked deserves a second try at the only endpoint, too.
    const most = Math.max(2, endpoints.length)
    let hasLoggedIn = false
    for (let tries = 1; ; ) {
      const tryMs = Math.min(untilMs - this.#nowMs(), endpoints.length === 1 ? requestTimeoutMs : requestTimeoutMs / 2)
      const connection = this.#connected()
      const login = this.#login.metadata(connection, tryMs)
      try {
        const isStream = (method as unknown) === LEASE_KEEP_ALIVE
        const metadata = (await login).clone()
        return await connection[isStream ? 'askByStream' : 'ask'](method, request, metadata, tryMs)
      } catch (error) {
        if (this.#login.isNeeded && isTokenRefused(error) && !hasLoggedIn) {
          this.#login.forget(login)
          hasLoggedIn = true
          continue
        }
        if (!isEndpointFault(error)) throw error
        this.#leave(connection)
        const maySend = isRepeatable || !(error as EtcdError).wasSent
        if (this.#isClosed || !maySend || tries++ >= most || this.#nowMs() >= untilMs) throw error
      }
    }
  }

  /** A stream to the present endpoint. @throws EtcdError where there is no login. */
  async open<Request, Response>(
    method: EtcdMethod<Request, Response>,
    sink: StreamSink<Response>,
  ): Promise<OpenedStream<Request>> {
    const connection = this.#connected()
    const login = this.#login.metadata(connection, this.options.requestTimeoutMs)
    let metadata: Metadata
    try {
      metadata = (await login).clone()
    } catch (error) {
      if (isEndpointFault(error)) this.#leave(connection)
      throw error
    }
    if (this.#isClosed) throw closedError()
    return {
      ...connection.open(method, metadata, sink),
      giveUpEndpoint: () => this.#leave(connection),
      giveUpLogin: () => this.#login.forget(login),
    }
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.close()
    this.#connection = undefined
  }

  #connected(): EtcdConnection {
    if (this.#isClosed) throw closedError()
    const { endpoints } = this.options
    this.#connection ??= new EtcdConnection(endpoints[this.#turn % endpoints.length]!, this.ports, this.options)
    return this.#connection
  }

  /** What else is under way on the connection goes on, and judges for itself. */
  #leave(connection: EtcdConnection): void {
    if (connection !== this.#connection) return
    this.#connection = undefined
    this.#turn++
    connection.close()
  }

  #nowMs(): number {
    return this.ports.clock.now()
  }
}

function closedError(): EtcdError {
  return new EtcdError(status.CANCELLED, 'the etcd client is closed', { wasSent: false })
}
