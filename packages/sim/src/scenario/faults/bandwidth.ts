import { duration, type FieldsOf, optional, type Place, record, text } from '@seakeep/core/spi'
import type { BandwidthData } from '../network-data.ts'
import { bandwidth, bytesText } from '../resolving/byte-fields.ts'
import { type FaultReading, networkTarget, type ReadFault, untilMs } from './network-fault.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  to: bandwidth(),
} satisfies FieldsOf<BandwidthData & { readonly target: string }>)

/** Messages go through a narrow place, one after the other. */
export function readBandwidth(given: unknown, at: Place, reading: FaultReading): ReadFault<'bandwidth'> {
  const { target: name, forMs, to } = FIELDS.resolve(given, at)
  return {
    kind: 'bandwidth',
    target: networkTarget(name, at, reading),
    bytesPerSecond: to,
    untilMs: untilMs(reading.atMs, forMs),
    label: `bandwidth ${name} to ${bytesText(to)}/s`,
  }
}
