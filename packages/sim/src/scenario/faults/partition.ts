import { bool, duration, type FieldsOf, oneOf, optional, record, text } from '@seakeep/core/spi'
import type { PartitionData } from '../network-data.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { networkTarget } from './network-target.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  direction: oneOf(['both', 'to', 'from'], { default: 'both' }),
  registry: optional(bool()),
} satisfies FieldsOf<PartitionData & { readonly target: string }>)

/** Messages are lost, and nobody is told. */
export function readPartition(given: unknown, reading: FaultReading): ReadFault<'partition'> {
  const { target: name, forMs, direction, registry } = FIELDS.resolve(given, reading.at)
  const target = networkTarget(name, reading)
  const isWay = target.kind === 'edge' || target.kind === 'link'
  if (isWay && registry !== undefined) {
    throw reading.at.at('registry').error(`not allowed with ${name}, which does not lead to the registry`)
  }
  const side = direction === 'both' ? '' : `, ${direction}`
  return {
    kind: 'partition',
    target,
    direction,
    cutsRegistry: !isWay && registry !== false,
    untilMs: reading.until(forMs),
    label: `partition ${name}${side}`,
  }
}
