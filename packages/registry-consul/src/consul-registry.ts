import type { Instance } from '@seakeep/core'
import type { AdapterPorts, Registry, RegistryAnswer, RegistrySink } from '@seakeep/core/spi'
import type { Connections } from './connections.ts'
import { ConsulClient } from './consul-client.ts'
import type { ResolvedConsulOptions } from './consul-options.ts'
import type { PollParts } from './long-poll.ts'
import { Registrations } from './registrations.ts'
import { ServiceWatch } from './service-watch.ts'
import { Throttle } from './throttle.ts'
import { Turns } from './turns.ts'

/** How the connections are shared out: `watching` blocks, `writing` never waits behind it. */
export interface RegistryConnections {
  readonly watching: Connections
  readonly writing: Connections
  /** How many `watching` may have. */
  readonly watchingCount: number
}

/** Consul as a catalogue of services: registrations through the local agent, lists by blocking queries. */
export class ConsulRegistry implements Registry {
  readonly name: string = 'consul'
  readonly #protocol: string
  readonly #watching: PollParts
  readonly #writing: ConsulClient
  readonly #registrations: Registrations
  readonly #services = new Map<string, ServiceWatch>()
  #isClosed = false

  constructor(ports: AdapterPorts, options: ResolvedConsulOptions, connections: RegistryConnections) {
    const { waitMs, stalenessMs, protocol } = options
    const throttle = new Throttle(ports, this.name)
    const client = new ConsulClient(connections.watching, options, ports, throttle)
    this.#protocol = protocol
    this.#watching = { client, ports, turns: new Turns({ slots: connections.watchingCount, waitMs, stalenessMs }) }
    this.#writing = new ConsulClient(connections.writing, options, ports, throttle)
    this.#registrations = new Registrations(this.#writing, options, ports, this.name)
  }

  watch(service: string, sink: RegistrySink): Disposable {
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    let entry = this.#services.get(service)
    const isNew = entry === undefined
    entry ??= new ServiceWatch(service, this.name, this.#protocol, this.#watching)
    this.#services.set(service, entry)
    const watcher = entry.add(sink)
    if (isNew) entry.start()
    return { [Symbol.dispose]: () => this.#forget(service, entry, () => entry.remove(watcher)) }
  }

  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#open(done, () => this.#registrations.register(instance, ttlMs, done))
  }

  /** The lease lasts as long as was said at the registration. */
  heartbeat(instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    this.#open(done, () => this.#registrations.heartbeat(instance, done))
  }

  deregister(instance: Instance, done: RegistryAnswer): void {
    this.#open(done, () => this.#registrations.deregister(instance, done))
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const entry of this.#services.values()) entry.close()
    this.#services.clear()
    this.#registrations.close()
    this.#watching.client.close(true)
    this.#writing.close(false)
  }

  #open(done: RegistryAnswer, act: () => void): void {
    if (this.#isClosed) done(new Error('the registry is closed'))
    else act()
  }

  #forget(service: string, entry: ServiceWatch, remove: () => void): void {
    remove()
    if (entry.isWatched || this.#services.get(service) !== entry) return
    entry.close()
    this.#services.delete(service)
  }
}
