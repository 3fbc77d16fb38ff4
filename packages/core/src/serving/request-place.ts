import type { RejectionReason } from '../errors/seakeep-error.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import type { PermitEnd, Waiter } from '../limiting/limiter.ts'
import type { Clock, Timer } from '../time/clock.ts'

/** Told once whether a request may be served. */
export interface AdmissionSink {
  admit(): void
  refuse(reason: RejectionReason, retryAfterMs: number | undefined): void
}

/** A request's place: in the line or at work. {@link leave} ends it, exactly once. */
export interface Admitted {
  /** The request has been answered, or its caller has gone. `drop`: overload broke it off. Default `success`. */
  leave(end?: PermitEnd): void
}

/** Told who is at work, and who has left the line. */
export interface Headcount {
  onEnter(): void
  /** A request that was at work has ended; frees what it held. */
  onLeave(end: PermitEnd, tookMs: number, nowMs: number): void
  onUnqueued(place: RequestPlace): void
}

/** A request from the door to its answer: it waits, is at work, or has left; each ending is told and settled once. */
export class RequestPlace implements Admitted, Waiter {
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  isWaiting = false
  joinedMs = 0
  readonly waitDeadlineMs: number
  readonly priority: string | undefined
  timer: Timer | undefined = undefined
  /** In whose line it waits. */
  limiter: ConcurrencyLimiter | undefined = undefined
  readonly #headcount: Headcount
  readonly #clock: Clock
  readonly #sink: AdmissionSink
  #state: 'waiting' | 'working' | 'left' = 'waiting'
  #beganMs = 0

  constructor(
    headcount: Headcount,
    clock: Clock,
    sink: AdmissionSink,
    deadlineMs: number,
    priority: string | undefined,
  ) {
    this.#headcount = headcount
    this.#clock = clock
    this.#sink = sink
    this.waitDeadlineMs = deadlineMs
    this.priority = priority
  }

  begin(nowMs: number): void {
    this.#beganMs = nowMs
    this.#state = 'working'
    this.#headcount.onEnter()
    this.#sink.admit()
  }

  // ---- Waiter ----

  onPermit(): void {
    this.#unqueue()
    this.begin(this.#clock.now())
  }

  onDropped(): void {
    this.#unqueue()
    this.#state = 'left'
    this.#sink.refuse('concurrency', undefined)
  }

  giveUp(): void {
    if (this.#state !== 'waiting') return
    this.limiter?.leave(this)
    this.onDropped()
  }

  leave(end: PermitEnd = 'success'): void {
    const state = this.#state
    this.#state = 'left'
    if (state === 'waiting') {
      this.limiter?.leave(this)
      this.#unqueue()
    } else if (state === 'working') {
      const nowMs = this.#clock.now()
      this.#headcount.onLeave(end, nowMs - this.#beganMs, nowMs)
    }
  }

  #unqueue(): void {
    this.timer?.cancel()
    this.#headcount.onUnqueued(this)
  }
}
