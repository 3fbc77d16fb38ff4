import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { CallStats, latencyReport } from './call-stats.ts'
import { Histogram } from './histogram.ts'
import type { Recorder } from './recorder.ts'
import type {
  EdgeReport,
  PropertyReport,
  RunDocument,
  ServiceReport,
  ThresholdReport,
  WorkloadReport,
} from './run-document.ts'
import type { ServerStats } from './server-stats.ts'
import type { ServiceRecord } from './service-record.ts'
import type { WorkloadStats } from './workload-stats.ts'

/** Services whose timeline is written: the busiest, beside those that thresholds name. */
const MAX_TIMELINES = 50

/** What the run itself knows besides its recorder. */
export interface RunFacts {
  readonly versions: RunDocument['versions']
  readonly virtualMs: number
  readonly wallMs: number
  readonly events: number
  readonly isInterrupted: boolean
  readonly thresholds: readonly ThresholdReport[]
  readonly invalid: readonly string[]
  readonly properties: readonly PropertyReport[]
  /** Requests open at the end, by instance. */
  readonly open: ReadonlyMap<string, number>
  readonly allTimelines: boolean
}

/** Puts the run document together from what was recorded. */
export function buildDocument(scenario: ResolvedScenario, recorder: Recorder, run: RunFacts): RunDocument {
  const trace = recorder.facts.close(run.virtualMs * 1000)
  const services = servicesOf(scenario, recorder, run)
  return {
    schema: 'seakeep.run/1',
    scenario: scenario.name,
    seed: scenario.seed,
    versions: run.versions,
    policiesHash: scenario.policies?.hash ?? null,
    traceHash: trace.hash,
    traceHashes: trace.checkpoints.map((hash, i) => ({ atMs: ((i + 1) * recorder.stepUs) / 1000, hash })),
    virtualMs: run.virtualMs,
    wallMs: run.wallMs,
    events: run.events,
    calls: recorder.calls,
    ...(run.isInterrupted ? { interrupted: true } : {}),
    passed:
      [...run.thresholds, ...run.properties].every(({ ok }) => ok) && run.invalid.length === 0 && !run.isInterrupted,
    ...(run.invalid.length > 0 ? { invalid: run.invalid } : {}),
    services,
    edges: Object.fromEntries(
      Array.from(recorder.edges, ([name, edge]): [string, EdgeReport] => [name, edge.report()]),
    ),
    workload: Object.fromEntries(Array.from(recorder.workloads, ([id, one]) => [id, workloadReport(one)])),
    thresholds: run.thresholds,
    ...(run.properties.length > 0 ? { properties: run.properties } : {}),
    ...(scenario.swarm === undefined ? {} : { swarm: scenario.swarm }),
    timeline: { stepMs: recorder.stepUs / 1000, series: seriesOf(scenario, recorder, run.allTimelines) },
    events$: recorder.log.events,
    eventsDropped: recorder.log.dropped,
    ...(recorder.detail === undefined ? {} : { detail: recorder.detail.report(run.virtualMs * 1000) }),
  }
}

function servicesOf(scenario: ResolvedScenario, recorder: Recorder, run: RunFacts): Record<string, ServiceReport> {
  const calls = new Map<string, CallStats>()
  for (const [name, edge] of recorder.edges) {
    const to = name.slice(name.indexOf('>') + 1)
    const sum = calls.get(to) ?? new CallStats()
    sum.add(edge.calls)
    calls.set(to, sum)
  }
  return Object.fromEntries(
    scenario.services.map(({ name }): [string, ServiceReport] => [
      name,
      serviceReport(name, recorder, calls.get(name) ?? new CallStats(), scenario, run),
    ]),
  )
}

function serviceReport(
  name: string,
  recorder: Recorder,
  calls: CallStats,
  scenario: ResolvedScenario,
  run: RunFacts,
): ServiceReport {
  const record = recorder.service(name)
  const endUs = run.virtualMs * 1000
  const measuredUs = Math.max(0, endUs - scenario.warmupMs * 1000)
  const servers = [...record.instances]
  const queueing = new Histogram()
  const service = new Histogram()
  const sum = { arrivals: 0, completed: 0, errors: 0, refused: 0, open: 0 }
  const cache = { hits: 0, misses: 0 }
  let presentUs = 0
  for (const [name, stats] of servers) {
    queueing.merge(stats.queueing)
    service.merge(stats.service)
    sum.arrivals += stats.arrivals
    sum.completed += stats.completed
    sum.errors += stats.errors
    sum.refused += stats.refused
    cache.hits += stats.hits
    cache.misses += stats.misses
    sum.open += run.open.get(name) ?? 0
    presentUs += stats.present.integral(endUs)
  }
  const utilizations = servers.map(([, stats]) => utilization(stats, endUs, measuredUs))
  const { mean, p99 } = latencyReport(queueing)
  return {
    traceHash: recorder.facts.digest(record.facts),
    ...calls.report(),
    latencyMs: latencyReport(calls.latency),
    failedLatencyMs: latencyReport(calls.failedLatency),
    server: {
      ...sum,
      utilization: meanOf(utilizations),
      queueMs: { mean, p99 },
      serviceMs: { mean: latencyReport(service).mean },
      present: measuredUs === 0 ? null : presentUs / measuredUs,
      ...(cache.hits + cache.misses > 0 ? { cache } : {}),
    },
    instances: Object.fromEntries(
      servers.map(([name, stats], i) => [
        name,
        { arrivals: stats.arrivals, errors: stats.errors, utilization: utilizations[i] ?? null },
      ]),
    ),
  }
}

function utilization(stats: ServerStats, endUs: number, measuredUs: number): number | null {
  if (!Number.isFinite(stats.workers) || measuredUs === 0) return null
  return stats.busyUs(endUs) / (stats.workers * measuredUs)
}

/** The mean over instances, which all have as many workers; null where they have no limit. */
function meanOf(utilizations: readonly (number | null)[]): number | null {
  let sum = 0
  for (const one of utilizations) {
    if (one === null) return null
    sum += one
  }
  return utilizations.length === 0 ? null : sum / utilizations.length
}

function workloadReport(record: WorkloadStats): WorkloadReport {
  const { calls, judgedByMs } = record
  const deadlineMs = Number.isFinite(judgedByMs) ? judgedByMs : null
  return { ...calls.report(), deadlineMs, latencyMs: latencyReport(calls.latency) }
}

function seriesOf(
  scenario: ResolvedScenario,
  recorder: Recorder,
  all: boolean,
): Record<string, readonly (number | null)[]> {
  const series: Record<string, readonly (number | null)[]> = {}
  for (const [id, { timeline }] of recorder.workloads) {
    series[`${id}.goodput`] = timeline.goodput()
    series[`${id}.offered`] = timeline.offeredRate()
  }
  for (const record of timelinesOf(scenario, recorder, all)) {
    series[`${record.name}.goodput`] ??= record.timeline.goodput()
    series[`${record.name}.offered`] ??= record.timeline.offeredRate()
  }
  return series
}

function timelinesOf(scenario: ResolvedScenario, recorder: Recorder, all: boolean): Iterable<ServiceRecord> {
  if (all) return recorder.services.values()
  const offered = new Map<ServiceRecord, number>()
  for (const record of recorder.services.values()) {
    offered.set(
      record,
      record.timeline.offered.reduce((sum, one) => sum + one, 0),
    )
  }
  const busiest = [...offered].sort((a, b) => b[1] - a[1]).slice(0, MAX_TIMELINES)
  const chosen = new Set(busiest.map(([record]) => record))
  for (const { subject } of scenario.thresholds) {
    if (subject.kind === 'service') chosen.add(recorder.service(subject.service))
  }
  return chosen
}
