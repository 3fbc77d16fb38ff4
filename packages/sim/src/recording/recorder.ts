import { hashText } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import type { CallListener } from './call-listener.ts'
import { CallStory } from './call-story.ts'
import { DetailRecorder } from './detail-recorder.ts'
import type { Diary } from './diary.ts'
import { EdgeStats } from './edge-stats.ts'
import { EventLog } from './event-log.ts'
import { FactLog } from './facts.ts'
import { Ledger } from './ledger.ts'
import { ServerStats } from './server-stats.ts'
import type { ServiceRecord } from './service-record.ts'
import { Timeline, timelineStepMs } from './timeline.ts'
import type { Witness } from './witness.ts'
import { WorkloadStats } from './workload-stats.ts'

/** Everything a run measures. Nothing in here decides anything: a run is the same with or without it. */
export class Recorder {
  readonly warmupUs: number
  readonly stepUs: number
  /** What is measured is noted here and added up later: see {@link settle}. */
  readonly ledger: Ledger = new Ledger()
  readonly facts: FactLog
  readonly log: EventLog = new EventLog()
  readonly services: Map<string, ServiceRecord> = new Map()
  readonly edges: Map<string, EdgeStats> = new Map()
  readonly workloads: Map<string, WorkloadStats> = new Map()
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
        entity: hashText(name) | 0,
        facts: this.facts.open(),
        timeline: this.createTimeline(),
        instances: new Map(),
        listeners: this.#listenersOf(`service:${name}`),
      })
    }
    for (const { id } of scenario.workloads) {
      const listeners = this.#listenersOf(`workload:${id}`)
      this.workloads.set(id, new WorkloadStats(id, this.ledger, this.createTimeline(), this.warmupUs, listeners))
    }
    this.detail = options.inDetail === true ? new DetailRecorder(scenario, this.services, this.ledger) : undefined
  }

  /** Somebody wants to know of single calls all that was done for them. */
  get keepsStories(): boolean {
    return this.diary !== undefined || this.detail !== undefined
  }

  /** The story of a user's call; undefined where nobody wants it. */
  openStory(id: string): CallStory | undefined {
    const reader = this.diary?.wants(id) === true ? this.diary : undefined
    if (reader === undefined && this.detail === undefined) return undefined
    return new CallStory(id, reader, this.diary?.isExplained === true)
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
      edge = new EdgeStats(this.ledger, this.service(to), this.warmupUs, this.#listenersOf(`edge:${key}`))
      edge.isFollowed = isFollowed(edge)
      this.edges.set(key, edge)
    }
    return edge
  }

  instance(service: string, name: string, workers: number, isHeld: boolean): ServerStats {
    const { instances } = this.service(service)
    let stats = instances.get(name)
    if (stats === undefined) {
      stats = new ServerStats(this.ledger, this.warmupUs, workers, isHeld)
      instances.set(name, stats)
    }
    return stats
  }

  /** Brings all figures up to date; what reads them has to ask for it. */
  settle(): void {
    this.ledger.settle()
  }

  listen(subject: string, listener: CallListener): void {
    this.#listenersOf(subject).push(listener)
    for (const edge of this.edges.values()) edge.isFollowed = isFollowed(edge)
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

function isFollowed({ listeners, service }: EdgeStats): boolean {
  return listeners.length > 0 || service.listeners.length > 0
}
