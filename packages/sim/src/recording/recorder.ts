import { hashText } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { TraceHash } from '../kernel/trace-hash.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import type { CallListener } from './call-listener.ts'
import { CallStats } from './call-stats.ts'
import { DetailRecorder } from './detail-recorder.ts'
import type { Diary } from './diary.ts'
import { EdgeStats } from './edge-stats.ts'
import { EventLog } from './event-log.ts'
import { FactLog } from './facts.ts'
import { ServerStats } from './server-stats.ts'
import { Timeline, timelineStepMs } from './timeline.ts'
import type { Witness } from './witness.ts'

/** All that is kept of one service of the topology. */
export interface ServiceRecord {
  readonly name: string
  readonly entity: number
  readonly hash: TraceHash
  readonly timeline: Timeline
  /** By instance name, in order of number. */
  readonly instances: Map<string, ServerStats>
  /** Who follows its calls. */
  readonly listeners: readonly CallListener[]
}

export interface WorkloadRecord {
  readonly id: string
  readonly calls: CallStats
  readonly timeline: Timeline
  /** What goodput is judged by; `Infinity` for nothing. */
  judgedByMs: number
  readonly listeners: readonly CallListener[]
}

/** Everything a run measures. Nothing in here decides anything: a run is the same with or without it. */
export class Recorder {
  readonly warmupUs: number
  readonly stepUs: number
  readonly facts: FactLog
  readonly log: EventLog = new EventLog()
  readonly services: Map<string, ServiceRecord> = new Map()
  readonly edges: Map<string, EdgeStats> = new Map()
  readonly workloads: Map<string, WorkloadRecord> = new Map()
  /** Step by step, and the worst calls whole; undefined where nobody asked for it, which then costs nothing. */
  readonly detail: DetailRecorder | undefined
  calls = 0
  /** Who keeps the stories of single calls; nobody, unless they are asked for. */
  diary: Diary | undefined = undefined
  /** Who watches whether invariants hold; nobody, unless one is asked for. */
  witness: Required<Witness> | undefined = undefined
  /** Where virtual time ended: the duration, unless the run was interrupted. */
  endUs: number
  readonly #durationUs: number
  /** By subject, a service, an edge `a>b` or a workload: the very list that its record has, so that no call looks it up. */
  readonly #listeners: Map<string, CallListener[]> = new Map()

  constructor(scenario: ResolvedScenario, kernel: Kernel, options: { readonly inDetail?: boolean } = {}) {
    this.warmupUs = Math.round(scenario.warmupMs * 1000)
    this.#durationUs = Math.round(scenario.durationMs * 1000)
    this.endUs = this.#durationUs
    this.stepUs = timelineStepMs(scenario.durationMs) * 1000
    this.facts = new FactLog(kernel, this.stepUs)
    for (const { name } of scenario.services) {
      this.services.set(name, {
        name,
        entity: hashText(name),
        hash: new TraceHash(),
        timeline: this.createTimeline(),
        instances: new Map(),
        listeners: this.#listenersOf(`service:${name}`),
      })
    }
    for (const { id } of scenario.workloads) {
      const judgedByMs = Number.POSITIVE_INFINITY
      const listeners = this.#listenersOf(`workload:${id}`)
      this.workloads.set(id, { id, calls: new CallStats(), timeline: this.createTimeline(), judgedByMs, listeners })
    }
    this.detail = options.inDetail === true ? new DetailRecorder(scenario, this.services) : undefined
  }

  createTimeline(): Timeline {
    return new Timeline(this.#durationUs, this.stepUs)
  }

  service(name: string): ServiceRecord {
    const record = this.services.get(name)
    if (record === undefined) throw new Error(`no service ${name} is recorded`)
    return record
  }

  edge(from: string, to: string): EdgeStats {
    const key = `${from}>${to}`
    let edge = this.edges.get(key)
    if (edge === undefined) {
      edge = new EdgeStats(this.#listenersOf(`edge:${key}`))
      this.edges.set(key, edge)
    }
    return edge
  }

  instance(service: string, name: string, workers: number): ServerStats {
    const { instances } = this.service(service)
    let stats = instances.get(name)
    if (stats === undefined) {
      stats = new ServerStats(this.warmupUs, workers)
      instances.set(name, stats)
    }
    return stats
  }

  listen(subject: string, listener: CallListener): void {
    this.#listenersOf(subject).push(listener)
  }

  #listenersOf(subject: string): CallListener[] {
    let listeners = this.#listeners.get(subject)
    if (listeners === undefined) {
      listeners = []
      this.#listeners.set(subject, listeners)
    }
    return listeners
  }
}
