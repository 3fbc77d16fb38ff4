import type { RunDetail } from './run-detail.ts'

/** The run document (`seakeep.run/1`): everything a run has measured, as `--json` writes it. */
export interface RunDocument {
  readonly schema: 'seakeep.run/1'
  readonly scenario: string
  readonly seed: number
  readonly versions: { readonly seakeep: string; readonly node: string; readonly v8: string }
  readonly policiesHash: string | null
  readonly traceHash: string
  readonly traceHashes: readonly { readonly atMs: number; readonly hash: string }[]
  /** How far virtual time got: the duration, unless the run was interrupted. */
  readonly virtualMs: number
  readonly wallMs: number
  readonly events: number
  readonly calls: number
  /** True where the run was interrupted; the figures cover what was measured until then. */
  readonly interrupted?: boolean
  readonly passed: boolean
  /** Faults before whose start a steady-state threshold failed already: the experiment is invalid (exit 5). */
  readonly invalid?: readonly string[]
  readonly services: Readonly<Record<string, ServiceReport>>
  readonly edges: Readonly<Record<string, EdgeReport>>
  readonly workload: Readonly<Record<string, WorkloadReport>>
  readonly thresholds: readonly ThresholdReport[]
  /** What must hold always, at last or at some time, and invariants: only where some were asked for. */
  readonly properties?: readonly PropertyReport[]
  /** The faults that were drawn for this seed; only with swarm. */
  readonly swarm?: readonly string[]
  readonly timeline: { readonly stepMs: number; readonly series: Readonly<Record<string, readonly (number | null)[]>> }
  readonly events$: readonly RunEvent[]
  readonly eventsDropped: number
  /** What pictures are drawn from: only where it was asked for. */
  readonly detail?: RunDetail
}

export interface Conservation {
  readonly offered: number
  readonly succeeded: number
  readonly failed: number
  readonly rejected: number
  readonly cancelled: number
  readonly inFlight: number
  /** Succeeded within the deadline over offered; null where nothing was offered. */
  readonly goodput: number | null
}

export interface LatencyReport {
  readonly mean: number | null
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

export interface ServiceReport extends Conservation {
  readonly traceHash: string
  readonly latencyMs: LatencyReport
  readonly failedLatencyMs: LatencyReport
  readonly server: {
    readonly arrivals: number
    readonly completed: number
    readonly errors: number
    readonly refused: number
    /** Open at the end. */
    readonly open: number
    /** Share of the workers' time, or of the event loop's, that was taken; null without `concurrency` and event loop. */
    readonly utilization: number | null
    readonly queueMs: { readonly mean: number | null; readonly p99: number | null }
    readonly serviceMs: { readonly mean: number | null }
    /** Mean number present (Little's L), over the measured time. */
    readonly present: number | null
    /** Of the requests that were looked up in caches; not there where none was. */
    readonly cache?: { readonly hits: number; readonly misses: number }
  }
  readonly instances: Readonly<
    Record<string, { readonly arrivals: number; readonly errors: number; readonly utilization: number | null }>
  >
}

export interface EdgeReport {
  readonly calls: number
  readonly attempts: number
  /** Attempts over calls that sent at least one; null where none was sent. */
  readonly amplification: number | null
  readonly outcomes: Readonly<Record<string, number>>
  readonly attemptOutcomes: Readonly<Record<string, number>>
  readonly latencyMs: LatencyReport
}

export interface WorkloadReport extends Conservation {
  /** What goodput was judged by, in milliseconds; null for no deadline. */
  readonly deadlineMs: number | null
  readonly latencyMs: LatencyReport
}

export interface ThresholdReport {
  readonly metric: string
  readonly expression: string
  readonly value: number | null
  readonly ok: boolean
}

export interface PropertyReport {
  readonly kind: 'always' | 'eventually' | 'sometimes' | 'invariant'
  /** As written: `gateway.goodput ratio>=0.9 from 10s`, `circuitOpened`, `noCallToDead 5s`. */
  readonly property: string
  readonly ok: boolean
  /**
   * Always: the figure where it did not hold first. Eventually: after how many ms it held; null for never. Sometimes: how
   * often. An invariant: how often it was broken.
   */
  readonly value: number | null
  /** When it was broken first, or (sometimes) when it was so first. */
  readonly atMs?: number
  /** Who broke it: `client#1>payments`, `payments#2`. */
  readonly subject?: string
  /** The user's call that it happened to, as `explain --call` takes it. */
  readonly call?: string
  /** In words. */
  readonly why?: string
}

export interface RunEvent {
  readonly atMs: number
  readonly type: string
  readonly [detail: string]: unknown
}
