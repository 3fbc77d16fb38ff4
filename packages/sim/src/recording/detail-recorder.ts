/**
 * Records a run in detail: what the recorder counts in all, here step by step, and the worst calls whole. It looks on and
 * sets no timers: a step is closed by the first thing that happens after it, so that a run goes the same way, and has the
 * same trace and the same number of events, with and without it.
 */

import type { ResolvedFault, ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { endText } from '../scenario/resolving/link-ends.ts'
import type { CallStory } from './call-story.ts'
import type { Ledger } from './ledger.ts'
import type { EdgeDetail, FaultDetail, LimitDetail, RunDetail, ServiceDetail, WorkloadDetail } from './run-detail.ts'
import type { ServerStats } from './server-stats.ts'
import { StepLatencies } from './step-latencies.ts'
import { WorstCalls } from './worst-calls.ts'

/** Steps of the series: fewer where many services share the document. */
const MOST_STEPS = 300
const MOST_STEPS_OF_MANY = 120
const MANY_SERVICES = 150
/** Edges written with every series, services with their presence: the worst and busiest. */
const MOST_FULL = 120
const STEPS_MS = [100, 250, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000]

export function detailStepMs(durationMs: number, services: number): number {
  const most = services > MANY_SERVICES ? MOST_STEPS_OF_MANY : MOST_STEPS
  const fitting = STEPS_MS.find((stepMs) => durationMs / stepMs <= most)
  return fitting ?? Math.ceil(durationMs / most / 60_000) * 60_000
}

/** How full the limits of callers are at this instant, by edge. */
export type LimitReader = (tell: (edge: string, limit: number, inFlight: number, queued: number) => void) => void

/** What of a service is looked at: its instances. */
interface Recorded {
  readonly instances: ReadonlyMap<string, ServerStats>
}

/** A call as it is recorded: what {@link DetailRecorder} needs to know of it. */
export interface RecordedCall {
  readonly edgeName: string
  readonly workloadId: string | undefined
  readonly key: number
  readonly offeredUs: number
  readonly isMeasured: boolean
  readonly story: CallStory | undefined
}

export class DetailRecorder {
  readonly stepMs: number
  readLimits: LimitReader = () => {}
  readonly #scenario: ResolvedScenario
  readonly #services: ReadonlyMap<string, Recorded>
  readonly #stepUs: number
  readonly #steps: number
  readonly #edges: Map<string, EdgeSeries> = new Map()
  readonly #workloads: Map<string, WorkloadSeries> = new Map()
  readonly #limits: Map<string, LimitSeries> = new Map()
  readonly #ledger: Ledger
  readonly #presence: Map<string, Presence> = new Map()
  readonly #worst: WorstCalls
  #step = 0
  #nextUs: number

  constructor(scenario: ResolvedScenario, services: ReadonlyMap<string, Recorded>, ledger: Ledger) {
    this.#ledger = ledger
    this.#scenario = scenario
    this.#services = services
    this.stepMs = detailStepMs(scenario.durationMs, scenario.services.length)
    this.#stepUs = this.stepMs * 1000
    this.#steps = Math.max(1, Math.ceil(scenario.durationMs / this.stepMs))
    this.#nextUs = this.#stepUs
    this.#worst = new WorstCalls(scenario.durationMs * 1000)
    for (const { id } of scenario.workloads) this.#workloads.set(id, new WorkloadSeries(this.#steps))
    for (const name of services.keys()) this.#presence.set(name, new Presence(this.#steps))
  }

  /** A call is offered. Calls of users, and those made for them, are followed. */
  open(call: RecordedCall): void {
    this.#tick(call.offeredUs)
    const step = this.#stepOf(call.offeredUs)
    this.#edge(call.edgeName).calls[step]! += 1
    if (call.workloadId !== undefined) this.#workloads.get(call.workloadId)!.offered[step]! += 1
  }

  send(edgeName: string, nowUs: number): void {
    this.#tick(nowUs)
    this.#edge(edgeName).attempts[this.#stepOf(nowUs)]! += 1
  }

  end(call: RecordedCall, nowUs: number, ending: string, isGood: boolean): void {
    this.#tick(nowUs)
    const step = this.#stepOf(call.offeredUs)
    const edge = this.#edge(call.edgeName)
    if (ending === 'ok') edge.latencies.record(step, nowUs - call.offeredUs)
    else edge.ended(step, ending)
    if (call.workloadId === undefined) return
    const workload = this.#workloads.get(call.workloadId)!
    if (ending === 'ok') workload.latencies.record(step, nowUs - call.offeredUs)
    if (isGood) workload.good[step]! += 1
    else count(workload.endings, ending === 'ok' ? 'late' : ending, step, this.#steps)
    if (call.story === undefined) return
    this.#worst.offer({ story: call.story, workload: call.workloadId, isGood }, ending, call.isMeasured)
  }

  report(endUs: number): RunDetail {
    this.#tick(endUs)
    if (endUs > this.#nextUs - this.#stepUs) this.#close(endUs)
    const { durationMs, warmupMs, faults } = this.#scenario
    return {
      stepMs: this.stepMs,
      durationMs,
      warmupMs,
      faults: faults.map((fault) => faultDetail(fault, this.#scenario)),
      services: this.#serviceDetails(),
      edges: this.#edgeDetails(),
      workload: Object.fromEntries(
        this.#scenario.workloads.map(({ id, to }) => [id, this.#workloads.get(id)!.detail(to[0]?.service ?? '')]),
      ),
      limits: Object.fromEntries(Array.from(this.#limits, ([name, one]) => [name, one.detail()])),
      calls: this.#worst.details(this.#scenario.policies),
    }
  }

  /** Closes the steps that have passed. */
  #tick(nowUs: number): void {
    while (nowUs >= this.#nextUs && this.#step < this.#steps) this.#close(nowUs)
  }

  #close(nowUs: number): void {
    const step = this.#step
    this.#ledger.settle()
    for (const [name, presence] of this.#presence) presence.close(step, nowUs, this.#services.get(name)!)
    this.readLimits((edge, limit, inFlight, queued) => {
      let series = this.#limits.get(edge)
      if (series === undefined) {
        series = new LimitSeries(this.#steps)
        this.#limits.set(edge, series)
      }
      series.add(step, limit, inFlight, queued)
    })
    this.#step += 1
    this.#nextUs += this.#stepUs
  }

  #stepOf(us: number): number {
    return Math.min(this.#steps - 1, Math.floor(us / this.#stepUs))
  }

  #edge(name: string): EdgeSeries {
    let edge = this.#edges.get(name)
    if (edge === undefined) {
      edge = new EdgeSeries(this.#steps)
      this.#edges.set(name, edge)
    }
    return edge
  }

  #serviceDetails(): Record<string, ServiceDetail> {
    const arrivals = ({ name }: { readonly name: string }): number => sumOf(this.#presence.get(name)!.mean)
    const full = new Set([...this.#scenario.services].sort((a, b) => arrivals(b) - arrivals(a)).slice(0, MOST_FULL))
    return Object.fromEntries(
      this.#scenario.services.map((service): [string, ServiceDetail] => [
        service.name,
        {
          replicas: service.replicas,
          concurrency: Number.isFinite(service.concurrency) ? service.concurrency : null,
          ...(full.has(service) ? { present: Array.from(this.#presence.get(service.name)!.mean, rounded) } : {}),
        },
      ]),
    )
  }

  #edgeDetails(): Record<string, EdgeDetail> {
    // What went wrong comes first, then what was busy.
    const weight = (edge: EdgeSeries): number => sumOf(edge.bad) * 1000 + sumOf(edge.attempts)
    const sorted = [...this.#edges.values()].sort((a, b) => weight(b) - weight(a))
    const full = new Set(sorted.slice(0, MOST_FULL))
    return Object.fromEntries(Array.from(this.#edges, ([name, edge]) => [name, edge.detail(full.has(edge))]))
  }
}

class EdgeSeries {
  readonly calls: Uint32Array
  readonly bad: Uint32Array
  readonly attempts: Uint32Array
  readonly latencies: StepLatencies
  readonly #endings: Map<string, Uint32Array> = new Map()

  constructor(steps: number) {
    this.calls = new Uint32Array(steps)
    this.bad = new Uint32Array(steps)
    this.attempts = new Uint32Array(steps)
    this.latencies = new StepLatencies(steps, 4)
  }

  ended(step: number, ending: string): void {
    this.bad[step]! += 1
    count(this.#endings, ending, step, this.bad.length)
  }

  detail(isFull: boolean): EdgeDetail {
    const least = { calls: [...this.calls], bad: [...this.bad] }
    if (!isFull) return least
    return {
      ...least,
      attempts: [...this.attempts],
      p50: this.latencies.quantiles(0.5),
      p99: this.latencies.quantiles(0.99),
      endings: plain(this.#endings),
    }
  }
}

class WorkloadSeries {
  readonly offered: Uint32Array
  readonly good: Uint32Array
  readonly endings: Map<string, Uint32Array> = new Map()
  readonly latencies: StepLatencies

  constructor(steps: number) {
    this.offered = new Uint32Array(steps)
    this.good = new Uint32Array(steps)
    this.latencies = new StepLatencies(steps, 8)
  }

  detail(target: string): WorkloadDetail {
    const { latencies } = this
    return {
      target,
      offered: [...this.offered],
      good: [...this.good],
      endings: plain(this.endings),
      p50: latencies.quantiles(0.5),
      p95: latencies.quantiles(0.95),
      p99: latencies.quantiles(0.99),
      heat: latencies.heat(2),
    }
  }
}

class LimitSeries {
  readonly #limit: (number | null)[]
  readonly #inFlight: (number | null)[]
  readonly #queued: (number | null)[]

  constructor(steps: number) {
    this.#limit = new Array(steps).fill(null)
    this.#inFlight = new Array(steps).fill(null)
    this.#queued = new Array(steps).fill(null)
  }

  add(step: number, limit: number, inFlight: number, queued: number): void {
    this.#limit[step] = (this.#limit[step] ?? 0) + limit
    this.#inFlight[step] = (this.#inFlight[step] ?? 0) + inFlight
    this.#queued[step] = (this.#queued[step] ?? 0) + queued
  }

  detail(): LimitDetail {
    return { limit: this.#limit, inFlight: this.#inFlight, queued: this.#queued }
  }
}

/** The mean number of requests at a service's instances, of each step. */
class Presence {
  readonly mean: Float64Array
  #integral = 0
  #sinceUs = 0

  constructor(steps: number) {
    this.mean = new Float64Array(steps)
  }

  close(step: number, nowUs: number, record: Recorded): void {
    let integral = 0
    for (const stats of record.instances.values()) integral += stats.presentSinceStart.integral(nowUs)
    if (nowUs > this.#sinceUs) this.mean[step] = (integral - this.#integral) / (nowUs - this.#sinceUs)
    // Several steps closed at one instant: nothing has happened in any of them.
    else if (step > 0) this.mean[step] = this.mean[step - 1]!
    this.#integral = integral
    this.#sinceUs = nowUs
  }
}

function count(endings: Map<string, Uint32Array>, ending: string, step: number, steps: number): void {
  let counts = endings.get(ending)
  if (counts === undefined) {
    counts = new Uint32Array(steps)
    endings.set(ending, counts)
  }
  counts[step]! += 1
}

function plain(endings: ReadonlyMap<string, Uint32Array>): Record<string, number[]> {
  return Object.fromEntries(Array.from(endings, ([ending, counts]) => [ending, [...counts]]))
}

function sumOf(values: Uint32Array | Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

function rounded(value: number): number {
  return value < 100 ? Math.round(value * 10) / 10 : Math.round(value)
}

function faultDetail(fault: ResolvedFault, { services }: ResolvedScenario): FaultDetail {
  const { label, kind, atMs, untilMs } = fault
  const common = { label, kind, atMs, untilMs: Number.isFinite(untilMs) ? untilMs : null }
  if (!('target' in fault)) return { ...common, services: [] }
  const { target } = fault
  switch (target.kind) {
    case 'service':
      return { ...common, services: [target.service] }
    case 'instance':
      return { ...common, services: [target.service], instance: `${target.service}#${target.number}` }
    case 'edge':
      return { ...common, services: [target.to], edge: `${target.from}>${target.to}` }
    case 'link':
      return { ...common, services: [], edge: `${endText(target.from)}>${endText(target.to)}` }
    case 'zone':
      return { ...common, services: services.filter(({ zones }) => zones.includes(target.zone)).map((one) => one.name) }
  }
}
