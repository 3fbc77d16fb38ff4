import type { Duration, Ratio } from '../options/duration.ts'
import { layer, orFalse } from '../options/layer.ts'
import { type Place, placeOf } from '../options/place.ts'
import { duration, integer, number, ratio } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'

/**
 * Passive ejection of endpoints whose calls go worse than the others'; numbers and meaning as Envoy's outlier detection
 * (api/envoy/config/cluster/v3/outlier_detection.proto). What Envoy has and does not enforce by default is off here.
 */
export interface OutlierOptions {
  /** Failures in a row that eject an endpoint. Default 5, at least 1; `false`: never for that. */
  readonly consecutiveFailures?: number | false
  /** Share of those detections that are carried out, drawn each time. Default 1, 0 to 1. */
  readonly enforceConsecutive?: Ratio
  /** Ejects at the end of an interval who lies far below the others' mean success rate. On by default. */
  readonly successRate?: SuccessRateOptions | boolean
  /** Ejects at the end of an interval who failed too large a share of its calls. Off unless set. */
  readonly failurePercentage?: FailurePercentageOptions | boolean
  /** How often rates are compared and the multiplier of a well-behaved endpoint falls. Default 10 s, at least 1 ms. */
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

interface RateOptions {
  /** Judges nobody unless this many endpoints had enough calls in the interval. Default 5, at least 1. */
  readonly minimumHosts?: number
  /** What are enough calls. Default 100 for the success rate and 50 for the failure percentage; at least 1. */
  readonly requestVolume?: number
  /** Share of the detections that are carried out, drawn each time. Default 1, 0 to 1. */
  readonly enforce?: Ratio
}
export interface SuccessRateOptions extends RateOptions {
  /** An outlier lies this many standard deviations below the mean. Default 1.9, at least 0. */
  readonly stdevFactor?: number
}
export interface FailurePercentageOptions extends RateOptions {
  /** An outlier failed at least this share of its calls. Default 0.85, above 0 to 1. */
  readonly threshold?: Ratio
}

export interface ResolvedRateOptions {
  readonly minimumHosts: number
  readonly requestVolume: number
  readonly enforce: number
}
export interface ResolvedOutlierOptions {
  readonly consecutiveFailures: number | undefined
  readonly enforceConsecutive: number
  readonly successRate: (ResolvedRateOptions & { readonly stdevFactor: number }) | undefined
  readonly failurePercentage: (ResolvedRateOptions & { readonly threshold: number }) | undefined
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
  readonly maxEjected: number
  readonly minHealthy: number
}

const minimumHosts = integer({ default: 5, min: 1, about: 'Judges nobody unless so many endpoints had enough calls' })
const enforce = ratio({ default: 1, about: 'Share of the detections that are carried out' })

/** The description from which validation, defaults and schema follow. */
export const OUTLIER_OPTIONS: RecordField<ResolvedOutlierOptions> = record(
  {
    consecutiveFailures: orFalse(integer({ default: 5, min: 1, about: 'Failures in a row that eject an endpoint' })),
    enforceConsecutive: enforce,
    successRate: layer(
      record({
        minimumHosts,
        requestVolume: integer({ default: 100, min: 1, about: 'What are enough calls in an interval' }),
        stdevFactor: number({ default: 1.9, min: 0, about: 'Standard deviations that an outlier lies below the mean' }),
        enforce,
      }),
      { default: true, about: "Ejects who lies far below the others' mean success rate" },
    ),
    failurePercentage: layer(
      record({
        threshold: ratio({ default: 0.85, above: 0, about: 'Share of its calls that an outlier failed at least' }),
        minimumHosts,
        requestVolume: integer({ default: 50, min: 1, about: 'What are enough calls in an interval' }),
        enforce,
      }),
      { about: 'Ejects who failed too large a share of its calls' },
    ),
    interval: duration({ default: '10s', min: '1ms', about: 'How often rates are compared and ejections forgiven' }),
    baseEjection: duration({ default: '30s', min: '1ms', about: 'First ejection time; grows with each one in a row' }),
    maxEjection: duration({ default: '300s', min: '1ms', about: 'Longest ejection time, at least baseEjection' }),
    maxEjected: ratio({ default: 0.1, about: 'Most endpoints ejected at once, one being allowed regardless' }),
    minHealthy: integer({ default: 1, min: 0, about: 'Ejecting stops where fewer endpoints than this would be left' }),
  } satisfies FieldsOf<OutlierOptions>,
  {
    about: 'Sets endpoints aside whose calls keep failing',
    notBelow: { maxEjection: 'baseEjection' },
    finish: (values, at): ResolvedOutlierOptions => {
      const { consecutiveFailures, successRate, failurePercentage } = values
      if (consecutiveFailures !== undefined || successRate !== undefined || failurePercentage !== undefined)
        return values
      throw at.error('nothing is left that could eject; give consecutiveFailures, successRate or failurePercentage')
    },
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
