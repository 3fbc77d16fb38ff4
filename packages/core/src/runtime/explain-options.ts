import type { Ratio } from '../options/duration.ts'
import { layer } from '../options/layer.ts'
import { integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'

/** Which calls are explained. */
export interface ExplainOptions {
  /** The share of calls that is. Default 0.01. One that is explained costs some microseconds more. */
  readonly ratio?: Ratio
  /** The latest of them are kept. Default 1000, 1 to 1,000,000; each takes a few KiB. */
  readonly keep?: number
}

export interface ResolvedExplainOptions {
  readonly ratio: number
  readonly keep: number
}

/** The description from which validation, defaults and schema follow. */
const EXPLAIN_OPTIONS: RecordField<ResolvedExplainOptions> = record(
  {
    ratio: ratio({ default: 0.01, about: 'The share of calls that is explained' }),
    keep: integer({ default: 1000, min: 1, max: 1_000_000, about: 'How many of them are kept' }),
  } satisfies FieldsOf<ExplainOptions>,
  { about: 'Which calls are explained' },
)

export const EXPLAIN_LAYER: ReturnType<typeof layer<ResolvedExplainOptions>> = layer(EXPLAIN_OPTIONS)
