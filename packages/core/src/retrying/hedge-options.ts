import type { Duration, Ratio } from '../options/duration.ts'
import { optional } from '../options/field.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'

/** A second copy of a slow call, sent to another endpoint; the first answer wins, the other copy is called off. */
export interface HedgeOptions {
  /**
   * The copy is sent when the call has taken longer than this share of the target's recent calls. Default 0.95 ("The Tail
   * at Scale"), 0.5 to 0.999. No copy is sent before 100 latencies are known.
   */
  readonly percentile?: Ratio
  /** Sends it after this time instead, whatever the latencies. None by default; 0 sends both at once. */
  readonly delay?: Duration
  /** The shortest time after which the percentile has one sent. Default 1 ms. */
  readonly minDelay?: Duration
  /** Copies as a share of the calls. Default 0.05 (Finagle), 0 to 1. The retry budget bounds them, too. */
  readonly maxExtraLoad?: Ratio
  /** Attempts under way at once, the first included. Default 2, 2 to 5 (gRPC A6). */
  readonly maxAttempts?: number
}

export interface ResolvedHedgeOptions {
  readonly percentile: number
  readonly delayMs: number | undefined
  readonly minDelayMs: number
  readonly maxExtraLoad: number
  readonly maxAttempts: number
}

/** The description from which validation, defaults and schema follow. */
export const HEDGE_OPTIONS: RecordField<ResolvedHedgeOptions> = record(
  {
    percentile: ratio({ default: 0.95, min: 0.5, max: 0.999, about: 'Share of recent calls that a copy waits for' }),
    delay: optional(duration({ about: 'Fixed wait before a copy, instead of the percentile' })),
    minDelay: duration({ default: '1ms', about: 'Shortest wait before a copy' }),
    maxExtraLoad: ratio({ default: 0.05, about: 'Copies as a share of the calls' }),
    maxAttempts: integer({ default: 2, min: 2, max: 5, about: 'Attempts under way at once, the first included' }),
  } satisfies FieldsOf<HedgeOptions>,
  { about: 'Sends a second copy of a call that takes long; the first answer wins' },
)

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveHedgeOptions(input: HedgeOptions = {}, path: string | Place = 'hedge'): ResolvedHedgeOptions {
  return HEDGE_OPTIONS.resolve(input, placeOf(path))
}
