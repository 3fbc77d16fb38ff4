import { type AdapterPorts, type AttachedServer, asError, type Listening, type ServerHost } from '@seakeep/core/spi'
import { GovernedServer } from './governed-server.ts'
import { httpServer, listeningAt } from './request-door.ts'

/** As much of a fastify application as is used of it; fastify 5 fits. */
export interface FastifyApp {
  readonly server: unknown
  addHook(name: 'onListen' | 'preClose', hook: (done: () => void) => void): unknown
  listen(options: { readonly host?: string; readonly port: number }): PromiseLike<unknown>
  close(): PromiseLike<unknown>
}

/** `app.register(served.fastify())`. */
export type FastifyPlugin = (app: FastifyApp, options: unknown, done: () => void) => void

/**
 * Governance in front of a fastify application, as a plugin: announced when it listens, drained before it closes. The
 * door stands before fastify's router, so what is refused costs no route, hook or parser; fastify's own `inject` does not
 * come through it.
 */
export class FastifyServer implements AttachedServer {
  readonly plugin: FastifyPlugin
  #app: FastifyApp | undefined
  #server: GovernedServer | undefined
  #isClosing = false
  #isAppClosing = false

  constructor(host: ServerHost, ports: AdapterPorts) {
    const plugin: FastifyPlugin = (app, _options, done) => {
      this.#app = app
      this.#server = new GovernedServer(httpServer(app.server), host, ports)
      app.addHook('onListen', (listened) => {
        host.announce?.(app.server)
        listened()
      })
      app.addHook('preClose', (closed) => {
        if (this.#isClosing || host.drain === undefined) return closed()
        this.#isAppClosing = true
        host.drain().then(closed, closed)
      })
      done()
    }
    // The whole application is governed, not the scope the plugin is registered in.
    this.plugin = Object.assign(plugin, { [Symbol.for('skip-override')]: true })
  }

  get protocol(): string | undefined {
    return this.#server?.protocol
  }

  adopt(server: unknown): Listening {
    const listening = listeningAt(httpServer(server))
    if (listening instanceof Error) throw listening
    return listening
  }

  listen(options: { readonly host?: string; readonly port: number }, told: (result: Listening | Error) => void): void {
    const app = this.#app
    if (app === undefined) return told(new Error('register the plugin, and await app.ready(), before it listens'))
    app.listen(options).then(
      () => told(listeningAt(httpServer(app.server))),
      (error: unknown) => told(asError(error)),
    )
  }

  close(graceMs: number, done: () => void): void {
    this.#isClosing = true
    const closeApp = (): void => void (this.#app?.close().then(done, done) ?? done())
    // Whose own closing has begun the drain waits for it.
    const end = this.#isAppClosing ? done : closeApp
    if (this.#server === undefined) end()
    else this.#server.close(graceMs, end)
  }
}
