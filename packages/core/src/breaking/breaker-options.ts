import type { Duration, Ratio } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { layer, orFalse } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { oneOf } from '../options/words.ts'

/** Length of a time window of which nothing is said. */
const WINDOW_MS = 10_000
/**
 * What is remembered by number rather than by time (the last calls unless `window` is given, failures in a row) is
 * forgotten after so long: failures from before an idle hour say nothing about the present (cockatiel#64).
 */
export const STALE_MS = 600_000

export interface CircuitBreakerOptions {
  /** Opens when at least this share of the window's calls failed. Default 0.5, above 0 to 1; `false`: never for that. */
  readonly failureRatio?: Ratio | false
  /** Also opens after this many failures in a row, whatever `minimumCalls`. Off unless set, at least 1. */
  readonly consecutiveFailures?: number | false
  /** Length of the sliding window. Default 10 s in 10 buckets; 10 min beside `windowCalls`. At least 10 ms. */
  readonly window?: Duration
  /** Counts the last so many calls rather than time. Off unless set; from `minimumCalls` to 10,000. */
  readonly windowCalls?: number | false
  /** Judges no ratio below this many calls in the window. Default 20, at least 1. */
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
  /**
   * After closing the share of calls admitted grows from a tenth to all for this long; while fewer than `halfOpenProbes`
   * are under way a call always passes. Default 5 s; `false` or 0: all at once.
   */
  readonly rampFor?: Duration | false
  /** Whose calls are counted together: each endpoint's, the service's, or both apart. Default `both`. */
  readonly per?: 'both' | 'endpoint' | 'service'
  /**
   * Also opens when at least `ratio` (default 1, above 0 to 1) of the calls took longer than `over` (above 0); calls
   * still under way for longer than that count with them. Off unless set.
   */
  readonly slowCall?: { readonly over: Duration; readonly ratio?: Ratio } | false
  /**
   * The service's circuit also opens, with fewer calls than `minimumCalls`, when those calls fail (or are slow) as it takes
   * to open it and so many other instances of the caller have opened theirs. Off unless set, from 1 to 1,000; nothing
   * without a shared board.
   */
  readonly quorum?: number | false
}

export interface ResolvedCircuitBreakerOptions {
  readonly failureRatio: number | undefined
  readonly consecutiveFailures: number | undefined
  readonly windowMs: number
  readonly windowCalls: number | undefined
  readonly minimumCalls: number
  readonly openForMs: number
  readonly maxOpenForMs: number
  readonly jitter: number
  readonly halfOpenProbes: number
  readonly probeTimeoutMs: number
  /** 0 for none. */
  readonly rampForMs: number
  readonly per: 'both' | 'endpoint' | 'service'
  readonly slowCall: { readonly overMs: number; readonly ratio: number } | undefined
  readonly quorum?: number | undefined
}

/** The description from which validation, defaults and schema follow. */
export const CIRCUIT_BREAKER_OPTIONS: RecordField<ResolvedCircuitBreakerOptions> = record(
  {
    failureRatio: orFalse(
      ratio({ default: 0.5, above: 0, about: "Opens when at least this share of the window's calls failed" }),
    ),
    consecutiveFailures: orFalse(integer({ min: 1, about: 'Also opens after this many failures in a row' })),
    window: optional(
      duration({ min: '10ms', about: 'Length of the sliding window; 10s, or beside windowCalls 10m, unless set' }),
    ),
    windowCalls: orFalse(
      integer({ min: 1, max: 10_000, about: 'Counts the last so many calls rather than time; at least minimumCalls' }),
    ),
    minimumCalls: integer({ default: 20, min: 1, about: 'Judges no ratio below this many calls in the window' }),
    openFor: duration({ default: '5s', min: '1ms', about: 'First open time; doubles with each reopening in a row' }),
    maxOpenFor: duration({ default: '60s', min: '1ms', about: 'Bound of the growing open time, at least openFor' }),
    jitter: ratio({ default: 0.2, about: 'Share by which the open time is drawn up or down' }),
    halfOpenProbes: integer({ default: 3, min: 1, about: 'Most probes at a time, and all that are needed to close' }),
    probeTimeout: duration({
      default: '30s',
      min: '1ms',
      about: 'A probe that has not ended by then counts as failed',
    }),
    rampFor: orFalse(
      duration({ default: '5s', about: 'After closing the share of calls admitted grows to all for this long' }),
    ),
    per: oneOf(['both', 'endpoint', 'service'], { default: 'both', about: 'Whose calls are counted together' }),
    slowCall: layer(
      record({
        over: duration({ above: 0, about: 'What takes longer is a slow call, also while it is under way' }),
        ratio: ratio({ default: 1, above: 0, about: 'Opens when at least this share of the calls was slow' }),
      }),
    ),
    quorum: orFalse(
      integer({ min: 1, max: 1000, about: 'So many open circuits of other instances make up for minimumCalls' }),
    ),
  } satisfies FieldsOf<CircuitBreakerOptions>,
  {
    about: 'Stops calling what keeps failing, and probes it before it is trusted again',
    notBelow: { maxOpenFor: 'openFor', windowCalls: 'minimumCalls' },
    finish: (values, at): ResolvedCircuitBreakerOptions => {
      const { failureRatio, consecutiveFailures, slowCall, windowCalls, windowMs, rampForMs, quorum, per } = values
      if (failureRatio === undefined && consecutiveFailures === undefined && slowCall === undefined) {
        throw at.error('nothing is left that could open it; give failureRatio, consecutiveFailures or slowCall')
      }
      if (quorum !== undefined && per === 'endpoint') {
        throw at.at('quorum').error('not with per: endpoint; what is shared is the circuit of the service')
      }
      const unset = windowCalls === undefined ? WINDOW_MS : STALE_MS
      return { ...values, windowMs: windowMs ?? unset, rampForMs: rampForMs ?? 0 }
    },
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
