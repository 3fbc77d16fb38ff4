import { isIP } from 'node:net'
import type { Endpoint } from '@seakeep/core'
import { buildConnector, Client, Pool } from 'undici'
import type { ResolvedHttpOptions } from './http-options.ts'

/** The connections to one address, and which endpoints have used them. */
export class EndpointPool {
  readonly origin: string
  readonly pool: Pool
  /** What TLS asks for; undefined without TLS. Said with each request, or undici would derive one from its headers. */
  readonly servername: string | undefined
  /** The endpoints that stand at this address. The last one that is forgotten closes the pool. */
  readonly users: Set<string> = new Set()
  /** Many requests may share a connection: one that is dead takes all that are sent over it. */
  readonly isMultiplexed: boolean
  /** Answers that began, whosever they were: what a connection is known to be alive by. */
  answers = 0
  isClosed = false
  #isHttp2 = false

  /** Timeouts are the pipeline's: undici's own would start a timer for each request and end it under another name. */
  constructor(origin: string, options: ResolvedHttpOptions) {
    const isSecure = origin.startsWith('https:')
    const isH2c = !isSecure && options.http2 === true
    this.origin = origin
    this.isMultiplexed = isH2c || (isSecure && options.http2 !== false)
    const secure = isSecure ? secureOptions(origin, options) : undefined
    this.servername = secure?.servername
    this.pool = new Pool(origin, {
      connectTimeout: options.connectTimeoutMs,
      connections: options.connections ?? null,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: options.maxHeadBytes,
      allowH2: this.isMultiplexed,
      // Said in so many words: after a GOAWAY undici waits for what is under way before it connects anew, unless more than
      // one request may be on its way at a time.
      pipelining: isH2c ? options.streams : 1,
      ...(this.isMultiplexed ? { h2Options: { maxConcurrentStreams: options.streams, useH2c: isH2c } } : {}),
      ...(isH2c ? { useH2c: true } : {}),
      ...(secure === undefined ? {} : { connect: this.#connecting(secure) }),
    } as Pool.Options)
    if (isSecure && this.isMultiplexed) {
      this.pool.on('connect', (_origin, targets) => {
        const client = targets.at(-1)
        if (client instanceof Client) client.pipelining = this.#isHttp2 ? options.streams : 1
      })
    }
  }

  /** Connects as undici would, and remembers what was agreed on. */
  #connecting(secure: SecureOptions): buildConnector.connector {
    const connect = buildConnector({ ...secure, allowH2: this.isMultiplexed } as buildConnector.BuildOptions)
    return (options, told) =>
      connect(options, (...result) => {
        this.#isHttp2 = (result[1] as { alpnProtocol?: unknown } | null)?.alpnProtocol === 'h2'
        told(...result)
      })
  }

  /** Closes idle connections at once, each other one when its request has ended. */
  close(done: () => void): void {
    this.isClosed = true
    this.pool.close(done)
  }

  destroy(): void {
    this.isClosed = true
    this.pool.destroy(new Error('the transport was closed'), () => {})
  }
}

/** Of what undici hands on to `tls.connect`. */
interface SecureOptions {
  readonly timeout: number
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
}

function secureOptions(origin: string, { tls, connectTimeoutMs }: ResolvedHttpOptions): SecureOptions {
  const { hostname } = new URL(origin)
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0
  const servername = tls.servername ?? (isAddress ? undefined : hostname)
  return {
    timeout: connectTimeoutMs,
    rejectUnauthorized: tls.verify,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(servername === undefined ? {} : { servername }),
  }
}

/** IPv6 addresses stand in brackets. */
export function originOf({ address: { host, port }, protocol }: Endpoint): string {
  const scheme = protocol === 'https' ? 'https' : 'http'
  return `${scheme}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
}

/** An endpoint's name among all: ids are unique within a service only. */
export function userOf({ service, id }: Endpoint): string {
  return `${service}/${id}`
}
