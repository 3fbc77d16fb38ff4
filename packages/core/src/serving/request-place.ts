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

/** Told who is at work. */
export interface Headcount {
  onEnter(): void
  onLeave(): void
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
  readonly #headcount: Headcount
  readonly #clock: Clock
  readonly #limiter: ConcurrencyLimiter | undefined
  readonly #sink: AdmissionSink
  #state: 'waiting' | 'working' | 'left' = 'waiting'
  #beganMs = 0

  constructor(
    headcount: Headcount,
    clock: Clock,
    limiter: ConcurrencyLimiter | undefined,
    sink: AdmissionSink,
    deadlineMs: number,
    priority: string | undefined,
  ) {
    this.#headcount = headcount
    this.#clock = clock
    this.#limiter = limiter
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
    this.timer?.cancel()
    this.begin(this.#clock.now())
  }

  onDropped(): void {
    this.timer?.cancel()
    this.#state = 'left'
    this.#sink.refuse('concurrency', undefined)
  }

  giveUp(): void {
    if (this.#state !== 'waiting') return
    this.#limiter?.leave(this)
    this.onDropped()
  }

  leave(end: PermitEnd = 'success'): void {
    const state = this.#state
    this.#state = 'left'
    if (state === 'waiting') {
      this.timer?.cancel()
      this.#limiter?.leave(this)
    } else if (state === 'working') {
      this.#headcount.onLeave()
      if (this.#limiter === undefined) return
      const nowMs = this.#clock.now()
      this.#limiter.release(end, nowMs - this.#beganMs, nowMs)
    }
  }
}
