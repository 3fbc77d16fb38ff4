import type { Duration, Ratio } from '../options/duration.ts'
import { layer } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { oneOf } from '../options/words.ts'

export interface CircuitBreakerOptions {
  /** Opens when at least this share of the window's calls failed. Default 0.5, above 0 to 1. */
  readonly failureRatio?: Ratio
  /** Length of the sliding window, counted in 10 buckets. Default 10 s, at least 10 ms. */
  readonly window?: Duration
  /** Judges nothing below this many calls in the window. Default 20, at least 1. */
  readonly minimumCalls?: number
  /** First open time; doubles with each reopening in a row up to `maxOpenFor`. Default 5 s, at least 1 ms. */
  readonly openFor?: Duration
  /** Bound of the growing open time, at least `openFor`. Default 60 s (`openFor`, where that is longer). */
  readonly maxOpenFor?: Duration
  /** Share by which the open time is drawn up or down. Default 0.2, 0 to 1. */
  readonly jitter?: Ratio
  /** Probes in half-open: most at a time and all that are needed to close. Default 3, at least 1. */
  readonly halfOpenProbes?: number
  /** A probe that has not ended after this long counts as failed. Default 30 s, at least 1 ms. */
  readonly probeTimeout?: Duration
  /** Whose calls are counted together: each endpoint's, the service's, or both apart. Default `both`. */
  readonly per?: 'both' | 'endpoint' | 'service'
  /**
   * Also opens when at least `ratio` (default 1, above 0 to 1) of the calls took longer than `over` (above 0). Off
   * unless set.
   */
  readonly slowCall?: { readonly over: Duration; readonly ratio?: Ratio } | false
}

export interface ResolvedCircuitBreakerOptions {
  readonly failureRatio: number
  readonly windowMs: number
  readonly minimumCalls: number
  readonly openForMs: number
  readonly maxOpenForMs: number
  readonly jitter: number
  readonly halfOpenProbes: number
  readonly probeTimeoutMs: number
  readonly per: 'both' | 'endpoint' | 'service'
  readonly slowCall: { readonly overMs: number; readonly ratio: number } | undefined
}

/** The description from which validation, defaults and schema follow. */
export const CIRCUIT_BREAKER_OPTIONS: RecordField<ResolvedCircuitBreakerOptions> = record(
  {
    failureRatio: ratio({
      default: 0.5,
      above: 0,
      about: "Opens when at least this share of the window's calls failed",
    }),
    window: duration({ default: '10s', min: '10ms', about: 'Length of the sliding window, counted in 10 buckets' }),
    minimumCalls: integer({ default: 20, min: 1, about: 'Judges nothing below this many calls in the window' }),
    openFor: duration({ default: '5s', min: '1ms', about: 'First open time; doubles with each reopening in a row' }),
    maxOpenFor: duration({ default: '60s', min: '1ms', about: 'Bound of the growing open time, at least openFor' }),
    jitter: ratio({ default: 0.2, about: 'Share by which the open time is drawn up or down' }),
    halfOpenProbes: integer({ default: 3, min: 1, about: 'Most probes at a time, and all that are needed to close' }),
    probeTimeout: duration({
      default: '30s',
      min: '1ms',
      about: 'A probe that has not ended by then counts as failed',
    }),
    per: oneOf(['both', 'endpoint', 'service'], { default: 'both', about: 'Whose calls are counted together' }),
    slowCall: layer(
      record({
        over: duration({ above: 0, about: 'What takes longer is a slow call' }),
        ratio: ratio({ default: 1, above: 0, about: 'Opens when at least this share of the calls was slow' }),
      }),
    ),
  } satisfies FieldsOf<CircuitBreakerOptions>,
  {
    about: 'Stops calling what keeps failing, and probes it before it is trusted again',
    notBelow: { maxOpenFor: 'openFor' },
  },
)

/** A breaker of which nothing is said. */
export const DEFAULT_CIRCUIT_BREAKER_OPTIONS: ResolvedCircuitBreakerOptions = resolveCircuitBreakerOptions()

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveCircuitBreakerOptions(
  input: CircuitBreakerOptions = {},
  path: string | Place = 'circuitBreaker',
): ResolvedCircuitBreakerOptions {
  return CIRCUIT_BREAKER_OPTIONS.resolve(input, placeOf(path))
}
