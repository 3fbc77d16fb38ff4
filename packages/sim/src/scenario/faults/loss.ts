import { duration, type FieldsOf, optional, type Place, ratio, record, text } from '@seakeep/core/spi'
import type { LossFaultData } from '../network-data.ts'
import { burst, checkBurst } from '../resolving/loss-field.ts'
import { type FaultReading, networkTarget, type ReadFault, shareText, untilMs } from './network-fault.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  ratio: ratio({ default: 1 }),
  burst,
} satisfies FieldsOf<LossFaultData & { readonly target: string }>)

/** Messages are lost, and nobody is told: on a way those of its direction, else all to and from the target. */
export function readLoss(given: unknown, at: Place, reading: FaultReading): ReadFault<'loss'> {
  const { target: name, forMs, ...loss } = FIELDS.resolve(given, at)
  checkBurst(loss, at)
  const rows = loss.burst === undefined ? '' : ` in bursts of ${loss.burst}`
  return {
    kind: 'loss',
    target: networkTarget(name, at, reading),
    loss,
    untilMs: untilMs(reading.atMs, forMs),
    label: `loss ${name}${shareText(loss.ratio)}${rows}`,
  }
}
