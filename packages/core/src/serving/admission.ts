import type { InboundPolicy } from '../config/policy-options.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import type { Waiter } from '../limiting/limiter.ts'
import { TokenBucket } from '../limiting/token-bucket.ts'
import { after, type Clock, type Timer } from '../time/clock.ts'

/** Told once whether a request may be served. */
export interface AdmissionSink {
  admit(): void
  refuse(reason: RejectionReason, retryAfterMs: number | undefined): void
}

/** A request's place: in the line or at work. {@link leave} ends it, exactly once. */
export interface Admitted {
  /** The request has been answered, or its caller has gone. */
  leave(): void
}

/** Longest wait in the line where the policy does not say. */
const DEFAULT_MAX_WAIT_MS = 1000

/**
 * Inbound admission of one instance: rate limit, then concurrency with its line, as the document's `inbound` says. The
 * simulated server and the real ones ask the same object.
 */
export class Admission {
  readonly #clock: Clock
  readonly #rateLimit: TokenBucket | undefined
  readonly #limiter: ConcurrencyLimiter | undefined
  readonly #maxWaitMs: number
  #isDraining = false
  #inFlight = 0

  constructor(policy: InboundPolicy | undefined, clock: Clock) {
    this.#clock = clock
    this.#rateLimit = policy?.rateLimit === undefined ? undefined : new TokenBucket(policy.rateLimit)
    this.#limiter = policy?.concurrency === undefined ? undefined : new ConcurrencyLimiter(policy.concurrency)
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

  /** From here on everything new is refused with `shutting-down`. */
  drain(): void {
    this.#isDraining = true
  }

  /** Decides about a request, at once or when a place gets free, and never later than `deadlineMs`. */
  enter(deadlineMs: number, sink: AdmissionSink): Admitted {
    const now = this.#clock.now()
    if (this.#isDraining) return this.#refuse(sink, 'shutting-down', undefined)
    if (deadlineMs <= now) return this.#refuse(sink, 'shed', undefined)
    if (this.#rateLimit !== undefined && !this.#rateLimit.tryTake(now)) {
      return this.#refuse(sink, 'rate-limited', this.#rateLimit.retryAfterMs(now))
    }
    const limiter = this.#limiter
    if (limiter === undefined || limiter.tryAcquire()) {
      const place = new Place(this, limiter, sink)
      place.onPermit()
      return place
    }
    const waitUntil = Math.min(now + this.#maxWaitMs, deadlineMs)
    const place = new Place(this, limiter, sink)
    if (!limiter.join(place)) return this.#refuse(sink, 'concurrency', undefined)
    place.timer = after(this.#clock, waitUntil - now, () => place.giveUp())
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

class Place implements Admitted, Waiter {
  previousWaiter: Waiter | undefined = undefined
  nextWaiter: Waiter | undefined = undefined
  isWaiting = false
  timer: Timer | undefined = undefined
  readonly #admission: Admission
  readonly #limiter: ConcurrencyLimiter | undefined
  readonly #sink: AdmissionSink
  #state: 'waiting' | 'working' | 'left' = 'waiting'

  constructor(admission: Admission, limiter: ConcurrencyLimiter | undefined, sink: AdmissionSink) {
    this.#admission = admission
    this.#limiter = limiter
    this.#sink = sink
  }

  onPermit(): void {
    this.timer?.cancel()
    this.#state = 'working'
    this.#admission.onEnter()
    this.#sink.admit()
  }

  giveUp(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'left'
    this.#limiter?.leave(this)
    this.#sink.refuse('concurrency', undefined)
  }

  leave(): void {
    const state = this.#state
    this.#state = 'left'
    if (state === 'waiting') {
      this.timer?.cancel()
      this.#limiter?.leave(this)
    } else if (state === 'working') {
      this.#admission.onLeave()
      this.#limiter?.release('success')
    }
  }
}
