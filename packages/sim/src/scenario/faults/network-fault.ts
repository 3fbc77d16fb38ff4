/** What the faults of the network have in common: whom they strike, and for how long. */
import type { Place } from '@seakeep/core/spi'
import type { CallGraph } from '../call-graph.ts'
import type { FaultTarget, ResolvedFault, ResolvedService } from '../resolved-scenario.ts'
import { resolveFaultTarget } from '../resolving/fault-target.ts'

/** Where a fault is read. */
export interface FaultReading {
  readonly atMs: number
  readonly services: readonly ResolvedService[]
  readonly graph: CallGraph
}

/** A fault of this kind, but for its instant. */
export type ReadFault<Kind extends ResolvedFault['kind']> = Omit<ResolvedFault & { readonly kind: Kind }, 'atMs'>

/**
 * A service, an instance, a zone, or one direction of a way. Zones of callers count, too: it is their packets that are
 * struck, not their processes.
 */
export function networkTarget(text: string, at: Place, { services, graph }: FaultReading): FaultTarget {
  const zone = text.startsWith('zone:') && !text.includes('>') ? text.slice('zone:'.length) : undefined
  if (zone !== undefined && !graph.isService(text) && graph.zones.includes(zone)) return { kind: 'zone', zone }
  return resolveFaultTarget(text, at.at('target'), { services, graph })
}

export function untilMs(atMs: number, lengthMs: number | undefined): number {
  return lengthMs === undefined ? Number.POSITIVE_INFINITY : atMs + lengthMs
}

/** ` 5%`, where it is not all of them. */
export function shareText(ratio: number): string {
  return ratio === 1 ? '' : ` ${Number((ratio * 100).toPrecision(3))}%`
}
