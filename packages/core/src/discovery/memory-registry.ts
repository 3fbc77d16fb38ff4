import type { Instance } from '../endpoint/endpoint.ts'
import { sameInstance } from '../endpoint/snapshot.ts'
import { asError } from '../errors/as-error.ts'
import { type EventSink, NO_EVENTS } from '../telemetry/events.ts'
import type { Clock, Timer, TimerTask } from '../time/clock.ts'
import { InstanceLostError } from './instance-lost-error.ts'
import type { Registry, RegistryAnswer, RegistryError, RegistrySink } from './registry.ts'

/**
 * A registry inside the process: for tests, for fixed addresses, and for services that all run in one process.
 *
 * It answers at once, inside the call. Instances stand in the order in which they were registered first; a service is
 * known from its first instance on, also when all have left. All watchers of a service get one frozen list, and only
 * when it has changed. A heartbeat writes one number: a lease's timer finds out when it fires that there is time left.
 */
export class MemoryRegistry implements Registry {
  readonly name = 'memory'
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #services = new Map<string, Service>()
  #isClosed = false

  /** `instances` are there from the start and never expire. A watcher that throws is told to `events`. */
  constructor(clock: Clock, instances: readonly Instance[] = [], events: EventSink = NO_EVENTS) {
    this.#clock = clock
    this.#events = events
    for (const instance of instances) this.#put(instance, Number.POSITIVE_INFINITY)
  }

  watch(service: string, sink: RegistrySink): Disposable {
    const entry = this.#service(service)
    const watcher: Watcher = { sink, told: undefined }
    if (!this.#isClosed) {
      entry.watchers.add(watcher)
      if (entry.list === undefined) this.#guard(() => sink.unknown())
      else this.#tell(entry, [watcher])
    }
    return { [Symbol.dispose]: () => entry.watchers.delete(watcher) }
  }

  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    if (!this.#isClosed) this.#put(instance, ttlMs)
    this.#answer(done)
  }

  heartbeat(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    const lease = this.#services.get(instance.service)?.leases.get(instance.id)
    lease?.extend(this.#clock, ttlMs)
    this.#answer(done, lease === undefined ? new InstanceLostError(instance.id, this.name) : undefined)
  }

  deregister(instance: Instance, done: RegistryAnswer): void {
    const service = this.#services.get(instance.service)
    const lease = service?.leases.get(instance.id)
    if (service !== undefined && lease !== undefined) this.#remove(service, lease)
    this.#answer(done)
  }

  close(): void {
    this.#isClosed = true
    for (const { leases, watchers } of this.#services.values()) {
      for (const lease of leases.values()) lease.timer?.cancel()
      watchers.clear()
    }
    this.#services.clear()
  }

  #answer(done: RegistryAnswer, error?: RegistryError): void {
    done(this.#isClosed ? new Error('the registry is closed') : error)
  }

  #put(instance: Instance, ttlMs: number): void {
    const service = this.#service(instance.service)
    let lease = service.leases.get(instance.id)
    const isNews = lease === undefined || !sameInstance(lease.instance, instance)
    if (lease === undefined) {
      lease = new Lease(instance, (expired) => this.#remove(service, expired))
      service.leases.set(instance.id, lease)
    } else if (isNews) lease.instance = instance
    lease.extend(this.#clock, ttlMs)
    if (isNews) this.#publish(service)
  }

  #remove(service: Service, lease: Lease): void {
    lease.timer?.cancel()
    service.leases.delete(lease.instance.id)
    this.#publish(service)
  }

  #publish(service: Service): void {
    service.list = Object.freeze(Array.from(service.leases.values(), (lease) => lease.instance))
    this.#tell(service, service.watchers)
  }

  /**
   * Tells the list to those of `watchers` who have not got it. What a watcher changes while it is told, and who joins
   * then, is seen to when this round is over, so that nobody gets a list inside another or an old one after a new one.
   */
  #tell(service: Service, watchers: Iterable<Watcher>): void {
    service.isBehind = true
    if (service.isTelling) return
    service.isTelling = true
    for (let round = watchers; service.isBehind; round = service.watchers) {
      service.isBehind = false
      for (const watcher of [...round]) this.#tellOne(service, watcher)
    }
    service.isTelling = false
  }

  #tellOne({ watchers, list }: Service, watcher: Watcher): void {
    if (list === undefined || watcher.told === list || !watchers.has(watcher)) return
    watcher.told = list
    this.#guard(() => watcher.sink.instances(list))
  }

  /** A watcher that throws harms neither the registry nor the next watcher. */
  #guard(tell: () => void): void {
    try {
      tell()
    } catch (thrown) {
      const error = asError(thrown)
      this.#events.emit({ type: 'listenerFailed', atMs: this.#clock.now(), error })
    }
  }

  #service(name: string): Service {
    let service = this.#services.get(name)
    if (service === undefined) {
      service = { leases: new Map(), watchers: new Set(), list: undefined, isTelling: false, isBehind: false }
      this.#services.set(name, service)
    }
    return service
  }
}

interface Service {
  readonly leases: Map<string, Lease>
  readonly watchers: Set<Watcher>
  /** Undefined while the service is unknown. */
  list: readonly Instance[] | undefined
  isTelling: boolean
  /** Somebody may not have got the list. */
  isBehind: boolean
}

interface Watcher {
  readonly sink: RegistrySink
  /** The list it got last. */
  told: readonly Instance[] | undefined
}

class Lease implements TimerTask {
  instance: Instance
  timer: Timer | undefined = undefined
  readonly #onExpiry: (lease: Lease) => void
  #clock: Clock | undefined
  #expiresAtMs = 0
  #armedForMs = Number.POSITIVE_INFINITY

  constructor(instance: Instance, onExpiry: (lease: Lease) => void) {
    this.instance = instance
    this.#onExpiry = onExpiry
  }

  extend(clock: Clock, ttlMs: number): void {
    this.#clock = clock
    this.#expiresAtMs = clock.now() + ttlMs
    // Armed anew only where the timer that is armed would come too late (or there is none).
    if (this.#expiresAtMs < this.#armedForMs) this.#arm(clock)
  }

  onTimer(): void {
    const clock = this.#clock as Clock
    this.timer = undefined
    this.#armedForMs = Number.POSITIVE_INFINITY
    if (this.#expiresAtMs <= clock.now()) this.#onExpiry(this)
    else this.#arm(clock)
  }

  #arm(clock: Clock): void {
    this.timer?.cancel()
    this.timer = undefined
    this.#armedForMs = this.#expiresAtMs
    if (this.#expiresAtMs === Number.POSITIVE_INFINITY) return
    this.timer = clock.schedule(this.#expiresAtMs, this)
  }
}
