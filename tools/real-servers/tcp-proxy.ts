// A TCP proxy on loopback in front of one address: the network between a client and its server, to be broken at will.
// A server that is down shows as a connection that is reset: the proxy has accepted it by then.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

const HOST = '127.0.0.1'

export interface TcpProxy extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string
  readonly host: string
  readonly port: number
  /** Connections of clients that are open now. */
  readonly connections: number
  /** Resets every open connection; new ones are served. */
  cut(): void
  /** Resets every open connection and refuses new ones, until `heal`. */
  refuse(): void
  /** Accepts, but forwards nothing in either direction, on open connections and new ones, not even their end. */
  swallow(): void
  /** Ends `refuse` and `swallow`; resets the connections that hung. */
  heal(): void
}

type Mode = 'serving' | 'refusing' | 'swallowing'

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  for (let attempt = 1; ; attempt++) {
    const proxy = new OpenProxy(target, await freePort())
    try {
      await proxy.listen()
      return proxy
    } catch (error) {
      if (attempt === 3) throw error
    }
  }
}

class OpenProxy implements TcpProxy {
  readonly host: string = HOST
  readonly port: number
  readonly #target: { readonly host: string; readonly port: number }
  /** Each client with its upstream connection; one that came while swallowing has none. */
  readonly #pairs = new Map<Socket, Socket | undefined>()
  #mode: Mode = 'serving'
  #server: Server | undefined

  constructor(target: { readonly host: string; readonly port: number }, port: number) {
    this.#target = target
    this.port = port
  }

  get address(): string {
    return `${this.host}:${this.port}`
  }

  get connections(): number {
    let open = 0
    for (const client of this.#pairs.keys()) if (!client.destroyed) open++
    return open
  }

  listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, HOST, () => {
        // Refused again before it could listen.
        if (this.#server !== server) server.close()
        resolve()
      })
    })
  }

  cut(): void {
    for (const [client, upstream] of this.#pairs) {
      client.resetAndDestroy()
      upstream?.resetAndDestroy()
    }
    this.#pairs.clear()
  }

  refuse(): void {
    this.#mode = 'refusing'
    this.#server?.close()
    this.#server = undefined
    this.cut()
  }

  swallow(): void {
    if (this.#mode === 'refusing') void this.listen()
    this.#mode = 'swallowing'
    for (const [client, upstream] of this.#pairs) {
      client.unpipe().resume()
      upstream?.unpipe().resume()
    }
  }

  heal(): void {
    const before = this.#mode
    this.#mode = 'serving'
    if (before === 'swallowing') this.cut()
    if (before === 'refusing') void this.listen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse()
  }

  #accept(client: Socket): void {
    if (this.#mode === 'swallowing') {
      this.#pairs.set(client, undefined)
      client.resume()
      client.on('error', () => {})
      client.on('end', () => client.destroy())
      return
    }
    const upstream = connect({ ...this.#target, allowHalfOpen: true, noDelay: true })
    this.#pairs.set(client, upstream)
    client.pipe(upstream)
    upstream.pipe(client)
    this.#join(client, client, upstream)
    this.#join(client, upstream, client)
  }

  /** What breaks one side breaks the other, unless the black hole is between them. */
  #join(client: Socket, side: Socket, other: Socket): void {
    side.on('end', () => {
      if (this.#mode === 'swallowing' && side === client) client.destroy()
    })
    side.on('error', () => {
      if (this.#mode !== 'swallowing') other.resetAndDestroy()
    })
    side.on('close', () => {
      if (client.destroyed && other.destroyed && side.destroyed) this.#pairs.delete(client)
    })
  }
}
