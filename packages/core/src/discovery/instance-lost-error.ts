import type { RegistryError } from './registry.ts'

/** What a registry answers to the heartbeat of an instance it does not know, or no longer: register again. */
export class InstanceLostError extends Error implements RegistryError {
  readonly isLost = true

  constructor(id: string, registry: string, options?: ErrorOptions) {
    super(`${registry} does not know the instance ${id}`, options)
    this.name = 'InstanceLostError'
  }
}
