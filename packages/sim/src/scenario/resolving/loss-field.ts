/** How losses are written: a share of the messages, or with it how many are lost in a row. */
import type { Ratio } from '@seakeep/core'
import {
  byKind,
  type Field,
  type FieldsOf,
  number,
  optional,
  type Place,
  ratio,
  record,
  refined,
} from '@seakeep/core/spi'
import type { LossData } from '../network-data.ts'
import type { ResolvedLoss } from '../resolved-scenario.ts'

/** `burst`, from 1 to 1e6 messages. */
export const burst: Field<number | undefined, ''> = optional(number({ min: 1, max: 1e6 }))

const each = refined(ratio(), (share): ResolvedLoss => ({ ratio: share, burst: undefined }))

/** Required; wrap it in `optional` where it is not. */
export const loss: Field<ResolvedLoss, ''> = byKind({
  number: each,
  text: each,
  object: record({ ratio: ratio(), burst } satisfies FieldsOf<Exclude<LossData, Ratio>>, {
    finish(given, at): ResolvedLoss {
      checkBurst(given, at)
      return given
    },
  }),
})

/** Refuses rows that are shorter than those of losses that know nothing of each other. */
export function checkBurst({ ratio: share, burst: length }: ResolvedLoss, at: Place): void {
  if (length === undefined) return
  if (share === 1) throw at.at('burst').error('not allowed with a ratio of 1: nothing arrives at all')
  const least = 1 / (1 - share)
  if (length >= least) return
  const shown = Number((Math.ceil(least * 1000) / 1000).toPrecision(6))
  const why = `which is how many are lost in a row at a ratio of ${share} without bursts`
  throw at.at('burst').error(`${length} is not allowed; at least ${shown}, ${why}`)
}
