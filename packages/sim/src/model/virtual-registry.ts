import type { Instance } from '@seakeep/core'
import type { Registry, RegistryError, Timer } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { type RegistryDelays, Watcher } from './registry-watcher.ts'
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
  /** Who said goodbye while nothing new is shown. */
  left: Set<string>
}

const NOBODY: ReadonlySet<string> = new Set()

/** Told when the catalogue loses somebody, for the run's events. */
export interface RegistryWitness {
  onExpired(instance: Instance): void
}

export interface VirtualRegistryOptions extends RegistryDelays {
  readonly witness?: RegistryWitness
}

/** What a weakness keeps from being listed. */
export interface RegistryVeil {
  hides(instance: Instance): boolean
}

/** Hosts that cannot reach the registry. */
export interface RegistryCut {
  parts(host: VirtualHost): boolean
}

/**
 * The simulated registry: one catalogue with leases, seen by each host through a port of its own. While it is down it
 * answers nothing and tells nothing, and no lease runs out; when it is back every lease has its full length again, as
 * etcd has it after a change of leader, and each watcher gets the list anew. It tells goodbyes as Consul and etcd do: who
 * deregistered has left, whose lease ran out is merely missing.
 *
 * Its weaknesses leave the leases alone and change what is listed: veils hide instances, which then are missing without a
 * goodbye; frozen it shows what it showed, to those who ask for the first time as well; who is cut off is told nothing
 * and heard of no more, so that its lease runs out.
 */
export class VirtualRegistry {
  readonly #kernel: Kernel
  readonly #options: VirtualRegistryOptions
  readonly #catalogues = new Map<string, Catalogue>()
  readonly #veils = new Set<RegistryVeil>()
  readonly #cuts = new Set<RegistryCut>()
  #isDown = false
  #frozen = 0

  constructor(kernel: Kernel, options: VirtualRegistryOptions = {}) {
    this.#kernel = kernel
    this.#options = options
  }

  /** The registry as one host sees it. What it watches ends with its present life. */
  portFor(host: VirtualHost): Registry {
    const { epoch } = host
    let isOpen = true
    const isAlive = (): boolean => isOpen && host.epoch === epoch
    const unreached = (): RegistryError | undefined =>
      isOpen ? (this.#reaches(host) ? undefined : unreachable()) : closed()
    return {
      name: 'sim',
      watch: (service, sink) => {
        const catalogue = this.#catalogue(service)
        const watcher = new Watcher(host, service, sink, isAlive, catalogue.watchers, this.#options)
        if (isOpen) this.#watch(watcher, catalogue)
        return watcher
      },
      register: (instance, ttlMs, done) => {
        const error = unreached()
        if (error !== undefined) return done(error)
        this.#register(instance, ttlMs)
        done()
      },
      heartbeat: (instance, _ttlMs, done) => done(unreached() ?? this.#heartbeat(instance)),
      deregister: (instance, done) => {
        const error = unreached()
        if (error !== undefined) return done(error)
        this.#deregister(instance)
        done()
      },
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
      this.#toEach(catalogue, (watcher) => watcher.interrupt(unreachable()))
    }
  }

  comeBack(): void {
    if (!this.#isDown) return
    this.#isDown = false
    for (const catalogue of this.#catalogues.values()) {
      for (const lease of catalogue.leases.values()) this.#extend(catalogue, lease)
      this.#refresh(catalogue)
      this.#toEach(catalogue, (watcher) => this.#resume(watcher, catalogue))
    }
  }

  /** Shows what it shows now, whatever happens, until it has been thawed as often. */
  freeze(): void {
    this.#frozen += 1
  }

  thaw(): void {
    this.#frozen -= 1
    if (this.#frozen === 0) this.#tellAll()
  }

  veil(veil: RegistryVeil): void {
    this.#veils.add(veil)
    this.#tellAll()
  }

  unveil(veil: RegistryVeil): void {
    this.#veils.delete(veil)
    this.#tellAll()
  }

  cutOff(cut: RegistryCut): void {
    const reached = this.#watchers().filter(([watcher]) => this.#reaches(watcher.host))
    this.#cuts.add(cut)
    for (const [watcher] of reached) if (cut.parts(watcher.host)) watcher.interrupt(unreachable())
  }

  reunite(cut: RegistryCut): void {
    this.#cuts.delete(cut)
    for (const [watcher, catalogue] of this.#watchers()) {
      if (cut.parts(watcher.host) && this.#reaches(watcher.host)) this.#resume(watcher, catalogue)
    }
  }

  /** Loses every lease. Who sends its heartbeat hears of it. */
  forget(): void {
    for (const catalogue of this.#catalogues.values()) {
      for (const lease of catalogue.leases.values()) lease.timer?.cancel()
      catalogue.leases.clear()
    }
    this.#tellAll()
  }

  #reaches(host: VirtualHost): boolean {
    if (this.#isDown) return false
    for (const cut of this.#cuts) if (cut.parts(host)) return false
    return true
  }

  #watch(watcher: Watcher, catalogue: Catalogue): void {
    catalogue.watchers.add(watcher)
    const error = this.#reaches(watcher.host) ? undefined : unreachable()
    watcher.begin(catalogue.isKnown ? catalogue.list : undefined, error)
  }

  #resume(watcher: Watcher, catalogue: Catalogue): void {
    if (this.#reaches(watcher.host)) watcher.resume(catalogue.list)
  }

  #register(instance: Instance, ttlMs: number): void {
    const catalogue = this.#catalogue(instance.service)
    catalogue.leases.get(instance.id)?.timer?.cancel()
    const lease: Lease = { instance, ttlUs: Math.round(ttlMs * 1000), timer: undefined }
    catalogue.leases.set(instance.id, lease)
    catalogue.left.delete(instance.id)
    this.#extend(catalogue, lease)
    this.#tell(catalogue)
  }

  #heartbeat(instance: Instance): RegistryError | undefined {
    const catalogue = this.#catalogue(instance.service)
    const lease = catalogue.leases.get(instance.id)
    if (lease === undefined) return lost(instance)
    this.#extend(catalogue, lease)
    return undefined
  }

  #deregister(instance: Instance): void {
    const catalogue = this.#catalogue(instance.service)
    catalogue.leases.get(instance.id)?.timer?.cancel()
    if (catalogue.leases.delete(instance.id)) this.#tell(catalogue, new Set([instance.id]))
  }

  #extend(catalogue: Catalogue, lease: Lease): void {
    lease.timer?.cancel()
    lease.timer = this.#kernel.after(lease.ttlUs, {
      onTimer: () => {
        catalogue.leases.delete(lease.instance.id)
        this.#options.witness?.onExpired(lease.instance)
        this.#tell(catalogue)
      },
    })
  }

  #tellAll(): void {
    for (const catalogue of this.#catalogues.values()) {
      if (catalogue.isKnown || catalogue.leases.size > 0) this.#tell(catalogue)
    }
  }

  #tell(catalogue: Catalogue, left: ReadonlySet<string> = NOBODY): void {
    if (this.#frozen > 0) {
      for (const id of left) catalogue.left.add(id)
      return
    }
    const gone = catalogue.left.size === 0 ? left : new Set([...catalogue.left, ...left])
    if (catalogue.left.size > 0) catalogue.left = new Set()
    this.#refresh(catalogue)
    const { list } = catalogue
    this.#toEach(catalogue, (watcher) => {
      if (this.#reaches(watcher.host)) watcher.hear(list, gone)
      else watcher.miss(gone)
    })
  }

  /** Makes the list that is shown from the leases. */
  #refresh(catalogue: Catalogue): void {
    if (this.#frozen > 0) return
    catalogue.isKnown = true
    const all = Array.from(catalogue.leases.values(), (lease) => lease.instance)
    const veils = [...this.#veils]
    const shown = veils.length === 0 ? all : all.filter((one) => !veils.some((veil) => veil.hides(one)))
    catalogue.list = Object.freeze(shown)
  }

  /** Tells those who watch now and still do when it is their turn; who has died meanwhile is let go of. */
  #toEach(catalogue: Catalogue, tell: (watcher: Watcher) => void): void {
    for (const watcher of [...catalogue.watchers]) {
      if (!watcher.isAlive) catalogue.watchers.delete(watcher)
      else if (catalogue.watchers.has(watcher)) tell(watcher)
    }
  }

  #watchers(): (readonly [Watcher, Catalogue])[] {
    return [...this.#catalogues.values()].flatMap((catalogue) =>
      Array.from(catalogue.watchers, (watcher) => [watcher, catalogue] as const),
    )
  }

  #catalogue(service: string): Catalogue {
    let catalogue = this.#catalogues.get(service)
    if (catalogue === undefined) {
      catalogue = { leases: new Map(), watchers: new Set(), list: [], isKnown: false, left: new Set() }
      this.#catalogues.set(service, catalogue)
    }
    return catalogue
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
