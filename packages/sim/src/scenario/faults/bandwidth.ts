import { duration, type FieldsOf, optional, record, text } from '@seakeep/core/spi'
import type { BandwidthData } from '../network-data.ts'
import { bandwidth, bytesText } from '../resolving/byte-fields.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { networkTarget } from './network-target.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  to: bandwidth(),
} satisfies FieldsOf<BandwidthData & { readonly target: string }>)

/** Messages go through a narrow place, one after the other. */
export function readBandwidth(given: unknown, reading: FaultReading): ReadFault<'bandwidth'> {
  const { target: name, forMs, to } = FIELDS.resolve(given, reading.at)
  return {
    kind: 'bandwidth',
    target: networkTarget(name, reading),
    bytesPerSecond: to,
    untilMs: reading.until(forMs),
    label: `bandwidth ${name} to ${bytesText(to)}/s`,
  }
}
