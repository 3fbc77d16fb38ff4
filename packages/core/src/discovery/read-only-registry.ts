import type { Instance } from '../endpoint/endpoint.ts'
import type { Registry, RegistryAnswer, RegistrySink } from './registry.ts'

/** A catalogue that its author writes: to announce an instance there is nothing to do, and nothing to fail. */
export abstract class ReadOnlyRegistry implements Registry {
  abstract readonly name: string
  readonly isReadOnly = true

  abstract watch(service: string, sink: RegistrySink): Disposable
  abstract close(): void

  register(_instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    done()
  }

  heartbeat(_instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    done()
  }

  deregister(_instance: Instance, done: RegistryAnswer): void {
    done()
  }
}
