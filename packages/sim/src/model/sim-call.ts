import type { CallOutcome, CallRequest, CallSink, StartOptions } from '@seakeep/core/spi'
import type { CallListener } from '../recording/call-listener.ts'
import type { AttemptStory, CallStory } from '../recording/call-story.ts'
import type { EdgeStats } from '../recording/edge-stats.ts'
import { endingNumber, Fact } from '../recording/facts.ts'
import type { WorkloadStats } from '../recording/workload-stats.ts'
import type { MessageSizes } from '../scenario/resolved-scenario.ts'
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
  /**
   * What the user's call that all this is done for is about: its key, handed down as its data is. Caches and faults look at
   * it; it routes nothing.
   */
  readonly dataKey: string | undefined
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
  dataKey: undefined,
  story: undefined,
}

/**
 * One call of the simulated world, on its way through the production pipeline: it is the request that is sent, the sink
 * that is told the outcome, and the line in the books.
 */
export class SimCall implements CallRequest, CallSink, OpenCall {
  readonly method: string | undefined
  readonly body: unknown
  /** Of a call that a handler makes. */
  headers: CallRequest['headers'] = undefined
  readonly world: Surroundings
  readonly host: VirtualHost
  readonly key: number
  readonly judgeUs: number
  readonly depth: number
  readonly maxDepth: number
  readonly routingKey: string | undefined
  readonly dataKey: string | undefined
  readonly deadlineMs: number
  readonly root: string | undefined
  readonly offeredUs: number
  readonly edge: EdgeStats
  /** The workload whose user made it; undefined for calls between services. */
  readonly workload: WorkloadStats | undefined
  /** Undefined unless stories are kept. */
  readonly story: CallStory | undefined
  sent = 0
  /** For the owner: its failure does not fail the request it is made for. */
  isOptional = false
  /** Where its step says how long its messages are. */
  sizes: MessageSizes | undefined = undefined
  olderCall: OpenCall | undefined = undefined
  newerCall: OpenCall | undefined = undefined
  readonly #owner: CallOwner
  /** How an attempt has ended that is not booked yet: it is with the call, unless there is another. */
  #attempt: string | undefined = undefined
  #isBooked = false

  constructor(
    world: Surroundings,
    host: VirtualHost,
    edge: EdgeStats,
    method: string | undefined,
    inherited: Inherited,
    owner: CallOwner,
    workload?: WorkloadStats,
    body?: unknown,
  ) {
    this.world = world
    this.host = host
    this.method = method
    this.body = body
    this.key = inherited.key
    this.judgeUs = inherited.judgeUs
    this.depth = inherited.depth
    this.maxDepth = inherited.maxDepth
    this.routingKey = inherited.routingKey
    this.dataKey = inherited.dataKey
    this.deadlineMs = inherited.deadlineMs
    this.root = inherited.root
    this.workload = workload
    this.#owner = owner
    const { recorder } = world
    this.offeredUs = world.kernel.nowUs
    this.edge = edge
    this.story = inherited.story?.open(host.name, this.service, method, inherited, this.offeredUs)
    recorder.calls += 1
    recorder.facts.add(this.edge.facts, Fact.offered, this.edge.entity, this.key, 0)
    recorder.detail?.open(this)
    this.#link()
    recorder.witness?.onCall(this)
  }

  get service(): string {
    return this.edge.service.name
  }

  /** Offered after the warm-up: counts in the figures. */
  get isMeasured(): boolean {
    return this.offeredUs >= this.world.recorder.warmupUs
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
  }

  onAttemptEnd(ending: string): void {
    this.world.recorder.witness?.onAttemptEnd(this)
    if (this.#attempt === undefined && !this.#isBooked) this.#attempt = ending
    else this.edge.endAttempt(this.offeredUs, ending)
  }

  commit(): void {}

  settle(outcome: CallOutcome): void {
    this.#unlink()
    this.#explain()
    this.story?.end(outcome, this.world.kernel.nowUs)
    this.#book(outcome.ending)
    this.#owner.onCallEnd(this, outcome)
  }

  /** Its caller has crashed: it is over, and nobody is told. */
  abandon(): void {
    this.#unlink()
    this.#explain()
    this.story?.abandon(this.world.kernel.nowUs)
    this.#book('cancelled')
  }

  /** The run is over and it is still open. */
  closeBooks(endUs: number): void {
    // An answer at the very instant would still be in time.
    const isOverdue = this.judgeUs < endUs
    if (isOverdue) {
      this.#explain()
      this.story?.leaveOpen(endUs)
    }
    this.edge.leaveOpen(this.offeredUs, isOverdue, this.sent, this.#attempt)
    this.workload?.leaveOpen(this.offeredUs, isOverdue, this.sent)
    this.#tell((one) => one.onOpen(this.offeredUs, endUs, this.judgeUs))
  }

  /** What its runtime decided goes where its story goes. */
  #explain(): void {
    const { story, host, key } = this
    if (story?.isExplained !== true) return
    story.explain = host.runtime?.takeExplanation(`${this.service}-${key}`)
    story.clockAheadUs = host.clock.now() * 1000 - this.world.kernel.nowUs
  }

  #book(ending: string): void {
    const { recorder, kernel } = this.world
    const now = kernel.nowUs
    const isGood = ending === 'ok' && now <= this.judgeUs
    recorder.facts.add(this.edge.facts, Fact.settled, this.edge.entity, this.key, endingNumber(ending))
    recorder.detail?.end(this, now, ending, isGood)
    recorder.witness?.onCallEnd(this)
    this.#isBooked = true
    this.edge.end(this.offeredUs, now, ending, isGood, this.sent, this.#attempt)
    this.workload?.end(this.offeredUs, now, ending, isGood, this.sent)
    this.#tell((one) => one.onEnd(this.offeredUs, now, this.judgeUs, ending, this.sent === 0))
  }

  /** Tells who follows the service, the edge or the workload, of calls that were offered after the warm-up. */
  #tell(tell: (one: CallListener) => void): void {
    if (!this.isMeasured) return
    if (this.edge.isFollowed) this.edge.tell(tell)
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

/** How the pipeline is told what a call inherits. */
export function startOptions({ key, deadlineMs, attempt, priority, routingKey, story }: Inherited): StartOptions {
  return {
    callKey: key,
    deadlineMs: deadlineMs === Number.POSITIVE_INFINITY ? undefined : deadlineMs,
    parentAttempt: attempt,
    key: routingKey,
    priority,
    idempotent: undefined,
    explain: story?.isExplained,
  }
}
