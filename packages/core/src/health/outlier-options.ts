import type { Duration, Ratio } from '../options/duration.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'

/** Passive ejection after consecutive failures; numbers and meaning as Envoy's outlier detection. */
export interface OutlierOptions {
  /** Failures in a row that eject an endpoint. Default 5, at least 1. */
  readonly consecutiveFailures?: number
  /** How often ejections are reviewed and the multiplier of a well-behaved endpoint falls. Default 10 s, at least 1 ms. */
  readonly interval?: Duration
  /** First ejection time; multiplied by the number of ejections in a row. Default 30 s, at least 1 ms. */
  readonly baseEjection?: Duration
  /** Longest ejection time, at least `baseEjection`. Default 300 s (`baseEjection`, where that is longer). */
  readonly maxEjection?: Duration
  /** Most endpoints ejected at once, as a share. Default 0.1 (at least one endpoint regardless), 0 to 1. */
  readonly maxEjected?: Ratio
  /** Ejecting stops where fewer endpoints than this would be left. Default 1, at least 0. */
  readonly minHealthy?: number
}
export interface ResolvedOutlierOptions {
  readonly consecutiveFailures: number
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
  readonly maxEjected: number
  readonly minHealthy: number
}

/** The description from which validation, defaults and schema follow. */
export const OUTLIER_OPTIONS: RecordField<ResolvedOutlierOptions> = record(
  {
    consecutiveFailures: integer({ default: 5, min: 1, about: 'Failures in a row that eject an endpoint' }),
    interval: duration({ default: '10s', min: '1ms', about: 'How often ejections are reviewed' }),
    baseEjection: duration({ default: '30s', min: '1ms', about: 'First ejection time; grows with each one in a row' }),
    maxEjection: duration({ default: '300s', min: '1ms', about: 'Longest ejection time, at least baseEjection' }),
    maxEjected: ratio({ default: 0.1, about: 'Most endpoints ejected at once, one being allowed regardless' }),
    minHealthy: integer({ default: 1, min: 0, about: 'Ejecting stops where fewer endpoints than this would be left' }),
  } satisfies FieldsOf<OutlierOptions>,
  {
    about: 'Sets endpoints aside whose calls keep failing',
    notBelow: { maxEjection: 'baseEjection' },
  },
)

/** Outlier detection of which nothing is said. */
export const DEFAULT_OUTLIER_OPTIONS: ResolvedOutlierOptions = resolveOutlierOptions()

/** The options with all defaults filled in, frozen. Throws a ConfigError that names the field under `path`. */
export function resolveOutlierOptions(
  input: OutlierOptions = {},
  path: string | Place = 'outlier',
): ResolvedOutlierOptions {
  return OUTLIER_OPTIONS.resolve(input, placeOf(path))
}
