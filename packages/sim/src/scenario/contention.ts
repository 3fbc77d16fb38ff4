/**
 * `contention`: work that takes longer the more requests are in progress beside it. With n of them, the one that begins
 * included, it takes `1 + alpha (n - 1) + beta n (n - 1)` times as long: Gunther's universal scalability law, where `alpha`
 * is what has to be done one at a time, and `beta` what each has to agree on with each.
 */
import { type Field, type FieldsOf, number, optional, record } from '@seakeep/core/spi'

export interface ContentionData {
  /** Share that is done one at a time. Default 0, to 1. */
  readonly alpha?: number
  /** Cost of agreeing, for each pair. Default 0, to 1. */
  readonly beta?: number
}

export interface ResolvedContention {
  readonly alpha: number
  readonly beta: number
}

export const contention: Field<ResolvedContention | undefined, ''> = optional(
  record(
    {
      alpha: number({ default: 0, min: 0, max: 1, about: 'share that is done one at a time' }),
      beta: number({ default: 0, min: 0, max: 1, about: 'cost of agreeing, for each pair' }),
    } satisfies FieldsOf<ContentionData>,
    {
      finish(given, at): ResolvedContention {
        if (given.alpha > 0 || given.beta > 0) return given
        throw at.error('says nothing; alpha or beta is above 0')
      },
    },
  ),
)
