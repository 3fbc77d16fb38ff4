import type { InboundPolicy } from '../config/policy-options.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitAlgorithmFactory } from '../limiting/limit-algorithm.ts'
import { LimitLoop } from '../limiting/limit-loop.ts'
import type { ResolvedRateLimitOptions } from '../limiting/rate-limit-options.ts'
import type { RateLimiter } from '../limiting/rate-limiter.ts'
import { SharedRateLimiter, type SharedRateParts } from '../limiting/shared-rate-limiter.ts'
import type { Random } from '../random/random.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import { Topic } from '../sharing/topic.ts'
import type { StateCell } from '../state/state-cell.ts'
import { type EventSink, NO_EVENTS } from '../telemetry/events.ts'
import { type ShadowCounts, ShadowTally } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import type { LoadMonitor } from './load-monitor.ts'
import { RequestLine } from './request-line.ts'
import { type AdmissionSink, type Admitted, RequestPlace } from './request-place.ts'
import { ShedLoop } from './shed-loop.ts'

export type { AdmissionSink, Admitted } from './request-place.ts'

/** What is known of a request before it is read. */
export interface RequestTraits {
  /** Its class, as `seakeep-priority` says; absent is `default`. */
  readonly priority?: string | undefined
  /** Who asks: a service, a tenant. Those who name nobody share one part. */
  readonly caller?: string | undefined
  /** Whose rate limit counts, where limits are kept by key. Default `caller`. */
  readonly key?: string | undefined
}

/** What an admission leans on beyond the clock. Without `load` nothing is shed, without `random` probes have no jitter. */
export interface AdmissionParts {
  readonly load?: LoadMonitor
  readonly random?: Random
  readonly events?: EventSink
  /** The service that is served, for its events. Default `inbound`. */
  readonly service?: string
  /** A limit algorithm of one's own; absent, the built-in ones. */
  readonly createLimit?: LimitAlgorithmFactory | undefined
  /** Where the instances of the service leave notes for each other; absent, a shared rate is each one's own. */
  readonly board?: SharedBoard | undefined
}

const NO_TRAITS: RequestTraits = {}
const NO_JITTER: Random = { draw: () => 0.5, stream: () => ({ next: () => 0.5 }) }

/**
 * Inbound admission of one instance: shedding, rate limit, then concurrency with its line, as the document's `inbound`
 * says. The simulated server and the real ones ask the same object.
 *
 * Another policy takes its place while requests are in flight, and what was learnt stays: who is at work, who waits, tokens,
 * and how much is shed. Layers in `mode: shadow` decide as ever; what they would have refused is counted in {@link shadow}
 * and goes on to the next. A request counts once, by the first that would have refused it.
 */
export class Admission {
  readonly #clock: Clock
  readonly #parts: AdmissionParts
  readonly #events: EventSink
  readonly #service: string
  readonly #tally: ShadowTally
  readonly #limitLoop: LimitLoop
  readonly #line: RequestLine
  #policy: InboundPolicy = ADMITS_ALL
  #shedLoop: ShedLoop | undefined = undefined
  #rateLimit: RateLimiter | undefined = undefined
  #isDraining = false

  constructor(policy: InboundPolicy | undefined, clock: Clock, parts: AdmissionParts = {}) {
    const { random = NO_JITTER, events = NO_EVENTS, service = 'inbound', createLimit: createAlgorithm } = parts
    this.#clock = clock
    this.#parts = parts
    this.#events = events
    this.#service = service
    this.#tally = new ShadowTally(clock, events, service, 'shadowRefused')
    this.#limitLoop = new LimitLoop(clock, events)
    this.#line = new RequestLine({
      ...{ clock, random, events, createAlgorithm },
      ...{ loop: this.#limitLoop, service: 'inbound', tally: this.#tally },
    })
    this.update(policy)
  }

  /** Requests admitted and not yet left. */
  get inFlight(): number {
    return this.#line.inFlight
  }

  /** Requests in the line. */
  get queued(): number {
    return this.#line.queued
  }

  /** How much is being shed: 0 nothing, 1 all of the first class, 2 all of the first two. */
  get shedLevel(): number {
    return this.#shedLoop?.shedding.level ?? 0
  }

  /** What layers in shadow would have refused. */
  get shadow(): StateCell<ShadowCounts> {
    return this.#tally
  }

  /** Admits by another policy from the next request on. False where it says the same. */
  update(policy: InboundPolicy = ADMITS_ALL): boolean {
    const before = this.#policy
    if (this.#isDraining || isEqual(before, policy)) return false
    this.#policy = policy
    if (!isEqual(before.shed, policy.shed)) this.#setShed(policy.shed)
    if (!isEqual(before.rateLimit, policy.rateLimit)) this.#setRate(before.rateLimit, policy.rateLimit)
    if (!isEqual(before.concurrency, policy.concurrency)) this.#line.update(policy.concurrency)
    return true
  }

  /** From here on everything new is refused with `shutting-down`, and nothing is decided by time. */
  drain(): void {
    this.#isDraining = true
    this.#shedLoop?.close()
    this.#limitLoop.close()
    if (this.#rateLimit instanceof SharedRateLimiter) this.#rateLimit.close()
  }

  /** Decides about a request, at once or when a place gets free, and never later than `deadlineMs`. */
  enter(deadlineMs: number, sink: AdmissionSink, traits: RequestTraits = NO_TRAITS): Admitted {
    const now = this.#clock.now()
    if (this.#isDraining) return this.#refuse(sink, 'shutting-down', undefined)
    if (deadlineMs <= now) return this.#refuse(sink, 'shed', undefined)
    let isCounted = false
    const shed = this.#shedLoop
    if (shed !== undefined) {
      shed.wake()
      if (shed.shedding.refuses(traits.priority, traits.caller ?? '')) {
        if (!shed.isShadow) return this.#refuse(sink, 'shed', undefined)
        isCounted = this.#count('shed')
      }
    }
    const rateLimit = this.#rateLimit
    if (rateLimit !== undefined) {
      const isShadow = this.#policy.rateLimit?.isShadow
      const key = traits.key ?? traits.caller
      // What is refused takes no token, so neither does what would have been before it came here.
      if (!(isShadow && isCounted) && !rateLimit.tryTake(now, key)) {
        if (!isShadow) return this.#refuse(sink, 'rate-limited', rateLimit.retryAfterMs(now, key))
        isCounted = this.#count('rate-limited')
      }
    }
    const place = new RequestPlace(this.#line, this.#clock, sink, deadlineMs, traits.priority)
    return this.#line.enter(place, now, deadlineMs, isCounted) ? place : this.#refuse(sink, 'concurrency', undefined)
  }

  #setShed(policy: InboundPolicy['shed']): void {
    const { load } = this.#parts
    if (load === undefined) return
    if (policy === undefined) {
      this.#shedLoop?.end()
      this.#shedLoop = undefined
    } else if (this.#shedLoop !== undefined) this.#shedLoop.update(policy)
    else this.#shedLoop = new ShedLoop(policy, load, this.#clock, this.#events, this.#service)
  }

  #setRate(before: InboundPolicy['rateLimit'], policy: InboundPolicy['rateLimit']): void {
    const old = this.#rateLimit
    if (old !== undefined && before !== undefined && policy !== undefined && isSameKind(before, policy)) {
      if (before.rate !== policy.rate || before.burst !== policy.burst) old.update(policy, this.#clock.now())
      return
    }
    if (old instanceof SharedRateLimiter) {
      this.#limitLoop.remove(old)
      old.close()
    }
    this.#rateLimit = policy && createRateLimiter(policy, this.#sharing())
  }

  #sharing(): SharedRateParts | undefined {
    const { board } = this.#parts
    if (board === undefined) return undefined
    const clock = this.#clock
    const topic = new Topic(`rate/inbound/${this.#service}`, { board, clock, events: this.#events })
    return { clock, topic, wake: (limit) => this.#limitLoop.wake(limit) }
  }

  #count(reason: RejectionReason): true {
    this.#tally.count(reason)
    return true
  }

  #refuse(sink: AdmissionSink, reason: RejectionReason, retryAfterMs: number | undefined): Admitted {
    sink.refuse(reason, retryAfterMs)
    return NOWHERE
  }
}

const NOWHERE: Admitted = { leave: () => {} }
const ADMITS_ALL: InboundPolicy = Object.freeze({ concurrency: undefined, rateLimit: undefined })

/** Allowances of different kinds cannot take each other's place. */
function isSameKind(one: ResolvedRateLimitOptions, other: ResolvedRateLimitOptions): boolean {
  return one.algorithm === other.algorithm && one.maxKeys === other.maxKeys && one.shared === other.shared
}

function isEqual(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
