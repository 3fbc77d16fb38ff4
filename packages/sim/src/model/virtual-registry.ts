import type { Instance } from '@seakeep/core'
import type { Registry, RegistryAnswer, RegistryError, RegistrySink, Timer } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import type { VirtualHost } from './virtual-host.ts'

interface Lease {
  readonly instance: Instance
  readonly ttlUs: number
  timer: Timer | undefined
}

interface Catalogue {
  readonly leases: Map<string, Lease>
  readonly watchers: Set<Watcher>
  /** One immutable list for all watchers. */
  list: readonly Instance[]
  isKnown: boolean
}

const NOBODY: ReadonlySet<string> = new Set()

/** Told when the catalogue loses somebody, for the run's events. */
export interface RegistryWitness {
  onExpired(instance: Instance): void
}

/**
 * The simulated registry: one catalogue with leases, seen by each host through a port of its own. While it is down it
 * answers nothing and tells nothing, and no lease runs out; when it is back every lease has its full length again, as
 * etcd has it after a change of leader, and each watcher gets the list anew. It tells goodbyes as Consul and etcd do: who
 * deregistered has left, whose lease ran out is merely missing.
 */
export class VirtualRegistry {
  readonly #kernel: Kernel
  readonly #catalogues = new Map<string, Catalogue>()
  #isDown = false
  #witness: RegistryWitness | undefined

  constructor(kernel: Kernel, witness?: RegistryWitness) {
    this.#kernel = kernel
    this.#witness = witness
  }

  /** The registry as one host sees it. What it watches ends with its present life. */
  portFor(host: VirtualHost): Registry {
    const { epoch } = host
    let isOpen = true
    const isAlive = (): boolean => isOpen && host.epoch === epoch
    return {
      name: 'sim',
      watch: (service, sink) => {
        const watcher = new Watcher(sink, isAlive, this.#catalogue(service))
        return isOpen ? this.#watch(watcher) : watcher
      },
      register: (instance, ttlMs, done) => (isOpen ? this.#register(instance, ttlMs, done) : done(closed())),
      heartbeat: (instance, ttlMs, done) => (isOpen ? this.#heartbeat(instance, ttlMs, done) : done(closed())),
      deregister: (instance, done) => (isOpen ? this.#deregister(instance, done) : done(closed())),
      close: () => {
        isOpen = false
      },
    }
  }

  goDown(): void {
    if (this.#isDown) return
    this.#isDown = true
    for (const catalogue of this.#catalogues.values()) {
      for (const lease of catalogue.leases.values()) lease.timer?.cancel()
      this.#toEach(catalogue, (sink) => sink.error(new Error('the registry cannot be reached')))
    }
  }

  comeBack(): void {
    if (!this.#isDown) return
    this.#isDown = false
    for (const catalogue of this.#catalogues.values()) {
      for (const lease of catalogue.leases.values()) this.#extend(catalogue, lease)
      this.#tell(catalogue)
    }
  }

  #watch(watcher: Watcher): Disposable {
    const { catalogue } = watcher
    catalogue.watchers.add(watcher)
    if (this.#isDown) watcher.sink.error(new Error('the registry cannot be reached'))
    else if (catalogue.isKnown) watcher.sink.instances(catalogue.list, NOBODY)
    else watcher.sink.unknown()
    return watcher
  }

  #register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    if (this.#isDown) return done(unreachable())
    const catalogue = this.#catalogue(instance.service)
    catalogue.leases.get(instance.id)?.timer?.cancel()
    const lease: Lease = { instance, ttlUs: Math.round(ttlMs * 1000), timer: undefined }
    catalogue.leases.set(instance.id, lease)
    this.#extend(catalogue, lease)
    this.#tell(catalogue)
    done()
  }

  #heartbeat(instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    if (this.#isDown) return done(unreachable())
    const catalogue = this.#catalogue(instance.service)
    const lease = catalogue.leases.get(instance.id)
    if (lease === undefined) return done(lost(instance))
    this.#extend(catalogue, lease)
    done()
  }

  #deregister(instance: Instance, done: RegistryAnswer): void {
    if (this.#isDown) return done(unreachable())
    const catalogue = this.#catalogue(instance.service)
    catalogue.leases.get(instance.id)?.timer?.cancel()
    if (catalogue.leases.delete(instance.id)) this.#tell(catalogue, new Set([instance.id]))
    done()
  }

  #extend(catalogue: Catalogue, lease: Lease): void {
    lease.timer?.cancel()
    lease.timer = this.#kernel.after(lease.ttlUs, {
      onTimer: () => {
        catalogue.leases.delete(lease.instance.id)
        this.#witness?.onExpired(lease.instance)
        this.#tell(catalogue)
      },
    })
  }

  #tell(catalogue: Catalogue, left: ReadonlySet<string> = NOBODY): void {
    catalogue.isKnown = true
    catalogue.list = Object.freeze(Array.from(catalogue.leases.values(), (lease) => lease.instance))
    const { list } = catalogue
    this.#toEach(catalogue, (sink) => sink.instances(list, left))
  }

  /** Tells those who watch now and still do when it is their turn; who has died meanwhile is let go of. */
  #toEach(catalogue: Catalogue, tell: (sink: RegistrySink) => void): void {
    for (const watcher of [...catalogue.watchers]) {
      if (!watcher.isAlive()) catalogue.watchers.delete(watcher)
      else if (catalogue.watchers.has(watcher)) tell(watcher.sink)
    }
  }

  #catalogue(service: string): Catalogue {
    let catalogue = this.#catalogues.get(service)
    if (catalogue === undefined) {
      catalogue = { leases: new Map(), watchers: new Set(), list: [], isKnown: false }
      this.#catalogues.set(service, catalogue)
    }
    return catalogue
  }
}

/** Somebody who follows a service: the registry's half of it, which is also the handle that ends it. */
class Watcher implements Disposable {
  readonly sink: RegistrySink
  readonly isAlive: () => boolean
  readonly catalogue: Catalogue

  constructor(sink: RegistrySink, isAlive: () => boolean, catalogue: Catalogue) {
    this.sink = sink
    this.isAlive = isAlive
    this.catalogue = catalogue
  }

  [Symbol.dispose](): void {
    this.catalogue.watchers.delete(this)
  }
}

function closed(): RegistryError {
  return new Error('the registry is closed')
}

function unreachable(): RegistryError {
  return new Error('the registry cannot be reached')
}

function lost(instance: Instance): RegistryError {
  return Object.assign(new Error(`${instance.id} is not registered`), { isLost: true })
}
