import { duration, type FieldsOf, optional, ratio, record, text } from '@seakeep/core/spi'
import type { LossFaultData } from '../network-data.ts'
import { burst, checkBurst } from '../resolving/loss-field.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { networkTarget } from './network-target.ts'
import { shareText } from './share-text.ts'

const FIELDS = record({
  target: text(),
  for: optional(duration()),
  ratio: ratio({ default: 1 }),
  burst,
} satisfies FieldsOf<LossFaultData & { readonly target: string }>)

/** Messages are lost, and nobody is told: on a way those of its direction, else all to and from the target. */
export function readLoss(given: unknown, reading: FaultReading): ReadFault<'loss'> {
  const { target: name, forMs, ...loss } = FIELDS.resolve(given, reading.at)
  checkBurst(loss, reading.at)
  const rows = loss.burst === undefined ? '' : ` in bursts of ${loss.burst}`
  return {
    kind: 'loss',
    target: networkTarget(name, reading),
    loss,
    untilMs: reading.until(forMs),
    label: `loss ${name}${shareText(loss.ratio)}${rows}`,
  }
}
