import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { LimiterState, PermitEnd, Waiter } from './limiter.ts'
import type { ResolvedConcurrencyOptions } from './limiter-options.ts'

/**
 * Decides how many attempts may be under way at once, and who of those that wait is next: first come, first served, also
 * against an attempt that comes while a permit is being handed on.
 *
 * The line is a list through the waiting objects themselves, so whoever gives up leaves it in O(1) and frees its place
 * at once (cockatiel keeps an aborted item's slot until it would have been served). Permits are handed on by one loop:
 * a waiter that ends within `onPermit` only lowers the count, and the loop goes on, however many there are.
 */
export class ConcurrencyLimiter implements StateCell<LimiterState> {
  #limit: number
  #places: number
  #inFlight = 0
  #queued = 0
  #first: Waiter | undefined = undefined
  #last: Waiter | undefined = undefined
  #isServing = false
  /** Made when somebody follows the limit. */
  #cell: WritableCell<LimiterState> | undefined = undefined

  constructor(options: ResolvedConcurrencyOptions) {
    this.#limit = options.limit
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

  /** Takes a permit, if one is free and nobody waits for it. */
  tryAcquire(): boolean {
    if (this.#inFlight >= this.#limit || this.#queued > 0) return false
    this.#inFlight++
    return true
  }

  /** Puts an attempt that {@link tryAcquire} refused at the end of the line; false where the line is full. */
  join(waiter: Waiter): boolean {
    if (this.#queued >= this.#places) return false
    waiter.isWaiting = true
    waiter.previousWaiter = this.#last
    waiter.nextWaiter = undefined
    if (this.#last === undefined) this.#first = waiter
    else this.#last.nextWaiter = waiter
    this.#last = waiter
    this.#queued++
    return true
  }

  /** Takes a waiter out of the line that gives up. One that is not waiting is left alone. */
  leave(waiter: Waiter): void {
    if (!waiter.isWaiting) return
    const { previousWaiter: previous, nextWaiter: next } = waiter
    if (previous === undefined) this.#first = next
    else previous.nextWaiter = next
    if (next === undefined) this.#last = previous
    else next.previousWaiter = previous
    waiter.previousWaiter = undefined
    waiter.nextWaiter = undefined
    waiter.isWaiting = false
    this.#queued--
  }

  /** Gives a permit back, exactly once. How the attempt ended is for limits that move; a fixed one does not look at it. */
  release(_end: PermitEnd): void {
    if (this.#inFlight === 0) throw new Error('A permit was released that was not held')
    this.#inFlight--
    if (this.#first !== undefined) this.#serve()
  }

  /** New numbers; whoever is under way or waits goes on, also beyond a smaller limit or line. */
  update(options: ResolvedConcurrencyOptions): void {
    this.#places = options.queue
    this.setLimit(options.limit)
  }

  setLimit(limit: number): void {
    if (limit === this.#limit) return
    this.#limit = limit
    try {
      this.#serve()
    } finally {
      this.#cell?.set(this.value)
    }
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
    for (let next = this.#first; next !== undefined && this.#inFlight < this.#limit; next = this.#first) {
      this.leave(next)
      this.#inFlight++
      try {
        next.onPermit()
      } catch (thrown) {
        failure ??= { thrown }
      }
    }
    this.#isServing = false
    if (failure !== undefined) throw failure.thrown
  }
}
