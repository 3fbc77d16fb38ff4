import type { Buffer } from 'node:buffer'
import { Client, type ClientDuplexStream, credentials, type Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { type AdapterPorts, after, asError } from '@seakeep/core/spi'
import { EtcdError, etcdError } from './etcd-error.ts'
import type { EtcdMethod } from './etcd-methods.ts'
import type { ResolvedEtcdOptions } from './etcd-options.ts'

/** Who is told what a stream brings. */
export interface StreamSink<Message> {
  message(message: Message): void
  /** Once, the last word. */
  ended(error: EtcdError): void
}

/** A stream that is open, or about to be. */
export interface EtcdStream<Message> {
  send(message: Message): void
  /** Ends it at once; the sink is told nothing more. */
  cancel(): void
}

/**
 * The connection to one endpoint. What waits here waits on the Clock: grpc-js' deadlines are of the wall clock, so it is
 * given none, and what takes too long is cancelled.
 */
export class EtcdConnection {
  readonly endpoint: string
  readonly #ports: AdapterPorts
  readonly #client: Client

  constructor(endpoint: string, ports: AdapterPorts, options: ResolvedEtcdOptions) {
    this.endpoint = endpoint
    this.#ports = ports
    this.#client = dial(endpoint, options)
  }

  ask<Request, Response>(
    method: EtcdMethod<Request, Response>,
    request: Request,
    metadata: Metadata,
    timeoutMs: number,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const { path, encode } = method
      let malformed: EtcdError | undefined
      const decode = (bytes: Buffer): Response => {
        try {
          return method.decode(bytes)
        } catch (cause) {
          malformed = this.#malformed(path, cause)
          throw malformed
        }
      }
      const answered = (error: ServiceError | null, response?: Response): void => {
        timer.cancel()
        if (error === null) resolve(response as Response)
        else
          reject(malformed ?? etcdError(error, this.endpoint, call.getPeer() !== this.#client.getChannel().getTarget()))
      }
      const call = this.#client.makeUnaryRequest(path, encode, decode, request, metadata, {}, answered)
      const timer = after(this.#ports.clock, timeoutMs, () => {
        reject(this.#tooLate(timeoutMs))
        call.cancel()
      })
    })
  }

  /** A stream that is sent one message and ends with its first answer. */
  askByStream<Request, Response>(
    method: EtcdMethod<Request, Response>,
    request: Request,
    metadata: Metadata,
    timeoutMs: number,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const stream = this.open(method, metadata, {
        message: (message) => {
          timer.cancel()
          stream.cancel()
          resolve(message)
        },
        ended: (error) => {
          timer.cancel()
          reject(error)
        },
      })
      const timer = after(this.#ports.clock, timeoutMs, () => {
        stream.cancel()
        reject(this.#tooLate(timeoutMs))
      })
      stream.send(request)
    })
  }

  open<Request, Response>(
    { path, encode, decode }: EtcdMethod<Request, Response>,
    metadata: Metadata,
    sink: StreamSink<Response>,
  ): EtcdStream<Request> {
    const raw = (bytes: Buffer): Buffer => bytes
    const stream: ClientDuplexStream<Request, Buffer> = this.#client.makeBidiStreamRequest(
      path,
      encode,
      raw,
      metadata,
      {},
    )
    let isOver = false
    const end = (error: EtcdError): void => {
      if (isOver) return
      isOver = true
      sink.ended(error)
    }
    stream.on('data', (bytes: Buffer) => {
      if (isOver) return
      try {
        sink.message(decode(bytes))
      } catch (cause) {
        // A message that is none, or in which something is missing that etcd never leaves out.
        end(this.#malformed(path, cause))
        stream.cancel()
      }
    })
    stream.on('error', (error) => end(etcdError(error, this.endpoint)))
    stream.on('end', () => end(new EtcdError(status.UNAVAILABLE, `etcd at ${this.endpoint}: the stream was ended`)))
    return {
      send: (message) => {
        if (!isOver) stream.write(message)
      },
      cancel: () => {
        isOver = true
        stream.cancel()
      },
    }
  }

  /** Nothing new is sent; what is under way comes to its end. */
  close(): void {
    this.#client.close()
  }

  #malformed(path: string, cause: unknown): EtcdError {
    const why = `${path}: ${asError(cause).message}`
    const error = new EtcdError(status.DATA_LOSS, `etcd at ${this.endpoint}: what cannot be understood; ${why}`, {
      cause,
    })
    const { clock, events } = this.#ports
    events.emit({ type: 'registryMisspoke', name: 'etcd', why, error, atMs: clock.now() })
    return error
  }

  #tooLate(timeoutMs: number): EtcdError {
    return new EtcdError(status.DEADLINE_EXCEEDED, `etcd at ${this.endpoint}: no answer within ${timeoutMs} ms`)
  }
}

/** Finding, choosing and retrying are the client's: what grpc-js has of it is turned off. */
function dial(endpoint: string, { tls, maxAnswerBytes }: ResolvedEtcdOptions): Client {
  const secrets =
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(orNull(tls.ca), orNull(tls.key), orNull(tls.cert))
  return new Client(endpoint, secrets, {
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    // Else a new connection to an endpoint would be the old, hung one.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    // etcd takes pings closer than 5 s, or without a stream, for an attack.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.keepalive_permit_without_calls': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.max_receive_message_length': maxAnswerBytes,
    'grpc.max_send_message_length': -1,
  })
}

function orNull(pem: Buffer | undefined): Buffer | null {
  return pem ?? null
}
