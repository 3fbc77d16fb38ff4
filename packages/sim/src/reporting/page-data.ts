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
