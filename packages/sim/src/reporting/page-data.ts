/** What the page of the HTML report is given: written into the page, read by `viewer`. */
import type { RunDocument, ThresholdReport } from '../recording/run-document.ts'

export interface PageData {
  readonly schema: 'seakeep.report/1'
  /** The run that is shown. */
  readonly run: PageRun
  /** Laid under it, to compare with. */
  readonly base?: PageRun
  /** All seeds the scenario was run with, this one included; absent for a single one. */
  readonly seeds?: readonly SeedLine[]
  /** The same of `base`. */
  readonly baseSeeds?: readonly SeedLine[]
  /** What all seeds of both sides came to, where they were compared. */
  readonly comparison?: ComparisonData
}

/** A comparison in words: as the terminal prints it, so the page does. */
export interface ComparisonData {
  readonly verdict: string
  readonly tone: 'good' | 'bad' | 'warn'
  /** `seeds 1 to 20` */
  readonly seeds: string
  /** How sure the intervals are. */
  readonly intervalTitle: string
  readonly lines: readonly ComparedLine[]
}

/** A figure on both sides. */
export interface ComparedLine {
  readonly sign: string
  readonly tone: 'good' | 'bad' | 'warn' | 'dim'
  readonly figure: string
  readonly base: string
  readonly head: string
  readonly difference: string
  readonly interval: string
  /** In how many seeds the head is better. */
  readonly better: string
  readonly verdict: string
}

export interface PageRun {
  /** What it is called where two are shown: `head`, `policies.yaml`. */
  readonly label: string
  /** The command that makes it again. */
  readonly replay?: string
  readonly run: RunDocument
}

/** One seed, as far as it is shown beside the others. */
export interface SeedLine {
  readonly seed: number
  readonly passed: boolean
  readonly traceHash: string
  readonly thresholds: readonly ThresholdReport[]
  readonly stepMs: number
  /** Goodput of each workload, step by step. */
  readonly goodput: Readonly<Record<string, readonly (number | null)[]>>
}
