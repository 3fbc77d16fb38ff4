/** What a service says of its autoscaling. */
import type { Duration, Ratio } from '@seakeep/core'
import {
  duration,
  type Field,
  type FieldsOf,
  integer,
  number,
  optional,
  type Place,
  ratio,
  record,
} from '@seakeep/core/spi'

/** A horizontal autoscaler, as Kubernetes has it. `targetUtilization` or `targetInFlight` is required. */
export interface AutoscaleData {
  /** Fewest instances. Default 1. */
  readonly min?: number
  /** Most instances. Required, to 100,000. */
  readonly max: number
  /** Share of the workers that should be taken, above 0. Needs `concurrency`. */
  readonly targetUtilization?: Ratio
  /** Requests that should be present at an instance, in the line or at work, above 0. */
  readonly targetInFlight?: number
  /** How often it looks; what it sees is the mean since the last look. Default 15 s, from 100 ms. */
  readonly every?: Duration
  /** From the decision until a new instance is ready. Default 30 s. */
  readonly upAfter?: Duration
  /** It shrinks to the largest number it found right within this time. Default 300 s. */
  readonly downAfter?: Duration
  /** Nothing is done while the metric is this near to its target. Default 0.1. */
  readonly tolerance?: Ratio
}

export interface ResolvedAutoscale {
  readonly min: number
  readonly max: number
  readonly metric: 'utilization' | 'inFlight'
  readonly target: number
  readonly everyMs: number
  readonly upAfterMs: number
  readonly downAfterMs: number
  readonly tolerance: number
}

const COUNT = { min: 1, max: 100_000 }

export const AUTOSCALE: Field<ResolvedAutoscale, ''> = record(
  {
    min: integer({ default: 1, ...COUNT }),
    max: integer(COUNT),
    targetUtilization: optional(ratio({ above: 0 })),
    targetInFlight: optional(number({ above: 0, max: 1e9 })),
    every: duration({ default: '15s', min: '100ms' }),
    upAfter: duration({ default: '30s' }),
    downAfter: duration({ default: '300s' }),
    tolerance: ratio({ default: 0.1 }),
  } satisfies FieldsOf<AutoscaleData>,
  {
    finish({ targetUtilization, targetInFlight, ...rest }, at): ResolvedAutoscale {
      if (rest.max < rest.min) throw at.at('max').error(`${rest.max} is below min, which is ${rest.min}`)
      if ((targetUtilization === undefined) === (targetInFlight === undefined)) {
        throw at.error('exactly one of targetUtilization, targetInFlight says what it aims at')
      }
      const metric = targetUtilization === undefined ? 'inFlight' : 'utilization'
      return { ...rest, metric, target: targetUtilization ?? targetInFlight ?? 0 }
    },
  },
)

/** What it cannot know of the service by itself. */
export function checkAutoscale(
  autoscale: ResolvedAutoscale | undefined,
  replicas: number,
  concurrency: number | undefined,
  at: Place,
): void {
  if (autoscale === undefined) return
  const { min, max, metric } = autoscale
  if (metric === 'utilization' && concurrency === undefined) {
    throw at.at('targetUtilization').error('needs concurrency: without it there are no workers to be taken')
  }
  if (replicas >= min && replicas <= max) return
  throw at.error(`the service begins with ${replicas} instances, which is not from min ${min} to max ${max}`)
}
