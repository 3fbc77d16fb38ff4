/** What bounds the retries of all calls to a target together, and the numbers that each algorithm knows. */
import type { Ratio } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import type { Place } from '../options/place.ts'
import { integer, number, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { oneOf } from '../options/words.ts'

export type RetryBudgetAlgorithm = 'window' | 'tokens' | 'throttle'

export interface RetryBudgetOptions {
  /**
   * `window` (default): a share of the calls of the last ten seconds (Finagle, tower). `tokens`: a bucket that begins full,
   * gains `ratio` with each call and loses one token with each retry (Brooker, the AWS SDKs). `throttle`: a bucket that gains
   * `ratio` with each success and loses one token with each failure; no retry while it is half empty (gRPC's
   * retryThrottling).
   */
  readonly algorithm?: RetryBudgetAlgorithm
  /**
   * `window`: retries as a share of the calls, default 0.2, 0 to 1. `tokens`: of a token with each call, default 0.1, 0 to 1.
   * `throttle`: of a token with each success, default 0.1, above 0, to 1.
   */
  readonly ratio?: Ratio
  /** Retries a second beside that share. Default 10, 0 to 1e6. For `window`. */
  readonly minPerSecond?: number
  /** Tokens of a full bucket. Default 5 (`tokens`) or 10 (`throttle`), 1 to 1000. For `tokens` and `throttle`. */
  readonly maxTokens?: number
}

export interface ResolvedWindowBudget {
  /** Undefined is the window. */
  readonly algorithm?: undefined
  readonly ratio: number
  readonly minPerSecond: number
}
export interface ResolvedTokenBudget {
  readonly algorithm: 'tokens' | 'throttle'
  readonly ratio: number
  readonly maxTokens: number
}
export type ResolvedRetryBudgetOptions = ResolvedWindowBudget | ResolvedTokenBudget

/** Those of Finagle's RetryBudget, of Brooker's adaptive retries, and of the example in gRPC's A6. */
const WINDOW = { ratio: 0.2, minPerSecond: 10 }
const TOKENS = { tokens: { ratio: 0.1, maxTokens: 5 }, throttle: { ratio: 0.1, maxTokens: 10 } } as const

/** The description from which validation, defaults and schema follow. */
export const RETRY_BUDGET_OPTIONS: RecordField<ResolvedRetryBudgetOptions> = record(
  {
    algorithm: oneOf(['window', 'tokens', 'throttle'], { default: 'window', about: 'How retries are counted' }),
    ratio: optional(
      ratio({ about: 'Retries as a share of the calls, or of a token with each; by default 0.2 (window), else 0.1' }),
    ),
    minPerSecond: optional(
      number({ min: 0, max: 1e6, about: 'Retries a second beside that share; by default 10; only with window' }),
    ),
    maxTokens: optional(
      integer({ min: 1, max: 1000, about: 'Tokens of a full bucket; by default 5 (tokens) or 10 (throttle)' }),
    ),
  } satisfies FieldsOf<RetryBudgetOptions>,
  { about: 'Bounds the retries of all calls to a target together', finish: resolveBudget },
)

interface Given {
  readonly algorithm: RetryBudgetAlgorithm
  readonly ratio: number | undefined
  readonly minPerSecond: number | undefined
  readonly maxTokens: number | undefined
}

function resolveBudget({ algorithm, ratio, minPerSecond, maxTokens }: Given, at: Place): ResolvedRetryBudgetOptions {
  if (algorithm === 'window') {
    if (maxTokens !== undefined) throw at.at('maxTokens').error('only with algorithm tokens or throttle')
    return { ratio: ratio ?? WINDOW.ratio, minPerSecond: minPerSecond ?? WINDOW.minPerSecond }
  }
  if (minPerSecond !== undefined) {
    throw at.at('minPerSecond').error(`not with algorithm ${algorithm}; use ratio and maxTokens`)
  }
  // What has emptied would never fill again.
  if (algorithm === 'throttle' && ratio === 0) {
    throw at.at('ratio').error('0 is not allowed with algorithm throttle; a ratio above 0, at most 1')
  }
  const defaults = TOKENS[algorithm]
  return { algorithm, ratio: ratio ?? defaults.ratio, maxTokens: maxTokens ?? defaults.maxTokens }
}
