/** The data form of a scenario's network and of the faults that strike it; see `scenario-data.ts`. */
import type { Duration, Ratio } from '@seakeep/core'
import type { DistributionData } from '../model/distributions.ts'
import type { Bandwidth } from './resolving/byte-fields.ts'

/** Of all ways, as far as `between` says nothing else of some. */
export interface NetworkData extends LinkData {
  /**
   * By way, one direction each: an edge `orders>payments` (its replies go `payments>orders`), `zone:a>zone:b`, or with `*` at
   * one end. Field by field the most specific entry counts: names before zones before `*`.
   */
  readonly between?: Readonly<Record<string, LinkData>>
}

export interface LinkData {
  /** Delay of a message, each way. Default 0.5 ms. */
  readonly latency?: DistributionData
  /** Share of the messages lost, or `{ ratio, burst }`; only a timeout notices. Default 0. */
  readonly loss?: LossData
  /** Share of the requests that arrive twice. Default 0. */
  readonly duplicate?: Ratio
  /**
   * Messages go one after the other, each for its length over this. Of the network itself it is that of each direction of
   * each edge; an entry of `between` is one link for all it speaks of. Default unlimited.
   */
  readonly bandwidth?: Bandwidth
}

/**
 * A share of the messages, each lost by itself; or with `burst`, the mean number that is lost in a row: at least what a
 * row is without bursts, `1 / (1 - ratio)`.
 */
export type LossData = Ratio | { readonly ratio: Ratio; readonly burst?: number }

export interface PartitionData {
  /** How long it lasts. Default: to the end of the run. */
  readonly for?: Duration
  /**
   * Which messages are lost. `both` (default); of an edge `a>b` those from a (`to`) or those from b (`from`) alone; of a
   * service, instance or zone those to it, or those from it.
   */
  readonly direction?: 'both' | 'to' | 'from'
  /**
   * Whether who is cut off does not reach the registry, either: its lease runs out and it hears of no change. Default true;
   * not of edges, which do not lead there.
   */
  readonly registry?: boolean
}

export interface LossFaultData {
  /** How long it lasts. Default: to the end of the run. */
  readonly for?: Duration
  /** Share of the messages that are lost. Default 1. */
  readonly ratio?: Ratio
  /** How many are lost in a row, on average; at least `1 / (1 - ratio)`. Default: each is lost by itself. */
  readonly burst?: number
}

export interface DuplicateData {
  /** How long it lasts. Default: to the end of the run. */
  readonly for?: Duration
  /** Share of the requests that arrive twice. Default 1. */
  readonly ratio?: Ratio
}

export interface BandwidthData {
  /** How long it lasts. Default: to the end of the run. */
  readonly for?: Duration
  /** What is left: on a way for its direction, else for all that comes to the target, and as much for all that leaves it. */
  readonly to: Bandwidth
}

export interface ResetData {
  /** How long it lasts. Default: to the end of the run. */
  readonly for?: Duration
  /** Share of the attempts whose connection is reset, drawn for each. Default 1. */
  readonly ratio?: Ratio
}
