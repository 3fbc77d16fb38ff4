/**
 * The data form of workloads: who calls which service, how often, and how long they wait. What the fields mean, with
 * defaults and bounds, is said here and checked in `resolve-workloads.ts`.
 */
import type { Duration } from '@seakeep/core'
import type { DistributionData } from '../model/distributions.ts'

/** What every kind of workload takes. */
export interface CallersData {
  /** The service, or `service/method`, that is called; or several, each with its share of the calls. */
  readonly to: string | readonly { readonly service: string; readonly share?: number }[]
  /** What the callers are called on edges (default `client`), and the workload in the run document. */
  readonly name?: string
  /**
   * How long its users wait: judges goodput. Default none. A distribution is each user's patience, drawn for each call;
   * it needs `impatient: true`.
   */
  readonly deadline?: DistributionData
  /** True: its callers give up at the deadline. Default false. */
  readonly impatient?: boolean
  /** When the load begins. Default 0. */
  readonly from?: Duration
  /** When it ends. Default the duration of the run. */
  readonly until?: Duration
  /** Calls deeper than this are not made and count as success. Needed where the call graph has a circle. */
  readonly maxDepth?: number
  /**
   * Class of the calls, and of all calls made on their behalf: `critical`, `default`, `sheddable`. Or the weights of
   * several, as `{ critical: 1, default: 8, sheddable: 1 }`, of which one is drawn for each call. Default none.
   */
  readonly priority?: string | Readonly<Record<string, number>>
  /** Routing and rate-limit key of the calls. Default none. */
  readonly key?: KeyData
  /** Zones the callers are dealt to in turn. Default none. */
  readonly zones?: readonly string[]
}

/**
 * One key for all calls; or one drawn for each call: of those named, by their weights (tenants); of `k1` to `k<keys>`, all alike or by
 * Zipf's law: the n-th as often as `1 / n^s`. `keys` from 1 to 1e6, `s` default 1, from 0 (all alike) to 10.
 */
export type KeyData =
  | string
  | { readonly weighted: Readonly<Record<string, number>> }
  | { readonly uniform: { readonly keys: number } }
  | { readonly zipf: { readonly keys: number; readonly s?: number } }

/** What every workload takes that never waits for an answer. */
export interface OpenCallersData extends CallersData {
  /** Separate callers, each with its own runtime. Default 1, to 100,000. */
  readonly clients?: number
  /** What an unhappy user does, whose call failed: calls again, as a new call that is offered. Default: goes away. */
  readonly retry?: UserRetryData
}
export interface UserRetryData {
  /** Calls of one user in all, the first included. Required, 1 to 1000. */
  readonly maxAttempts: number
  /** How long the user waits before it calls again. Default 0. */
  readonly after?: DistributionData
}
export interface OpenLoopData extends OpenCallersData {
  /** Calls a second, all clients together. Required, above 0, to 1e6. */
  readonly rate: number
}
/** A rate that is followed by independent arrivals, or by even ones: the n-th when n calls are due. */
interface PacedData extends OpenCallersData {
  /** True: arrivals that are independent of each other, at this rate. */
  readonly poisson?: boolean
}
export interface RampingData extends PacedData {
  /**
   * One after the other, from `from` on: the rate goes from what it was in a straight line to `rate` while `over` goes by
   * (0: at once). After the last the load ends. Rates from 0 to 1e6. `poisson` is false by default.
   */
  readonly stages: readonly { readonly rate: number; readonly over: Duration }[]
  /** The rate before the first stage. Default 0, to 1e6. */
  readonly startRate?: number
}
export interface SpikeData extends PacedData {
  /** Calls a second before the spike and after it. Required, 0 to 1e6. */
  readonly rate: number
  /** Calls a second while it lasts. Required, 0 to 1e6. `poisson` is true by default. */
  readonly peak: number
  /** The instant of the run at which it begins. Required. */
  readonly at: Duration
  /** How long it lasts. Required, above 0. */
  readonly for: Duration
}
/** Independent arrivals whose rate jumps to and fro between two (a Markov-modulated Poisson process of two states). */
export interface BurstsData extends OpenCallersData {
  /** Calls a second between bursts. Required, 0 to 1e6. */
  readonly rate: number
  /** Calls a second in a burst. Required, 0 to 1e6. */
  readonly burstRate: number
  /** Mean length of a burst; its length is exponential. Required, above 0. */
  readonly meanOn: Duration
  /** Mean length of the time between two; it is exponential, too. Required, above 0. */
  readonly meanOff: Duration
}
/** A rate that goes up and down as a sine. `poisson` is true by default. */
export interface DiurnalData extends PacedData {
  /** Calls a second over whole periods. Required, above 0, to 1e6. */
  readonly mean: number
  /** How far the rate goes above the mean and below it, in calls a second. Required, 0 to `mean`. */
  readonly amplitude: number
  /** From one peak to the next. Required, above 0. */
  readonly period: Duration
  /** The instant of the run at which the rate is highest. Default a quarter of the period. */
  readonly peakAt?: Duration
}
/** One recorded call, where more is known of it than its instant. */
export interface ReplayedCallData {
  /** From the beginning of the recording. */
  readonly at: Duration
  /** The service, or `service/method`. Default the workload's. */
  readonly to?: string
  readonly key?: string
  readonly priority?: string
}
export interface ReplayData extends OpenCallersData {
  /**
   * The recorded instants, in any order, from `from` on; or the path of a file of them, relative to the scenario's file: a
   * JSON list, or a text with one a line, or CSV (a heading may name the columns `at`, `to`, `key`, `priority`). A bare
   * number is milliseconds. Required, at least one.
   */
  readonly arrivals: string | readonly (Duration | ReplayedCallData)[]
  /** How much faster than it was recorded. Default 1, above 0, to 1e6. */
  readonly speed?: number
  /** True: instants are counted from the earliest of them, as those of a log are. Default false. */
  readonly fromFirst?: boolean
}
export interface ClosedLoopData extends CallersData {
  /** Users, each of whom calls again when it has its answer. Required, 1 to 100,000. */
  readonly clients: number
  /** How long a user waits between an answer and its next call. Default 0. */
  readonly thinkTime?: DistributionData
  /** Runtimes the users share. Default one each. */
  readonly callers?: number
}
export type WorkloadData =
  | { readonly constantArrivalRate: OpenLoopData }
  | { readonly poisson: OpenLoopData }
  | { readonly rampingArrivalRate: RampingData }
  | { readonly spike: SpikeData }
  | { readonly bursts: BurstsData }
  | { readonly diurnal: DiurnalData }
  | { readonly replay: ReplayData }
  | { readonly closedLoop: ClosedLoopData }
