/** What records of the name system say about instances. */
import type { Instance } from '../endpoint/endpoint.ts'
import type { DnsPlace } from './dns-options.ts'
import { addressText } from './instance-fields.ts'

export interface DnsRecord {
  readonly host: string
  /** Of an SRV record. */
  readonly port?: number
  readonly weight?: number
  readonly priority?: number
}

/**
 * The instances of a service, in an order of their own: name servers turn theirs with each answer. Of SRV records the
 * groups by priority become 0, 1, 2, … in `meta.priority`, and weights are taken as they are; where all are 0, as 1.
 */
export function instancesOf(service: string, place: DnsPlace, records: readonly DnsRecord[]): readonly Instance[] {
  const priorities = [...new Set(records.map(({ priority = 0 }) => priority))].sort((a, b) => a - b)
  const isUnweighted = records.every(({ weight = 1 }) => weight === 0)
  const instances = new Map<string, Instance>()
  for (const { host, port = place.port, weight = 1, priority = 0 } of records) {
    const address = { host, port }
    const id = addressText(address)
    const rank = priorities.indexOf(priority)
    const meta = rank === 0 ? {} : { meta: { priority: String(rank) } }
    instances.set(id, { id, service, address, protocol: place.protocol, weight: isUnweighted ? 1 : weight, ...meta })
  }
  return Object.freeze([...instances.values()].sort((a, b) => (a.id < b.id ? -1 : 1)))
}
