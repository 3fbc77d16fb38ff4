// A row of the table: one registry, one fault, and what became of it.
import type { Changes } from './changes.ts'
import type { Fleet } from './fleet.ts'
import type { Site } from './site.ts'

export type RegistryName = 'consul' | 'etcd'

/** What a fault works with. */
export interface Bench {
  readonly site: Site
  readonly fleet: Fleet
  readonly changes: Changes
  /** Resolves when the registry lists exactly those that live. */
  listed(): Promise<void>
  sleep(ms: number): Promise<void>
}

export interface RegistryFault {
  readonly registry: RegistryName
  readonly fault: string
  /** Servers of the registry. */
  readonly servers: 1 | 3
  /** Breaks and mends; returns when it is over. Changes are made on the way, with {@link Bench.changes}. */
  readonly inflict: (bench: Bench) => Promise<void>
}

/** One of the table, as `--json` writes it. */
export interface RegistryRow {
  readonly registry: RegistryName
  readonly fault: string
  /**
   * The latest of the changes: from the moment at which the registry could know of it (it was asked for, and the registry
   * takes writes and can be reached) until the client's list has it. Null where one was never seen.
   */
  readonly seenAfterMs: number | null
  /** Changes that the client, or the registry, never had. */
  readonly eventsLost: number
  /** Times a living instance was gone from the client's list. */
  readonly wrongRemovals: number
  /** Of the calls that were offered from before the fault until after the last change: those answered within a second. */
  readonly goodput: number
}

export const MIN_GOODPUT = 0.999

export function isGood({ seenAfterMs, eventsLost, wrongRemovals, goodput }: RegistryRow): boolean {
  return seenAfterMs !== null && eventsLost === 0 && wrongRemovals === 0 && goodput >= MIN_GOODPUT
}

/** What `--only` names it by: `consul/leader-sigkill`. */
export function idOf({ registry, fault }: RegistryFault): string {
  return `${registry}/${fault.toLowerCase().replaceAll(' ', '-')}`
}
