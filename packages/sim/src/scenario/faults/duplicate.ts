import { duration, type FieldsOf, optional, ratio, record, text } from '@seakeep/core/spi'
import type { DuplicateData } from '../network-data.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { networkTarget } from './network-target.ts'
import { shareText } from './share-text.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  ratio: ratio({ default: 1 }),
} satisfies FieldsOf<DuplicateData & { readonly target: string }>)

/** Requests arrive twice: on a way those of its direction, else those to and from the target. */
export function readDuplicate(given: unknown, reading: FaultReading): ReadFault<'duplicate'> {
  const { target: name, forMs, ratio: share } = FIELDS.resolve(given, reading.at)
  return {
    kind: 'duplicate',
    target: networkTarget(name, reading),
    ratio: share,
    untilMs: reading.until(forMs),
    label: `duplicate ${name}${shareText(share)}`,
  }
}
