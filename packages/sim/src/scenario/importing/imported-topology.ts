/**
 * A service graph that was written for another tool, in our data form. It says who calls whom and where load enters,
 * but not how much: a scenario without a workload of its own gets this one.
 */
import type { DistributionData } from '../../model/distributions.ts'
import type { TopologyData } from '../scenario-data.ts'
import type { WorkloadData } from '../workload-data.ts'

/** Where load enters: `orders`, or `orders/POST /charges`. */
export interface ImportedEntry {
  readonly service: string
  readonly share: number
}

export interface ImportedExtras {
  /** What was found out, and how; whole sentences. */
  readonly inferred?: readonly string[]
  /** What the file does not say, and what stands for it. */
  readonly guessed?: readonly string[]
  /** A line on single services, for whoever reads the result. */
  readonly remarks?: ReadonlyMap<string, string>
  /** Where the file tells something of the network. */
  readonly latency?: DistributionData
  /** Where calls go in circles. */
  readonly maxDepth?: number
  /** The same with the lengths of messages, where the file tells them: for a network that has a bandwidth. */
  readonly sized?: (() => ImportedTopology) | undefined
}

export class ImportedTopology {
  readonly topology: TopologyData
  readonly entries: readonly ImportedEntry[]
  /** What was renamed or left out, and what a reader of results should know. */
  readonly warnings: readonly string[]
  readonly inferred: readonly string[]
  readonly guessed: readonly string[]
  readonly remarks: ReadonlyMap<string, string>
  readonly latency: DistributionData | undefined
  readonly maxDepth: number | undefined
  readonly #sized: (() => ImportedTopology) | undefined

  constructor(
    topology: TopologyData,
    entries: readonly ImportedEntry[],
    warnings: readonly string[],
    extras: ImportedExtras = {},
  ) {
    this.topology = topology
    this.entries = entries
    this.warnings = warnings
    this.inferred = extras.inferred ?? []
    this.guessed = extras.guessed ?? []
    this.remarks = extras.remarks ?? new Map()
    this.latency = extras.latency
    this.maxDepth = extras.maxDepth
    this.#sized = extras.sized
  }

  /** With the lengths of messages, which count where the network has a bandwidth. */
  withSizes(): ImportedTopology {
    return this.#sized?.() ?? this
  }

  /** Independent arrivals over all entries by their share. */
  workload(ratePerSecond: number): WorkloadData {
    const [only, ...others] = this.entries
    const to = only !== undefined && others.length === 0 ? only.service : this.entries
    return { poisson: { to, rate: ratePerSecond, ...(this.maxDepth === undefined ? {} : { maxDepth: this.maxDepth }) } }
  }
}

/** What a topology is run with when nothing else is said (a bare run of a foreign file). */
export const BARE_RATE_PER_SECOND = 100
export const BARE_WARMUP_MS = 5000
/** How deep calls go where they go in circles, unless more was seen. */
export const BARE_MAX_DEPTH = 20
