import type { Registry } from '../discovery/registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import type { ServiceTarget } from './service-target.ts'

/** So many hosts are kept apart; a crawler must not keep the state of each it has ever seen. */
const MAX_HOSTS = 1000

/**
 * The targets that are addresses: what is kept of a host (its breaker, limits, budget), by scheme and address, with the
 * one endpoint that the URL itself names. The host used least recently is forgotten first.
 */
export class HostTargets {
  readonly #targets = new Map<string, ServiceTarget>()
  readonly #open: (service: string, registry: Registry) => ServiceTarget

  constructor(open: (service: string, registry: Registry) => ServiceTarget) {
    this.#open = open
  }

  get(address: Instance): ServiceTarget {
    const key = `${address.protocol} ${address.id}`
    let target = this.#targets.get(key)
    if (target === undefined) {
      target = this.#open(address.service, new AddressRegistry(address))
      if (this.#targets.size >= MAX_HOSTS) this.#forgetOldest()
    } else this.#targets.delete(key)
    this.#targets.set(key, target)
    return target
  }

  /** The one that is called so, for those who ask after its state by the name that policies know it by. */
  named(host: string): ServiceTarget | undefined {
    for (const target of this.#targets.values()) if (target.target.service === host) return target
    return undefined
  }

  values(): Iterable<ServiceTarget> {
    return this.#targets.values()
  }

  /** Calls that are under way end as they would. */
  #forgetOldest(): void {
    for (const [key, target] of this.#targets) {
      this.#targets.delete(key)
      target.retire()
      return
    }
  }
}

/** Knows one address, for ever. */
class AddressRegistry implements Registry {
  readonly name = 'url'
  readonly isReadOnly = true
  readonly #instances: readonly Instance[]

  constructor(address: Instance) {
    this.#instances = [address]
  }

  watch(_service: string, sink: Parameters<Registry['watch']>[1]): Disposable {
    sink.instances(this.#instances)
    return { [Symbol.dispose]: () => {} }
  }
  register(_instance: Instance, _ttlMs: number, done: () => void): void {
    done()
  }
  heartbeat(_instance: Instance, _ttlMs: number, done: () => void): void {
    done()
  }
  deregister(_instance: Instance, done: () => void): void {
    done()
  }
  close(): void {}
}
