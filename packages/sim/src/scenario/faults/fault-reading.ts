import type { Place } from '@seakeep/core/spi'
import type { CallGraph } from '../call-graph.ts'
import type { FaultTarget, ResolvedFault, ResolvedService, ResolvedWorkload } from '../resolved-scenario.ts'

/** What the kinds of fault that have a file of their own are read with. */
export interface FaultReading {
  /** Where the fault's options stand. */
  readonly at: Place
  readonly atMs: number
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly graph: CallGraph
  /** A service, an instance or a zone: what happens to processes happens to no edge. */
  instances(target: string): FaultTarget
  /** The instant at which what lasts so long is over; never where that is undefined. */
  until(lengthMs: number | undefined): number
}

/** `Omit` over each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** A fault of such a kind, but for its instant. */
export type ReadFault<Kind extends ResolvedFault['kind']> = Without<
  Extract<ResolvedFault, { readonly kind: Kind }>,
  'atMs'
>
