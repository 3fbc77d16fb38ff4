import { duration, type FieldsOf, optional, ratio, record, text } from '@seakeep/core/spi'
import type { ResetData } from '../network-data.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { networkTarget } from './network-target.ts'
import { shareText } from './share-text.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  ratio: ratio({ default: 1 }),
} satisfies FieldsOf<ResetData & { readonly target: string }>)

/**
 * Connections are reset by the first message that meets it: a request never arrives, an answer is lost after the work was
 * done. Either way the caller hears of it one way-delay later.
 */
export function readReset(given: unknown, reading: FaultReading): ReadFault<'reset'> {
  const { target: name, forMs, ratio: share } = FIELDS.resolve(given, reading.at)
  return {
    kind: 'reset',
    target: networkTarget(name, reading),
    ratio: share,
    untilMs: reading.until(forMs),
    label: `reset ${name}${shareText(share)}`,
  }
}
