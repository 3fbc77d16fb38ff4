/** The detail of a run; of a document that was written without it, what its timeline says. */
import type { FaultDetail, RunDetail, WorkloadDetail } from '../../src/recording/run-detail.ts'
import type { RunDocument } from '../../src/recording/run-document.ts'

export type {
  CallDetail,
  CallSpanDetail,
  FaultDetail,
  RunDetail,
  WorkloadDetail,
} from '../../src/recording/run-detail.ts'
export type { RunDocument, RunEvent, ThresholdReport } from '../../src/recording/run-document.ts'
export type { ComparisonData, PageData, PageRun, SeedLine } from '../../src/reporting/page-data.ts'

/** A value a step; null where there is none. */
export type Series = readonly (number | null)[]

export function detailOf(run: RunDocument): RunDetail {
  if (run.detail !== undefined) return run.detail
  const { stepMs, series } = run.timeline
  const workload = Object.keys(run.workload).map((id): [string, WorkloadDetail] => {
    const offered = (series[`${id}.offered`] ?? []).map((rate) => Math.round(((rate ?? 0) * stepMs) / 1000))
    const goodput = series[`${id}.goodput`] ?? []
    const good = offered.map((n, step) => Math.round(n * (goodput[step] ?? 0)))
    const none: null[] = offered.map(() => null)
    const heat = { lowestMs: 1, perOctave: 1, steps: offered.map(() => []) }
    return [id, { target: id, offered, good, endings: {}, p50: none, p95: none, p99: none, heat }]
  })
  return {
    stepMs,
    durationMs: run.virtualMs,
    warmupMs: 0,
    faults: faultsOf(run),
    services: Object.fromEntries(
      Object.entries(run.services).map(([name, { instances }]) => [
        name,
        { replicas: Object.keys(instances).length, concurrency: null },
      ]),
    ),
    edges: Object.fromEntries(Object.keys(run.edges).map((name) => [name, { calls: [], bad: [] }])),
    workload: Object.fromEntries(workload),
    limits: {},
    calls: [],
  }
}

/** From the events, which name them but not whom they strike. */
function faultsOf(run: RunDocument): FaultDetail[] {
  const faults: { label: string; kind: string; atMs: number; untilMs: number | null; services: string[] }[] = []
  for (const { type, atMs, fault } of run.events$) {
    const label = String(fault ?? '')
    if (type === 'faultBegan')
      faults.push({ label, kind: label.split(' ')[0] ?? '', atMs, untilMs: null, services: [] })
    if (type !== 'faultEnded') continue
    const open = faults.find((one) => one.label === label && one.untilMs === null)
    if (open !== undefined) open.untilMs = atMs
  }
  return faults
}
