import type { Duration } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { layer } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { bool, oneOf } from '../options/words.ts'
import { RETRY_BUDGET_OPTIONS, type ResolvedRetryBudgetOptions, type RetryBudgetOptions } from './budget-options.ts'

export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated'

export interface RetryOptions {
  /** Attempts in all, the first included: 3 = 1 call + 2 retries. Default 3, 1 to 20. */
  readonly maxAttempts?: number
  /** Length of one attempt, from the moment it is sent; above 0. None by default. */
  readonly attemptTimeout?: Duration
  readonly backoff?: {
    /** First (and shortest) wait. Default 50 ms; 0 is allowed. */
    readonly initial?: Duration
    /** Longest wait, at least `initial`; 0 is allowed. Default 2 s (`initial`, where that is longer). */
    readonly max?: Duration
    /** Default `decorrelated`. */
    readonly jitter?: Jitter
  }
  /**
   * Retries the target may be sent: by default `ratio` of its calls (default 0.2, 0 to 1) plus `minPerSecond` (default 10,
   * 0 to 1e6), counted over a window of 10 s (Finagle's RetryBudget). `false` takes it off.
   */
  readonly budget?: false | RetryBudgetOptions
  /**
   * True: only calls that carry an `idempotency-key` header are repeated once they were sent, whatever their method or their
   * caller says; of a guarded function, calls with `idempotent: true`. Default false: what is idempotent is repeated.
   */
  readonly requireIdempotencyKey?: boolean
}
export interface ResolvedRetryOptions {
  readonly maxAttempts: number
  readonly attemptTimeoutMs: number | undefined
  readonly backoff: { readonly initialMs: number; readonly maxMs: number; readonly jitter: Jitter }
  readonly budget: ResolvedRetryBudgetOptions | undefined
  readonly requireIdempotencyKey: boolean
}

/** The description from which validation, defaults and schema follow. */
export const RETRY_OPTIONS: RecordField<ResolvedRetryOptions> = record(
  {
    maxAttempts: integer({ default: 3, min: 1, max: 20, about: 'Attempts in all, the first included' }),
    attemptTimeout: optional(duration({ above: 0, about: 'Length of one attempt, from the moment it is sent' })),
    backoff: record(
      {
        initial: duration({ default: '50ms', about: 'First and shortest wait' }),
        max: duration({ default: '2s', about: 'Longest wait, at least initial' }),
        jitter: oneOf(['none', 'full', 'equal', 'decorrelated'], {
          default: 'decorrelated',
          about: 'How waits are spread',
        }),
      } satisfies FieldsOf<NonNullable<RetryOptions['backoff']>>,
      { about: 'Waits between attempts', notBelow: { max: 'initial' } },
    ),
    budget: layer(RETRY_BUDGET_OPTIONS, { default: true }),
    requireIdempotencyKey: bool({
      default: false,
      about: 'Repeats only calls that carry an idempotency-key, whatever their method',
    }),
  } satisfies FieldsOf<RetryOptions>,
  { about: 'Tries again what failed and may succeed' },
)

/** Retrying of which nothing is said. */
export const DEFAULT_RETRY_OPTIONS: ResolvedRetryOptions = resolveRetryOptions()

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveRetryOptions(input: RetryOptions = {}, path: string | Place = 'retry'): ResolvedRetryOptions {
  return RETRY_OPTIONS.resolve(input, placeOf(path))
}
