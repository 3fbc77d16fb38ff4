import { duration, type FieldsOf, optional, type Place, ratio, record, text } from '@seakeep/core/spi'
import type { DuplicateData } from '../network-data.ts'
import { type FaultReading, networkTarget, type ReadFault, shareText, untilMs } from './network-fault.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  ratio: ratio({ default: 1 }),
} satisfies FieldsOf<DuplicateData & { readonly target: string }>)

/** Requests arrive twice: on a way those of its direction, else those to and from the target. */
export function readDuplicate(given: unknown, at: Place, reading: FaultReading): ReadFault<'duplicate'> {
  const { target: name, forMs, ratio: share } = FIELDS.resolve(given, at)
  return {
    kind: 'duplicate',
    target: networkTarget(name, at, reading),
    ratio: share,
    untilMs: untilMs(reading.atMs, forMs),
    label: `duplicate ${name}${shareText(share)}`,
  }
}
