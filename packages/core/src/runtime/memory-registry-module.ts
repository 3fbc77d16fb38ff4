import { ContainerModule } from 'inversify'
import { MemoryRegistry } from '../discovery/memory-registry.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { Tokens } from './tokens.ts'

export interface MemoryRegistryOptions {
  /** Instances that are there from the start and never expire. */
  readonly instances?: readonly Instance[]
}

/** A registry inside the process: for tests, for fixed addresses, and for services that all run in one process. */
export function memoryRegistry(options: MemoryRegistryOptions = {}): ContainerModule {
  return new ContainerModule((bindings) => {
    bindings.bind(Tokens.registry).toConstantValue(({ clock }) => new MemoryRegistry(clock, options.instances))
  })
}
