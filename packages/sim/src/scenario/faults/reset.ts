import { duration, type FieldsOf, optional, type Place, ratio, record, text } from '@seakeep/core/spi'
import type { ResetData } from '../network-data.ts'
import { type FaultReading, networkTarget, type ReadFault, shareText, untilMs } from './network-fault.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  ratio: ratio({ default: 1 }),
} satisfies FieldsOf<ResetData & { readonly target: string }>)

/**
 * Connections are reset by the first message that meets it: a request never arrives, an answer is lost after the work was
 * done. Either way the caller hears of it one way-delay later.
 */
export function readReset(given: unknown, at: Place, reading: FaultReading): ReadFault<'reset'> {
  const { target: name, forMs, ratio: share } = FIELDS.resolve(given, at)
  return {
    kind: 'reset',
    target: networkTarget(name, at, reading),
    ratio: share,
    untilMs: untilMs(reading.atMs, forMs),
    label: `reset ${name}${shareText(share)}`,
  }
}
