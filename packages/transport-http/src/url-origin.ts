import { isIP } from 'node:net'
import type { Endpoint } from '@seakeep/core'
import { isName } from '@seakeep/core/spi'

/** Where a URL points: a name that may be a service, and the address it is otherwise. */
export interface UrlOrigin {
  readonly isSecure: boolean
  /** What registries are asked for; undefined for what names a machine and a port. */
  readonly name: string | undefined
  readonly address: Endpoint
}

const MAX_ORIGINS = 1000
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** Origins that were read, to be read once: the one used least recently is forgotten first. */
export class UrlOrigins {
  readonly #known = new Map<string, UrlOrigin>()

  of(origin: string): UrlOrigin {
    let known = this.#known.get(origin)
    if (known === undefined) {
      known = originFrom(new URL(origin))
      for (const oldest of this.#known.keys()) {
        if (this.#known.size < MAX_ORIGINS) break
        this.#known.delete(oldest)
      }
      this.#known.set(origin, known)
    }
    return known
  }
}

/**
 * Only a name without a port may be a service: who writes a port, an address or `localhost` means that machine. The
 * endpoint of an address is called by its host, as policies know it: `api.example.com`, `localhost:8080`.
 */
function originFrom({ protocol, hostname, port, host }: URL): UrlOrigin {
  const isMachine = port !== '' || hostname === 'localhost' || hostname.startsWith('[') || isIP(hostname) !== 0
  const portNumber = port === '' ? (DEFAULT_PORTS[protocol] ?? 80) : Number(port)
  const address: Endpoint = Object.freeze({
    id: `${hostname}:${portNumber}`,
    service: host,
    address: { host: hostname, port: portNumber },
    protocol: protocol === 'https:' ? 'https' : 'http',
    weight: 1,
  })
  return { isSecure: protocol === 'https:', name: isMachine || !isName(hostname) ? undefined : hostname, address }
}
