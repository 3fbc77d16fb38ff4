import type { CallOutcome, CallRequest, CallSink, StartOptions } from '@seakeep/core/spi'
import type { CallListener } from '../recording/call-listener.ts'
import type { AttemptSpan, CallSpan } from '../recording/call-span.ts'
import type { AttemptStory, CallStory } from '../recording/call-story.ts'
import type { EdgeStats } from '../recording/edge-stats.ts'
import { endingNumber, Fact } from '../recording/facts.ts'
import type { ServiceRecord, WorkloadRecord } from '../recording/recorder.ts'
import type { OpenCall } from './open-call.ts'
import type { Surroundings } from './surroundings.ts'
import type { VirtualHost } from './virtual-host.ts'

/** Who made a call, and goes on when it has ended. */
export interface CallOwner {
  onCallEnd(call: SimCall, outcome: CallOutcome): void
}

/** Where a call comes from: what it inherits. */
export interface Inherited {
  readonly key: number
  /** The instant goodput is judged by, in µs; `Infinity` for none. */
  readonly judgeUs: number
  /** The deadline that is passed down, in ms of virtual time; `Infinity` for none. */
  readonly deadlineMs: number
  readonly depth: number
  readonly maxDepth: number
  /** Which attempt of its caller's the work is for. */
  readonly attempt: number
  /** Named by the call that all this is done for; passed down. */
  readonly priority: string | undefined
  /** Routing and rate-limit key: of a workload's own calls only. */
  readonly routingKey: string | undefined
  /** The attempt it is made for, where a run is recorded in detail. */
  readonly span?: AttemptSpan | undefined
  /** The user's call that all this is done for, where somebody watches. */
  readonly root?: string | undefined
  /** Where its story belongs, if stories are kept: the attempt it is made for, or its own. */
  readonly story: AttemptStory | CallStory | undefined
}

/** What a call inherits that nobody's work led to. */
export const ROOT: Inherited = {
  key: 0,
  judgeUs: Number.POSITIVE_INFINITY,
  deadlineMs: Number.POSITIVE_INFINITY,
  depth: 1,
  maxDepth: Number.POSITIVE_INFINITY,
  attempt: 1,
  priority: undefined,
  routingKey: undefined,
  story: undefined,
}

/**
 * One call of the simulated world, on its way through the production pipeline: it is the request that is sent, the sink
 * that is told the outcome, and the line in the books.
 */
export class SimCall implements CallRequest, CallSink, OpenCall {
  readonly method: string | undefined
  readonly body: unknown
  readonly world: Surroundings
  readonly host: VirtualHost
  readonly service: string
  readonly key: number
  readonly judgeUs: number
  readonly depth: number
  readonly maxDepth: number
  readonly routingKey: string | undefined
  readonly deadlineMs: number
  readonly root: string | undefined
  readonly offeredUs: number
  readonly edge: EdgeStats
  readonly record: ServiceRecord
  /** The workload whose user made it; undefined for calls between services. */
  readonly workload: WorkloadRecord | undefined
  /** Offered after the warm-up: counts in the figures. */
  readonly isMeasured: boolean
  /** Undefined unless stories are kept. */
  readonly story: CallStory | undefined
  sent = 0
  /** Where a run is recorded in detail: what is written down of it. */
  readonly span: CallSpan | undefined
  /** For the owner: its failure does not fail the request it is made for. */
  isOptional = false
  olderCall: OpenCall | undefined = undefined
  newerCall: OpenCall | undefined = undefined
  readonly #owner: CallOwner

  constructor(
    world: Surroundings,
    host: VirtualHost,
    service: string,
    method: string | undefined,
    inherited: Inherited,
    owner: CallOwner,
    workload?: WorkloadRecord,
    body?: unknown,
  ) {
    this.world = world
    this.host = host
    this.service = service
    this.method = method
    this.body = body
    this.key = inherited.key
    this.judgeUs = inherited.judgeUs
    this.depth = inherited.depth
    this.maxDepth = inherited.maxDepth
    this.routingKey = inherited.routingKey
    this.deadlineMs = inherited.deadlineMs
    this.root = inherited.root
    this.workload = workload
    this.#owner = owner
    const { recorder } = world
    this.offeredUs = world.kernel.nowUs
    this.edge = host.edges.get(service) ?? firstCall(host, service, recorder.edge(host.caller, service))
    this.record = recorder.service(service)
    this.isMeasured = this.offeredUs >= recorder.warmupUs
    this.story = inherited.story?.open(host.name, service, method, inherited, this.offeredUs)
    recorder.calls += 1
    this.record.timeline.offer(this.offeredUs)
    workload?.timeline.offer(this.offeredUs)
    if (this.isMeasured) {
      this.edge.calls.offered += 1
      if (workload !== undefined) workload.calls.offered += 1
    }
    recorder.facts.add(this.record.hash, Fact.offered, this.record.entity, this.key, 0)
    this.span = recorder.detail?.open(this, service, method, host.name)
    if (this.span !== undefined) inherited.span?.calls.push(this.span)
    this.#link()
    recorder.witness?.onCall(this)
  }

  get edgeName(): string {
    return `${this.host.caller}>${this.service}`
  }

  get workloadId(): string | undefined {
    return this.workload?.id
  }

  /** An attempt of it is being sent. */
  onSend(): void {
    this.sent += 1
    const { detail } = this.world.recorder
    if (detail !== undefined) detail.send(this.edgeName, this.world.kernel.nowUs)
    if (!this.isMeasured) return
    this.edge.attempts += 1
    if (this.sent === 1) this.edge.sent += 1
  }

  onAttemptEnd(ending: string): void {
    this.world.recorder.witness?.onAttemptEnd(this)
    if (this.isMeasured) this.edge.countAttemptOutcome(ending)
  }

  commit(): void {}

  settle(outcome: CallOutcome): void {
    this.#unlink()
    this.story?.end(outcome, this.world.kernel.nowUs)
    this.#book(outcome.ending, outcome.retryStopped)
    this.#owner.onCallEnd(this, outcome)
  }

  /** Its caller has crashed: it is over, and nobody is told. */
  abandon(): void {
    this.#unlink()
    this.story?.abandon(this.world.kernel.nowUs)
    this.#book('cancelled')
  }

  /** The run is over and it is still open. */
  closeBooks(endUs: number): void {
    // An answer at the very instant would still be in time.
    const isOverdue = this.judgeUs < endUs
    if (isOverdue) this.story?.leaveOpen(endUs)
    if (isOverdue) {
      this.record.timeline.end(this.offeredUs, false)
      this.workload?.timeline.end(this.offeredUs, false)
    }
    if (!this.isMeasured) return
    if (isOverdue) {
      this.edge.calls.overdue += 1
      if (this.workload !== undefined) this.workload.calls.overdue += 1
    }
    this.#tell((one) => one.onOpen(this.offeredUs, endUs, this.judgeUs))
  }

  #book(ending: string, stopped?: string): void {
    const { recorder, kernel } = this.world
    const now = kernel.nowUs
    const isGood = ending === 'ok' && now <= this.judgeUs
    const isUnsent = this.sent === 0
    const took = now - this.offeredUs
    this.record.timeline.end(this.offeredUs, isGood)
    this.workload?.timeline.end(this.offeredUs, isGood)
    recorder.facts.add(this.record.hash, Fact.settled, this.record.entity, this.key, endingNumber(ending))
    recorder.detail?.end(this, now, ending, isGood, stopped)
    recorder.witness?.onCallEnd(this)
    if (!this.isMeasured) return
    this.edge.countOutcome(ending)
    this.edge.calls.end(ending, isUnsent, isGood, took)
    this.workload?.calls.end(ending, isUnsent, isGood, took)
    this.#tell((one) => one.onEnd(this.offeredUs, now, this.judgeUs, ending, isUnsent))
  }

  /** Tells who follows the service, the edge or the workload. */
  #tell(tell: (one: CallListener) => void): void {
    this.record.listeners.forEach(tell)
    this.edge.listeners.forEach(tell)
    this.workload?.listeners.forEach(tell)
  }

  #link(): void {
    const { host } = this
    this.olderCall = host.openCalls
    if (this.olderCall !== undefined) this.olderCall.newerCall = this
    host.openCalls = this
  }

  #unlink(): void {
    const { olderCall, newerCall, host } = this
    if (olderCall !== undefined) olderCall.newerCall = newerCall
    if (newerCall !== undefined) newerCall.olderCall = olderCall
    else if (host.openCalls === this) host.openCalls = olderCall
    this.olderCall = undefined
    this.newerCall = undefined
  }
}

function firstCall(host: VirtualHost, service: string, edge: EdgeStats): EdgeStats {
  host.edges.set(service, edge)
  return edge
}

/** How the pipeline is told what a call inherits. */
export function startOptions({ key, deadlineMs, attempt, priority, routingKey }: Inherited): StartOptions {
  return {
    callKey: key,
    deadlineMs: deadlineMs === Number.POSITIVE_INFINITY ? undefined : deadlineMs,
    parentAttempt: attempt,
    key: routingKey,
    priority,
    idempotent: undefined,
  }
}
