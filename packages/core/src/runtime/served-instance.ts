import type { PolicyDocument } from '../config/policy-document.ts'
import { type InboundLayers, resolveInbound } from '../config/policy-options.ts'
import { Registrar, type RegistrarOptions } from '../discovery/registrar.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import type { LimitAlgorithmFactory } from '../limiting/limit-algorithm.ts'
import type { Duration } from '../options/duration.ts'
import { parseDuration } from '../options/parse-duration.ts'
import { Admission } from '../serving/admission.ts'
import type { AttachedServer, Listening, ServerAdapter, ServerHost } from '../serving/server-adapter.ts'
import type { StateCell } from '../state/state-cell.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { ShadowCounts } from '../telemetry/shadow-tally.ts'
import { after } from '../time/clock.ts'
import type { Stoppable } from './lifecycle.ts'
import type { RuntimePorts } from './ports.ts'

export interface ServeOptions {
  /** The service's name in registries and policies. */
  readonly name: string
  /** Default: name, host and port. */
  readonly id?: string
  readonly version?: string
  /** Default: the runtime's. */
  readonly zone?: string | undefined
  /** Relative share of the traffic. Default 1. */
  readonly weight?: number
  readonly meta?: Readonly<Record<string, string>>
  /**
   * Where others reach it, if not where it listens (a container, a NAT). Default: where it listens; the machine's first
   * outward address, if it listens on all.
   */
  readonly advertise?: { readonly host?: string; readonly port?: number }
  /** What this instance admits, whatever documents say. Default: the document's `inbound` entry for the service. */
  readonly limits?: InboundLayers
  /** `spread`: how long clients are given to learn that it leaves (5 s); `finish`: to end what is in flight (25 s). */
  readonly drain?: { readonly spread?: Duration; readonly finish?: Duration }
  /** `ttl`: how long registries keep it without a heartbeat (15 s); `heartbeat`: between two (a third of it, ±20 %). */
  readonly lease?: { readonly ttl?: Duration | undefined; readonly heartbeat?: Duration | undefined }
}

/** Longest wait of `listen` for the registries. */
const FIRST_ANSWER_MS = 2000

const NO_SUBSCRIPTION: Disposable = { [Symbol.dispose]: () => {} }

/**
 * This process as an instance that serves: registers once it listens, drains when the process is asked to end or the
 * runtime closes: not ready, deregister, let it spread, finish, close.
 */
export class ServedInstance implements ServerHost, Stoppable {
  readonly admission: Admission
  readonly #options: ServeOptions
  readonly #ports: RuntimePorts
  readonly #events: EventSink
  readonly #spreadMs: number
  readonly #finishMs: number
  readonly #lease: RegistrarOptions
  #signals: Disposable = NO_SUBSCRIPTION
  #protocol = ''
  #server: AttachedServer | undefined
  #registrars: readonly Registrar[] = []
  #isReady = false
  #isClosed = false
  /** Whoever waits for the end of the drain; undefined before it has begun. */
  #waiting: (() => void)[] | undefined

  constructor(
    options: ServeOptions,
    ports: RuntimePorts,
    events: EventSink,
    policies: PolicyDocument | undefined,
    createLimit?: LimitAlgorithmFactory | undefined,
  ) {
    this.#options = options
    this.#ports = ports
    this.#events = events
    const inbound =
      options.limits === undefined ? policies?.inboundFor(options.name) : resolveInbound(options.limits, 'serve.limits')
    this.admission = new Admission(inbound, ports.clock, {
      load: ports.load,
      random: ports.random,
      events,
      service: options.name,
      createLimit,
      board: ports.board,
    })
    this.#spreadMs = parseDuration(options.drain?.spread ?? 5000, 'serve.drain.spread')
    this.#finishMs = parseDuration(options.drain?.finish ?? 25_000, 'serve.drain.finish')
    this.#lease = leaseOf(options.lease)
  }

  /** What layers in `mode: shadow` would have refused so far, by reason. */
  get shadow(): StateCell<ShadowCounts> {
    return this.admission.shadow
  }

  /** The name it serves under. */
  get service(): string {
    return this.#options.name
  }

  /**
   * Admits by another document from the next request on; who is in flight stays. False where nothing changes: also where
   * `limits` were given in code, which win over every document.
   */
  applyPolicies(policies: PolicyDocument | undefined): boolean {
    const { limits, name } = this.#options
    return limits === undefined && this.admission.update(policies?.inboundFor(name))
  }

  get events(): EventSink {
    return this.#events
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Puts governance in front of a server of the given protocol. */
  attach(protocol: string, server: unknown): this {
    this.#take(protocol, this.#adapterOf(protocol).attach(server, this))
    return this
  }

  /** What stands in front of a framework's handlers, for a server that is told of with {@link announce}. */
  face(protocol: string, name: string): unknown {
    const made = this.#adapterOf(protocol).face?.(name, this)
    if (made === undefined) throw new ConfigError('serve', `${protocol} has no ${name}`)
    this.#take(protocol, made.server)
    return made.face
  }

  /** A server that listens by itself does so: it is announced from here on, and closed at the end of the drain. */
  announce(server: unknown): void {
    const adopt = this.#server?.adopt
    if (adopt === undefined) throw new ConfigError('serve', 'only what was made without a server is told of one')
    this.#begin(adopt.call(this.#server, server))
  }

  /**
   * Listens, then announces itself. Port 0 takes a free one. Resolves when every registry has answered to that, or at most
   * 2 s later: a registry that is away keeps nobody from serving, and is announced to when it is back.
   */
  listen(options: { readonly port: number; readonly host?: string }): Promise<Listening> {
    const server = this.#server
    if (server === undefined) {
      return Promise.reject(new ConfigError('serve', 'nothing to listen with: call .http(server) first'))
    }
    if (this.#waiting !== undefined) return Promise.reject(new ConfigError('serve', 'it has been drained'))
    return new Promise((resolve, reject) => {
      server.listen(options, (result) => {
        if (result instanceof Error) {
          reject(result)
          return
        }
        this.#begin(result)
        this.#whenAnswered(() => resolve(result))
      })
    })
  }

  /** Told once: when no registrar waits for its first answer any more, or the wait is over. */
  #whenAnswered(told: () => void): void {
    const waiting = new Set(this.#registrars.filter(({ cell }) => cell.value === 'registering'))
    if (waiting.size === 0) return told()
    const timer = after(this.#ports.clock, FIRST_ANSWER_MS, () => {
      waiting.clear()
      told()
    })
    for (const registrar of waiting) {
      const subscription = registrar.cell.changes$.subscribe((state) => {
        if (state === 'registering') return
        subscription.unsubscribe()
        if (!waiting.delete(registrar) || waiting.size > 0) return
        timer.cancel()
        told()
      })
    }
  }

  /** Not where it was closed while it began to listen: what is announced then would never be taken back. */
  #begin(listening: Listening): void {
    if (this.#waiting !== undefined || this.#isReady) return
    this.#isReady = true
    this.#server?.onReadiness?.()
    this.#signals = this.#ports.signals.onTerminate(() => void this.drain())
    this.#announce(listening)
  }

  #adapterOf(protocol: string): ServerAdapter {
    const adapter = this.#ports.servers.find((one) => one.protocol === protocol)
    if (adapter === undefined) {
      throw new ConfigError(
        'modules',
        `no module serves ${protocol}; add the module of @seakeep/transport-${protocol} to createRuntime`,
      )
    }
    if (this.#server !== undefined) throw new ConfigError('serve', 'it has a server already; serve() again for another')
    return adapter
  }

  #take(protocol: string, server: AttachedServer): void {
    this.#server = server
    this.#protocol = protocol
  }

  /** Not ready → deregister → spread → finish → close. Resolves when closed; a second call waits for the first. */
  drain(): Promise<void> {
    return new Promise((resolve) => this.stop(this.#spreadMs + this.#finishMs, resolve))
  }

  /** The same within `graceMs`: what the spreading takes of it is not left for the finishing. */
  stop(graceMs: number, done: () => void): void {
    if (this.#isClosed) {
      done()
      return
    }
    if (this.#waiting !== undefined) {
      this.#waiting.push(done)
      return
    }
    this.#waiting = [done]
    // From here on another signal ends the process at once, as it would have without us.
    this.#signals[Symbol.dispose]()
    if (this.#isReady) this.#spread(graceMs)
    else this.#finish(graceMs)
  }

  /** Clients are given their time from when the registries have answered, or had theirs to. */
  #spread(graceMs: number): void {
    const { clock } = this.#ports
    const untilMs = clock.now() + graceMs
    this.#isReady = false
    this.#server?.onReadiness?.()
    this.#events.emit({ type: 'drainStarted', atMs: clock.now() })
    this.#deregister(graceMs, () => {
      const spreadMs = Math.min(this.#spreadMs, untilMs - clock.now())
      after(clock, spreadMs, () => this.#finish(untilMs - clock.now()))
    })
  }

  /** Where that fails it is tried again as long as the drain lasts; nobody waits for it. */
  #deregister(graceMs: number, done: () => void): void {
    let open = this.#registrars.length
    if (open === 0) done()
    for (const registrar of this.#registrars) {
      registrar.close(() => {
        open -= 1
        if (open === 0) done()
      }, graceMs)
    }
  }

  #finish(graceMs: number): void {
    this.admission.drain()
    const closed = (): void => {
      this.#isClosed = true
      for (const registrar of this.#registrars) registrar.giveUp()
      for (const done of this.#waiting ?? []) done()
      this.#waiting = []
    }
    if (this.#server === undefined) closed()
    else this.#server.close(Math.max(0, Math.min(graceMs, this.#finishMs)), closed)
  }

  #announce(listening: Listening): void {
    const { name, advertise, version, zone, weight = 1, meta } = this.#options
    const { host, port } = { ...listening, ...advertise }
    const { id = `${name}@${host}:${port}` } = this.#options
    const instance: Instance = {
      id,
      service: name,
      address: { host, port },
      protocol: this.#server?.protocol ?? this.#protocol,
      weight,
      ...(version === undefined ? {} : { version }),
      ...(zone === undefined ? {} : { zone }),
      ...(meta === undefined ? {} : { meta }),
    }
    const { clock, random } = this.#ports
    const writable = this.#ports.registries.filter(({ isReadOnly }) => isReadOnly !== true)
    this.#registrars = writable.map((registry) => {
      const registrar = new Registrar(instance, registry, { clock, random, events: this.#events }, this.#lease)
      registrar.start()
      return registrar
    })
  }
}

function leaseOf({ ttl, heartbeat }: NonNullable<ServeOptions['lease']> = {}): RegistrarOptions {
  return {
    ...(ttl !== undefined && { ttlMs: parseDuration(ttl, 'serve.lease.ttl') }),
    ...(heartbeat !== undefined && { heartbeatMs: parseDuration(heartbeat, 'serve.lease.heartbeat') }),
  }
}

/**
 * `.http(server)`, `.grpc(server)`: their types come with their packages, which merge them into the class. The members
 * are here in any case, so that calling one without its module says which is missing.
 */
for (const protocol of ['http', 'grpc']) {
  Object.defineProperty(ServedInstance.prototype, protocol, {
    value(this: ServedInstance, server: unknown): ServedInstance {
      return this.attach(protocol, server)
    },
  })
}
for (const face of ['middleware', 'fastify']) {
  Object.defineProperty(ServedInstance.prototype, face, {
    value(this: ServedInstance): unknown {
      return this.face('http', face)
    },
  })
}
