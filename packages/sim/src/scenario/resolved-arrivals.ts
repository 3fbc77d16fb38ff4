import type { Distribution } from '../model/distribution.ts'

/** When the calls of a workload are made, after validation. */
export type ResolvedArrivals =
  | { readonly kind: 'constant' | 'poisson'; readonly ratePerSecond: number }
  | {
      readonly kind: 'paced'
      readonly curve: RateCurve
      /** Independent arrivals; else the n-th when n calls are due. */
      readonly isPoisson: boolean
    }
  /** In the order in which they are made. */
  | { readonly kind: 'recorded'; readonly calls: readonly RecordedCall[] }
  | { readonly kind: 'closed'; readonly users: number; readonly thinkTime: Distribution }

/** How the rate, in calls a second, goes with time. */
export type RateCurve =
  | {
      readonly shape: 'stages'
      readonly startRate: number
      readonly stages: readonly { readonly rate: number; readonly overMs: number }[]
    }
  | {
      readonly shape: 'spike'
      readonly rate: number
      readonly peak: number
      readonly atMs: number
      readonly forMs: number
    }
  | {
      readonly shape: 'bursts'
      readonly rate: number
      readonly burstRate: number
      readonly meanOnMs: number
      readonly meanOffMs: number
    }
  | {
      readonly shape: 'wave'
      readonly mean: number
      readonly amplitude: number
      readonly periodMs: number
      readonly peakMs: number
    }

/** A call of a recording. What it does not say is as the workload says. */
export interface RecordedCall {
  /** After the workload's beginning. */
  readonly atMs: number
  readonly to?: { readonly service: string; readonly method: string | undefined } | undefined
  readonly key?: string | undefined
  readonly priority?: string | undefined
}
