import type { Endpoint } from '@seakeep/core'
import { Pool } from 'undici'
import type { ResolvedHttpOptions } from './http-options.ts'

/** The connections to one address, and which endpoints have used them. */
export class EndpointPool {
  readonly origin: string
  readonly pool: Pool
  /** The endpoints that stand at this address. The last one that is forgotten closes the pool. */
  readonly users: Set<string> = new Set()
  isClosed = false

  /** Timeouts are the pipeline's: undici's own would start a timer for each request and end it under another name. */
  constructor(origin: string, options: ResolvedHttpOptions) {
    this.origin = origin
    this.pool = new Pool(origin, {
      connectTimeout: options.connectTimeoutMs,
      connections: options.connections ?? null,
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
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

/** IPv6 addresses stand in brackets. */
export function originOf({ address: { host, port }, protocol }: Endpoint): string {
  return `${protocol === 'https' ? 'https' : 'http'}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
}

/** An endpoint's name among all: ids are unique within a service only. */
export function userOf({ service, id }: Endpoint): string {
  return `${service}/${id}`
}
