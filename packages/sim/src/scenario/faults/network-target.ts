import type { FaultTarget } from '../resolved-scenario.ts'
import { resolveFaultTarget } from '../resolving/fault-target.ts'
import type { FaultReading } from './fault-reading.ts'

/**
 * Whom a fault of the network strikes: a service, an instance, a zone, or one direction of a way. Zones of callers count,
 * too: it is their packets that are struck, not their processes.
 */
export function networkTarget(text: string, { at, services, graph }: FaultReading): FaultTarget {
  const zone = text.startsWith('zone:') && !text.includes('>') ? text.slice('zone:'.length) : undefined
  if (zone !== undefined && !graph.isService(text) && graph.zones.includes(zone)) return { kind: 'zone', zone }
  return resolveFaultTarget(text, at.at('target'), { services, graph })
}
