import type { ResolvedService, ResolvedVersion } from '../scenario/resolved-scenario.ts'
import type { VirtualInstance } from './virtual-instance.ts'

/** The instances of all services as they come and go: what faults, deploys and autoscaling do to them. */
export interface Fleet {
  /** Told of each instance that joins after the start. */
  readonly newcomers: Set<(instance: VirtualInstance) => void>
  /**
   * Ends an instance's life: by the core's own drain, or at once. `gone` is told when it is over, however it came to be;
   * at once where it is over already.
   */
  stop(instance: VirtualInstance, how: 'drain' | 'crash', gone?: () => void): void
  /** A new life under the old name, with another version where one is given. One that is up stays as it is. */
  start(instance: VirtualInstance, version?: ResolvedVersion): void
  /** One more instance, numbered on. */
  add(service: ResolvedService, version: ResolvedVersion): VirtualInstance
}
