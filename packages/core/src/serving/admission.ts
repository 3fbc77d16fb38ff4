import type { InboundPolicy } from '../config/policy-options.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import { createLimiter } from '../limiting/create-limiter.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitAlgorithmFactory } from '../limiting/limit-algorithm.ts'
import { LimitLoop, type TimedLimit } from '../limiting/limit-loop.ts'
import type { RateLimiter } from '../limiting/rate-limiter.ts'
import { SharedRateLimiter } from '../limiting/shared-rate-limiter.ts'
import type { Random } from '../random/random.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import { Topic } from '../sharing/topic.ts'
import { type EventSink, NO_EVENTS } from '../telemetry/events.ts'
import { after, type Clock } from '../time/clock.ts'
import type { LoadMonitor } from './load-monitor.ts'
import { type AdmissionSink, type Admitted, type Headcount, RequestPlace } from './request-place.ts'
import { ShedLoop } from './shed-loop.ts'
import { Shedding } from './shedding.ts'

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

/** Longest wait in the line where the policy does not say. */
const DEFAULT_MAX_WAIT_MS = 1000

const NO_TRAITS: RequestTraits = {}
const NO_JITTER: Random = { draw: () => 0.5, stream: () => ({ next: () => 0.5 }) }

/**
 * Inbound admission of one instance: shedding, rate limit, then concurrency with its line, as the document's `inbound`
 * says. The simulated server and the real ones ask the same object.
 */
export class Admission implements Headcount {
  readonly #clock: Clock
  readonly #shedding: Shedding | undefined
  readonly #shedLoop: ShedLoop | undefined
  readonly #rateLimit: RateLimiter | undefined
  readonly #limiter: ConcurrencyLimiter | undefined
  readonly #limitLoop: LimitLoop
  readonly #maxWaitMs: number
  #isDraining = false
  #inFlight = 0

  constructor(policy: InboundPolicy | undefined, clock: Clock, parts: AdmissionParts = {}) {
    const { load, random = NO_JITTER, events = NO_EVENTS, service = 'inbound', createLimit, board } = parts
    this.#clock = clock
    if (policy?.shed !== undefined && load !== undefined) {
      this.#shedding = new Shedding(policy.shed)
      this.#shedLoop = new ShedLoop(this.#shedding, load, clock, events, service)
    }
    const loop = new LimitLoop(clock, events)
    this.#limitLoop = loop
    if (policy?.rateLimit !== undefined) {
      const topic = board && new Topic(`rate/inbound/${service}`, { board, clock, events })
      const sharing = topic && { clock, topic, wake: (limit: TimedLimit) => loop.wake(limit) }
      this.#rateLimit = createRateLimiter(policy.rateLimit, sharing)
    }
    if (policy?.concurrency !== undefined) {
      this.#limiter = createLimiter(policy.concurrency, {
        clock,
        random,
        loop,
        service: 'inbound',
        createAlgorithm: createLimit,
      })
    }
    this.#maxWaitMs = policy?.concurrency?.maxWaitMs ?? DEFAULT_MAX_WAIT_MS
  }

  /** Requests admitted and not yet left. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests in the line. */
  get queued(): number {
    return this.#limiter?.queued ?? 0
  }

  /** How much is being shed: 0 nothing, 1 all of the first class, 2 all of the first two. */
  get shedLevel(): number {
    return this.#shedding?.level ?? 0
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
    if (this.#shedding !== undefined) {
      this.#shedLoop?.wake()
      if (this.#shedding.refuses(traits.priority, traits.caller ?? '')) return this.#refuse(sink, 'shed', undefined)
    }
    const key = traits.key ?? traits.caller
    if (this.#rateLimit !== undefined && !this.#rateLimit.tryTake(now, key)) {
      return this.#refuse(sink, 'rate-limited', this.#rateLimit.retryAfterMs(now, key))
    }
    const limiter = this.#limiter
    const place = new RequestPlace(this, this.#clock, limiter, sink, deadlineMs, traits.priority)
    if (limiter === undefined || limiter.tryAcquire()) {
      place.begin(now)
      return place
    }
    if (!limiter.join(place)) return this.#refuse(sink, 'concurrency', undefined)
    place.timer = after(this.#clock, Math.min(now + this.#maxWaitMs, deadlineMs) - now, () => place.giveUp())
    return place
  }

  onEnter(): void {
    this.#inFlight += 1
  }
  onLeave(): void {
    this.#inFlight -= 1
  }

  #refuse(sink: AdmissionSink, reason: RejectionReason, retryAfterMs: number | undefined): Admitted {
    sink.refuse(reason, retryAfterMs)
    return NOWHERE
  }
}

const NOWHERE: Admitted = { leave: () => {} }
