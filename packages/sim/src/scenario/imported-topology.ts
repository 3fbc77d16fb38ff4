/**
 * A service graph that was written for another tool, in our data form. It says who calls whom and where load enters,
 * but not how much: a scenario without a workload of its own gets this one.
 */
import type { TopologyData, WorkloadData } from './scenario-data.ts'

export class ImportedTopology {
  readonly topology: TopologyData
  /** Where load enters, with its shares. */
  readonly entries: readonly { readonly service: string; readonly share: number }[]
  /** What was renamed, guessed or left out. */
  readonly warnings: readonly string[]

  constructor(
    topology: TopologyData,
    entries: readonly { readonly service: string; readonly share: number }[],
    warnings: readonly string[],
  ) {
    this.topology = topology
    this.entries = entries
    this.warnings = warnings
  }

  /** Independent arrivals over all entries by their share. */
  workload(ratePerSecond: number): WorkloadData {
    const [only, ...others] = this.entries
    const to = only !== undefined && others.length === 0 ? only.service : this.entries
    return { poisson: { to, rate: ratePerSecond } }
  }
}

/** What a topology is run with when nothing else is said (a bare run of a foreign file). */
export const BARE_RATE_PER_SECOND = 100
export const BARE_WARMUP_MS = 5000
