/** What drains, wrong clocks and a weak registry take, as data. */
import type { Duration, Ratio } from '@seakeep/core'

export interface DrainData {
  /** How long after it is gone it comes back, as a new process. Default: it stays away. */
  readonly restartAfter?: Duration
}

/** At least one of `offset`, `drift` and `step`. */
export interface ClockSkewData {
  /** How far the wall clock is off, below 0 for behind; put right at the end. */
  readonly offset?: Duration
  /**
   * By how many millionths the clock runs faster, below 0 for slower: monotonic time and timers, too. What the wall clock
   * gains is put right at the end. From -500,000 to 1,000,000.
   */
  readonly drift?: number
  /** How far the wall clock jumps, below 0 for back; it stays there. */
  readonly step?: Duration
  /** Default: to the end of the run. */
  readonly for?: Duration
}

/** The registry shows nothing new, to those who ask for the first time as well. Leases run on behind it. */
export interface RegistryStaleData {
  readonly for?: Duration
}
export interface RegistryFlapData {
  /** Period: gone from the lists for the first half of it, there for the second. Required, above 0. */
  readonly every: Duration
  readonly for?: Duration
}
/** Lists miss a share of each service's instances, to the nearest whole one. */
export interface RegistryPartialData {
  readonly ratio: Ratio
  /** Whose lists. Default all. */
  readonly services?: readonly string[]
  readonly for?: Duration
}
/** The registry has lost its data and lists nobody, not even who registers anew; those are there when it is over. */
export interface RegistryEmptyData {
  readonly for?: Duration
}
/** Who is in these zones, or of these services, cannot reach the registry: it hears nothing, and its lease runs out. */
export interface RegistryPartitionData {
  readonly zones?: readonly string[]
  readonly services?: readonly string[]
  readonly for?: Duration
}
