import type { Instance } from '../endpoint/endpoint.ts'
import type { Registry, RegistrySink } from './registry.ts'

/**
 * Looks an instance up in its own registry as its clients do. A lease can be extended for ever while the record behind it
 * is gone (deleted by hand, lost in a restore; go-zero#1926, kratos#3883): heartbeats then succeed and nobody calls.
 *
 * It counts as missing when two looks in a row have not found it. A watch that is interrupted, or may be behind, says
 * nothing.
 */
export class SelfCheck implements RegistrySink {
  readonly #id: string
  readonly #watch: Disposable | undefined
  #list: readonly Instance[] | undefined = undefined
  #missed = 0

  constructor(registry: Registry, instance: Instance) {
    this.#id = instance.id
    this.#watch = watchOf(registry, instance.service, this)
  }

  /** Looks, as often as there are heartbeats; true where the instance is to be registered again. */
  look(): boolean {
    const list = this.#list
    if (list === undefined || list.some((instance) => instance.id === this.#id)) this.#missed = 0
    else this.#missed++
    return this.#missed >= 2
  }

  /** The instance was registered just now. */
  reset(): void {
    this.#missed = 0
  }

  close(): void {
    this.#watch?.[Symbol.dispose]()
  }

  // ---- RegistrySink ----

  instances(list: readonly Instance[]): void {
    this.#list = list
  }

  unknown(): void {
    this.#list = []
  }

  error(): void {
    this.#list = undefined
  }
}

/** A registry that cannot be watched is for its resolvers to tell of; the lease is kept without looking. */
function watchOf(registry: Registry, service: string, sink: RegistrySink): Disposable | undefined {
  try {
    return registry.watch(service, sink)
  } catch {
    return undefined
  }
}
