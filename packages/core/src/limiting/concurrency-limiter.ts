import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { Clock } from '../time/clock.ts'
import type { AdaptiveLimit } from './adaptive-limit.ts'
import { createLine } from './create-line.ts'
import type { Limiter, LimiterState, PermitEnd, Waiter } from './limiter.ts'
import type { ResolvedConcurrencyOptions } from './limiter-options.ts'
import { TypicalTime } from './typical-time.ts'
import type { WaitingLine } from './waiting-line.ts'

/** What a limiter may lean on. Without a clock nothing is given up for its wait or its deadline, and no limit moves. */
export interface LimiterParts {
  readonly clock?: Clock
  readonly adaptive?: AdaptiveLimit | undefined
}

/**
 * Decides how many attempts can be under way at once, and hands the permits that come free to those that wait: nobody
 * overtakes the line, whatever its discipline, also not an attempt that comes while a permit is being handed on.
 *
 * Permits are handed on by one loop: a waiter that ends within `onPermit` only lowers the count, and the loop goes on,
 * however many there are. Whoever cannot be answered by its deadline gets no permit: see {@link TypicalTime}.
 */
export class ConcurrencyLimiter implements Limiter {
  // What every attempt moves and reads comes first: it lies in one line of the cache.
  #inFlight = 0
  #queued = 0
  #limit: number
  #places: number
  readonly #adaptive: AdaptiveLimit | undefined
  readonly #typical = new TypicalTime()
  readonly #line: WaitingLine
  readonly #clock: Clock | undefined
  #isServing = false
  /** Made when somebody follows the limit. */
  #cell: WritableCell<LimiterState> | undefined = undefined

  constructor(options: ResolvedConcurrencyOptions, parts: LimiterParts = {}) {
    this.#line = createLine(options.line)
    this.#clock = parts.clock
    this.#adaptive = parts.adaptive
    this.#limit = parts.adaptive?.limit ?? options.limit
    this.#places = options.queue
  }

  get limit(): number {
    return this.#limit
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get queued(): number {
    return this.#queued
  }

  /** As it is at this moment. */
  get value(): LimiterState {
    return { limit: this.#limit, inFlight: this.#inFlight, queued: this.#queued }
  }

  /** Emits when `limit` has changed, and only then: what is in flight changes with each attempt. */
  get changes$(): StateCell<LimiterState>['changes$'] {
    this.#cell ??= new WritableCell<LimiterState>(this.value)
    return this.#cell.changes$
  }

  /** Whoever comes now is refused: the limit is reached and there is no line. */
  get isShut(): boolean {
    return this.#places === 0 && this.#inFlight >= this.#limit
  }

  tryAcquire(): boolean {
    if (this.#inFlight >= this.#limit || this.#queued > 0) return false
    this.#inFlight++
    return true
  }

  /** Takes a permit whatever the limit says: for who is under way already, and where the limit only watches. */
  takeAnyway(): void {
    this.#inFlight++
  }

  /** False where the line is full of those who go before it, or where its deadline cannot be met. */
  join(waiter: Waiter): boolean {
    if (this.#places === 0) return false
    const nowMs = this.#line.isTimed || waiter.waitDeadlineMs !== undefined ? this.#now() : 0
    if (this.#isTooLate(waiter, nowMs)) return false
    let victim: Waiter | undefined
    if (this.#queued >= this.#places) {
      victim = this.#line.victimFor(waiter)
      if (victim?.onDropped === undefined) return false
      this.leave(victim)
    }
    this.#line.join(waiter, nowMs)
    this.#queued++
    victim?.onDropped?.()
    return true
  }

  leave(waiter: Waiter): void {
    if (!waiter.isWaiting) return
    this.#line.leave(waiter)
    this.#queued--
  }

  release(end: PermitEnd, tookMs?: number, nowMs?: number): void {
    if (this.#inFlight === 0) throw new Error('A permit was released that was not held')
    const isLearnt = tookMs !== undefined && this.#learn(end, tookMs, nowMs)
    this.#inFlight--
    if (isLearnt) this.setLimit(this.#adaptive?.limit ?? this.#limit)
    else if (this.#queued > 0) this.#serve()
  }

  /** True where the limit has to move for it. */
  #learn(end: PermitEnd, tookMs: number, nowMs: number | undefined): boolean {
    if (this.#places > 0 && end === 'success' && tookMs > 0) this.#typical.record(tookMs)
    return this.#adaptive?.learn(end, tookMs, nowMs ?? this.#now(), this.#inFlight) === true
  }

  /**
   * New numbers; whoever is under way or waits goes on, also beyond a smaller limit or line. Algorithm and discipline
   * are not numbers: another one takes another limiter.
   */
  update(options: ResolvedConcurrencyOptions): void {
    this.#places = options.queue
    if (this.#adaptive === undefined || options.adaptive === undefined) return this.setLimit(options.limit)
    this.#adaptive.update(options.adaptive)
    this.setLimit(this.#adaptive.limit)
  }

  /** Also serves whoever a greater limit, or a permit that has come free, has room for. */
  setLimit(limit: number): void {
    const isChanged = limit !== this.#limit
    this.#limit = limit
    try {
      if (this.#queued > 0) this.#serve()
    } finally {
      if (isChanged) this.#cell?.set(this.value)
    }
  }

  /** When its limit is to be looked at next; `Infinity` where that waits for an attempt. */
  get dueAtMs(): number {
    return this.#adaptive?.dueAtMs ?? Number.POSITIVE_INFINITY
  }

  /** Time moves a limit that an algorithm finds: called by the loop of the target at {@link dueAtMs}. */
  onTime(nowMs: number): void {
    if (this.#adaptive?.onTime(nowMs)) this.setLimit(this.#adaptive.limit)
  }

  /** Ends `changes$`. */
  close(): void {
    this.#cell?.complete()
  }

  /** A waiter that throws keeps its permit and stops nobody: the rest is served, then the first error thrown on. */
  #serve(): void {
    if (this.#isServing) return
    this.#isServing = true
    let failure: { readonly thrown: unknown } | undefined
    const line = this.#line
    let nowMs = line.isTimed ? this.#now() : -1
    while (this.#queued > 0 && this.#inFlight < this.#limit) {
      const waiter = line.next(nowMs) as Waiter
      if (nowMs < 0 && waiter.waitDeadlineMs !== undefined) nowMs = this.#now()
      const isGivenUp =
        waiter.onDropped !== undefined && (line.givesUp(waiter, nowMs) || this.#isTooLate(waiter, nowMs))
      this.leave(waiter)
      try {
        if (isGivenUp) waiter.onDropped?.()
        else {
          this.#inFlight++
          waiter.onPermit()
        }
      } catch (thrown) {
        failure ??= { thrown }
      }
    }
    this.#isServing = false
    if (failure !== undefined) throw failure.thrown
  }

  #isTooLate({ waitDeadlineMs }: Waiter, nowMs: number): boolean {
    return waitDeadlineMs !== undefined && this.#clock !== undefined && nowMs + this.#typical.ms >= waitDeadlineMs
  }

  #now(): number {
    return this.#clock?.now() ?? 0
  }
}
