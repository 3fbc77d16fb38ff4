import type { Instance } from '../endpoint/endpoint.ts'

/**
 * The Registry port: the outside catalogue. Plain callbacks, no promises, so that control loops stay in the turn in
 * which the registry answered. Adapters reconnect by themselves for ever; a registry that cannot be reached tells so
 * through `error` and goes on trying.
 */
export interface Registry {
  readonly name: string
  /** True for a catalogue that somebody else writes (a file, DNS): nothing is announced in it. Default false. */
  readonly isReadOnly?: boolean
  /**
   * Follows the instances of a service. `sink.instances` gets the whole list: first when it is known, then with each
   * change. An unknown service is told as `sink.unknown`, so that another registry may answer for it.
   */
  watch(service: string, sink: RegistrySink): Disposable
  /** Writes or overwrites an instance that expires `ttlMs` after the last heartbeat. `done` gets an error or nothing. */
  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void
  /** Extends the lease. An error with `isLost` says that the registry no longer knows the instance: register again. */
  heartbeat(instance: Instance, ttlMs: number, done: RegistryAnswer): void
  deregister(instance: Instance, done: RegistryAnswer): void
  /**
   * A hint that what it told of a service may be out of date, since an endpoint could not be used. For registries that
   * have to ask (DNS), which bound how often they do; those that are told of changes leave it out.
   */
  refresh?(service: string): void
  close(): void
}

export interface RegistrySink {
  /**
   * The whole list. `left` holds the ids of those of the last list that said goodbye; where it is given, what else is
   * missing may be the registry's loss rather than theirs, and is believed with care. Without it the list is believed.
   * A registry that can tell gives it with every list: empty with the first, and where nobody left.
   */
  instances(instances: readonly Instance[], left?: ReadonlySet<string>): void
  unknown(): void
  /** The watch is interrupted; the last list stays valid and the adapter goes on trying. */
  error(error: Error): void
}

export type RegistryAnswer = (error?: RegistryError) => void

export interface RegistryError extends Error {
  readonly isLost?: boolean
}
