import type { CachedAnswer } from '../caching/answer-cache.ts'
import { isShareable, sharedOutcome } from '../caching/shared-outcome.ts'
import type { FlightWaiter, Seat } from '../caching/single-flight.ts'
import type { CallRequest, CancelReason, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { CallOutcome } from '../call/outcome.ts'
import { mix } from '../random/mix.ts'
import { Draw } from '../random/random.ts'
import type { Timer, TimerTask } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import type { Route } from './route.ts'
import type { StartedCall } from './started-call.ts'

/**
 * A call of which others may have the answer, or have had it: deadline(cache(coalesce(…))). It asks the cache, then joins
 * an equal call that is under way, and is made only where there is neither.
 *
 * What is shared runs under the policy's timeout and belongs to all who wait for it; each of them keeps its own deadline
 * and may leave.
 */
export class SharedCall implements StartedCall, FlightWaiter<CallOutcome>, TimerTask {
  deadlineMs: number = NO_DEADLINE
  readonly #route: Route
  readonly #request: CallRequest
  readonly #options: StartOptions
  readonly #key: number
  readonly #sink: CallSink
  #cacheKey: string | undefined = undefined
  #seat: Seat<CallOutcome> | undefined = undefined
  #alone: StartedCall | undefined = undefined
  /** What it has begun for all who wait. */
  #led: StartedCall | undefined = undefined
  #timer: Timer | undefined = undefined
  #isOver = false

  constructor(route: Route, request: CallRequest, options: StartOptions, key: number, sink: CallSink) {
    this.#route = route
    this.#request = request
    this.#options = options
    this.#key = key
    this.#sink = sink
  }

  /** By itself: not where it waits for another's. */
  get isSent(): boolean {
    return (this.#alone ?? this.#led)?.isSent === true
  }

  start(): void {
    const { timeoutMs, clock, cache, coalescing, placement } = this.#route
    const now = clock.now()
    const own = timeoutMs === undefined ? NO_DEADLINE : now + timeoutMs
    this.deadlineMs = Math.min(own, this.#options.deadlineMs ?? NO_DEADLINE)
    if (placement.isClosing || this.deadlineMs <= now) return this.#goAlone()
    // A function says nothing of itself by which it could be told from another.
    const isRequest = placement.balancer !== undefined
    const { cacheKey, coalesceKey } = this.#options
    if (cache !== undefined) {
      this.#cacheKey = cacheKey ?? (isRequest ? cache.keyOf(this.#request, this.#options) : undefined)
      if (this.#cacheKey !== undefined) {
        const { outcome, refresh } = cache.lookup(this.#cacheKey, now)
        if (refresh !== undefined) this.#renew(refresh)
        if (outcome !== undefined) return this.#end(outcome)
      }
    }
    if (coalescing === undefined) return this.#goAlone()
    const given = coalesceKey === undefined ? undefined : coalescing.keyFor(coalesceKey, this.#options)
    const flightKey = given ?? (isRequest ? coalescing.keyOf(this.#request, this.#options) : undefined)
    const seat = flightKey === undefined ? undefined : coalescing.join(flightKey, this)
    if (seat === undefined) return this.#goAlone()
    this.#seat = seat
    // The policy's timeout is that of the work.
    if (this.deadlineMs < own) this.#timer = clock.schedule(this.deadlineMs, this)
    if (seat.isLeader) this.#lead(seat)
  }

  cancel(reason?: CancelReason): void {
    if (this.#isOver) return
    if (this.#alone !== undefined) return this.#alone.cancel(reason)
    this.#end({ ending: 'cancelled', isAnswered: false, attempts: 0 })
  }

  /** Its own deadline has come; the others may wait on. */
  onTimer(): void {
    this.#timer = undefined
    this.#conclude({ ending: 'timeout', isAnswered: false, attempts: 0, deadlineExceeded: true })
  }

  // ---- FlightWaiter ----

  onLanded(outcome: CallOutcome): void {
    const isLeader = this.#seat?.isLeader === true
    this.#seat = undefined
    if (isLeader) return this.#conclude(outcome)
    // What can be read only once is the leader's.
    if (!isShareable(outcome)) return this.#goAlone()
    this.#conclude(sharedOutcome(outcome))
  }

  // ---- steps ----

  #lead({ flight }: Seat<CallOutcome>): void {
    const work = this.#route.createCall(
      this.#route,
      this.#request,
      { ...this.#options, deadlineMs: undefined },
      this.#key,
      {
        commit: () => {},
        settle: (outcome) => flight.land(outcome),
      },
    )
    this.#led = work
    flight.lead((reason) => work.cancel(reason))
    work.start()
  }

  #goAlone(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const deadlineMs = this.deadlineMs === NO_DEADLINE ? undefined : this.deadlineMs
    this.#alone = this.#route.createCall(this.#route, this.#request, { ...this.#options, deadlineMs }, this.#key, {
      commit: (answer) => this.#sink.commit(answer),
      settle: (outcome) => this.#conclude(outcome),
    })
    this.#alone.start()
  }

  /** Makes the call once more, for nobody. */
  #renew(refresh: CachedAnswer<CallOutcome>): void {
    const { cache, clock, createCall } = this.#route
    const options = { ...this.#options, deadlineMs: undefined }
    createCall(this.#route, this.#request, options, mix(this.#key, Draw.refresh), {
      commit: () => {},
      settle: (outcome) => cache?.renew(refresh, outcome, clock.now()),
    }).start()
  }

  #conclude(outcome: CallOutcome): void {
    const { cache, clock } = this.#route
    if (cache === undefined || this.#cacheKey === undefined) return this.#end(outcome)
    this.#end(cache.conclude(this.#cacheKey, outcome, clock.now()))
  }

  #end(outcome: CallOutcome): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#timer = undefined
    const seat = this.#seat
    this.#seat = undefined
    this.#sink.settle(outcome)
    seat?.leave()
  }
}
