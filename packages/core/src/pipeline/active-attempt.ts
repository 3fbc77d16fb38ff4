import type { CircuitBreaker } from '../breaking/breaker.ts'
import { NEVER_SENT, REFUSED } from '../breaking/circuit-breaker.ts'
import type { Attempt, AttemptSink, CallRequest, Cancel, CancelReason } from '../call/call.ts'
import type { Verdict } from '../call/classification.ts'
import type { AttemptResult } from '../call/outcome.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import type { PermitEnd, Waiter } from '../limiting/limiter.ts'
import { Draw } from '../random/random.ts'
import type { Timer, TimerTask } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import type { Timed, TimeoutQueue } from '../time/timeout-queue.ts'
import type { AttemptOwner, OwnedAttempt } from './attempt-owner.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { isPushback, judge } from './judge.ts'
import { type AttemptInLine, WaitingAttempt } from './waiting-attempt.ts'

const ADMITTING = 0
const WAITING = 1
const SENT = 2
const ENDED = 3

/** How many endpoints are tried whose breaker closed the door between the pick and the entry. */
const MAX_PICKS = 3

/**
 * One attempt from the breaker to its settling. It holds, and gives back exactly once, whatever it was lent: the
 * admissions of two breakers and a permit; every way out goes through {@link ActiveAttempt.#settleLoans}.
 */
export class ActiveAttempt
  implements Attempt, OwnedAttempt, AttemptSink<AttemptResult>, TimerTask, Timed, AttemptInLine
{
  readonly call: AttemptOwner
  readonly number: number
  readonly key: number
  /** The caller has the head of the answer: nothing is retried any more. */
  isCommitted = false

  #phase = ADMITTING
  #row: EndpointRow | undefined = undefined
  #serviceEpoch = REFUSED
  #endpointEpoch = REFUSED
  #sentMs = 0
  /** Its neighbours among the timeouts of its route. */
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined
  /** What will wake it; the route's timeouts, while it waits among them. */
  #timer: Timer | TimeoutQueue | undefined = undefined
  /** Its place in the line, while it waits for a permit. */
  #inLine: Waiter | undefined = undefined
  #cancelSend: Cancel | undefined = undefined
  #hasPermit = false
  #calledOff: CancelReason | undefined = undefined
  #controller: AbortController | undefined = undefined

  constructor(call: AttemptOwner, number: number, key: number) {
    this.call = call
    this.number = number
    this.key = key
  }

  get service(): string {
    return this.call.route.service
  }
  get endpoint(): Endpoint | undefined {
    return this.#row?.endpoint
  }
  get request(): CallRequest {
    return this.call.request
  }
  get caller(): string | undefined {
    return this.call.route.caller
  }
  get priority(): string | undefined {
    return this.call.options.priority
  }
  get idempotent(): boolean {
    return this.call.options.idempotent !== false
  }
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#calledOff !== undefined) this.#controller.abort(REASONS[this.#calledOff])
    }
    return this.#controller.signal
  }
  /** Of its own timeout and the call's deadline the earlier; its own ends with the head of the answer. */
  get deadlineMs(): number {
    const { call, isCommitted } = this
    const { attemptTimeoutMs } = call.route
    if (attemptTimeoutMs === undefined || isCommitted) return call.deadlineMs
    return Math.min(this.#sentMs + attemptTimeoutMs, call.deadlineMs)
  }
  get isSent(): boolean {
    return this.#phase === SENT
  }
  /** When it was sent. */
  get sentMs(): number {
    return this.#sentMs
  }

  /**
   * breaker → endpoint → rate limit → concurrency → send, without an await between a check and its act. What most
   * attempts have no need of stands in methods of its own, here as in the settling: V8 inlines what is small.
   */
  admit(now: number, avoid: EndpointRow | undefined): void {
    const { route } = this.call
    if (route.breaker !== undefined && !this.#enter(route.breaker, now)) return
    if (route.throttle !== undefined && this.#isThrottled(now)) return this.#refuse('shed', undefined, now)
    if (route.placement.balancer !== undefined && !this.#placeOrRefuse(now, avoid)) return
    if (route.rateLimit !== undefined && !route.rateLimit.tryTake(now, this.call.options.key)) {
      return this.#refuse('rate-limited', route.rateLimit.retryAfterMs(now, this.call.options.key), now)
    }
    const limiter = route.limiter
    if (limiter !== undefined) {
      if (!limiter.tryAcquire()) return this.#wait(limiter, now)
      this.#hasPermit = true
    }
    this.#send(now)
  }

  /** Passes the service's breaker; false where that was the end of it. */
  #enter(breaker: CircuitBreaker, now: number): boolean {
    const epoch = breaker.enter(now)
    this.#serviceEpoch = epoch
    if (this.#phase === ENDED) return !this.#isEnded(now)
    if (epoch === REFUSED) this.#refuse('circuit-open', breaker.retryAfterMs(now), now)
    return epoch !== REFUSED
  }

  /** Finds an endpoint; false where that was the end of it. What is refused in any case is not placed first. */
  #placeOrRefuse(now: number, avoid: EndpointRow | undefined): boolean {
    const { route, options } = this.call
    // Refusals peak in overload.
    const waitMs = route.rateLimit?.retryAfterMs(now, options.key) ?? 0
    // Asked all the same: a limit that is shared goes by how much is wanted.
    if (waitMs > 0 && route.rateLimit?.tryTake(now, options.key) === false) this.#refuse('rate-limited', waitMs, now)
    else if (route.limiter?.isShut === true) this.#refuse('concurrency', undefined, now)
    else {
      const refusal = this.#place(now, avoid)
      if (this.#isEnded(now)) return false
      if (refusal === undefined) return true
      this.#refuse(refusal, this.#row?.breaker?.retryAfterMs(now), now)
    }
    return false
  }

  #wait(limiter: ConcurrencyLimiter, now: number): void {
    if (!this.call.mayWait || limiter.isShut) return this.#refuse('concurrency', undefined, now)
    const inLine = new WaitingAttempt(this)
    this.#inLine = inLine
    const isJoined = limiter.join(inLine)
    if (this.#isEnded(now)) return limiter.leave(inLine)
    if (!isJoined) return this.#refuse('concurrency', undefined, now)
    const { route } = this.call
    this.#phase = WAITING
    this.#timer = route.clock.schedule(Math.min(now + route.maxWaitMs, this.call.deadlineMs), this)
  }

  /**
   * Whoever was told of a step (a circuit that opened, a panic) may have called the call off within it. Then what the step
   * has lent is given back, and nothing follows.
   */
  #isEnded(now: number): boolean {
    if (this.#phase !== ENDED) return false
    this.#settleLoans(now, undefined, 'ignored', 'ignore', false)
    return true
  }

  #leaveLine(): void {
    if (this.#inLine !== undefined) this.call.route.limiter?.leave(this.#inLine)
    this.#inLine = undefined
  }

  /** Picks an endpoint and passes its breaker. The reason of the refusal, or undefined. */
  #place(now: number, avoid: EndpointRow | undefined): RejectionReason | undefined {
    const { placement } = this.call.route
    let avoided = avoid
    for (let picks = 0; picks < MAX_PICKS; picks++) {
      const row = placement.pick(this.key + picks, avoided, now, this.call.options)
      if (row === undefined) return 'no-endpoint'
      this.#row = row
      if (row.breaker === undefined) return undefined
      this.#endpointEpoch = row.breaker.enter(now)
      if (this.#endpointEpoch !== REFUSED) return undefined
      avoided = row
    }
    return 'circuit-open'
  }

  #isThrottled(now: number): boolean {
    const { throttle, random } = this.call.route
    const ratio = throttle?.refusalRatio(now) ?? 0
    if (ratio === 0 || random.draw(this.key, Draw.throttle) >= ratio) return false
    throttle?.onRefused(now)
    return true
  }

  // ---- AttemptInLine ----

  get waitDeadlineMs(): number {
    return this.call.deadlineMs
  }

  onDropped(): void {
    this.#refuse('concurrency', undefined, this.call.route.clock.now())
  }

  onPermit(): void {
    this.#inLine = undefined
    this.#disarm()
    this.#hasPermit = true
    this.#send(this.call.route.clock.now())
  }

  // ---- TimerTask: the one timer of a call while an attempt of it is about ----

  get dueMs(): number {
    return this.deadlineMs
  }

  onTimeout(): void {
    this.onTimer()
  }

  onTimer(): void {
    this.#timer = undefined
    const { call } = this
    const now = call.route.clock.now()
    if (this.#phase === WAITING) {
      this.#leaveLine()
      return this.#refuse('concurrency', undefined, now)
    }
    const isLast = this.deadlineMs >= call.deadlineMs
    this.expire(now)
    if (isLast) call.onDeadline(this)
    else call.onAttemptEnd(this, 'timeout', undefined, 'failure')
  }

  /** It was too slow: all who count are told, but not its call. */
  expire(now: number): void {
    if (this.#phase !== SENT) return this.cancel()
    this.#callOff('timeout')
    this.#settleLoans(now, undefined, 'failure', 'drop', true)
  }

  #send(now: number): void {
    const { call } = this
    const { route } = call
    const row = this.#row
    this.#phase = SENT
    this.#sentMs = now
    call.onSend(row, now)
    route.breaker?.onSend(this.#serviceEpoch, now)
    row?.breaker?.onSend(this.#endpointEpoch, now)
    const { deadlineMs } = this
    if (deadlineMs !== NO_DEADLINE) this.#arm(deadlineMs)
    let transport = route.placement.transport
    if (row !== undefined) {
      route.placement.balancer?.onSend(row.load, now)
      transport = row.transport
    }
    if (transport === undefined) return this.settle({ ending: 'unreachable', error: noTransport(row) })
    try {
      const cancel = transport.send(this, this)
      if (this.#phase === SENT) this.#cancelSend = cancel
      // It was called off while it was being sent.
      else if (this.#calledOff !== undefined) cancel(this.#calledOff)
    } catch (error) {
      this.settle({ ending: 'error', error })
    }
  }

  /** What its policy gives it ends in the order it was begun; an instant that its caller names, at any time. */
  #arm(deadlineMs: number): void {
    const { clock, timeouts } = this.call.route
    const isInherited = deadlineMs === this.call.options.deadlineMs
    this.#timer = !isInherited && timeouts.tryAdd(this) ? timeouts : clock.schedule(deadlineMs, this)
  }

  #disarm(): void {
    const timer = this.#timer
    if (timer === undefined) return
    this.#timer = undefined
    if (timer === this.call.route.timeouts) this.call.route.timeouts.remove(this)
    else (timer as Timer).cancel()
  }

  // ---- AttemptSink ----

  commit(answer: unknown): void {
    if (this.#phase !== SENT || this.isCommitted) return
    this.isCommitted = true
    this.#disarm()
    const { route } = this.call
    if (this.#row !== undefined) {
      const now = route.clock.now()
      route.placement.balancer?.onAnswer(this.#row.load, now - this.#sentMs, now)
    }
    const deadlineMs = this.call.onCommit(this, answer)
    if (deadlineMs !== NO_DEADLINE && this.#phase === SENT) this.#arm(deadlineMs)
  }

  settle(result: AttemptResult): void {
    if (this.#phase !== SENT) return this.#abandon()
    const { route } = this.call
    const now = route.clock.now()
    if (!this.isCommitted && this.#row !== undefined && result.ending === 'ok') {
      route.placement.balancer?.onAnswer(this.#row.load, now - this.#sentMs, now)
    }
    const verdict = judge(route, result, this.number)
    // Called off by who judged.
    if (this.#phase !== SENT) return
    const ending = result.ending !== 'ok' ? result.ending : verdict === 'failure' ? 'error' : 'ok'
    const permitEnd = verdict === 'success' ? 'success' : isPushback(result) ? 'drop' : 'ignore'
    this.#settleLoans(now, result, verdict, permitEnd, true)
    this.call.onAttemptEnd(this, ending, result, verdict)
  }

  /** The caller has given up. That says nothing about the endpoint. */
  cancel(): void {
    if (this.#phase === ENDED) return
    if (this.#phase === WAITING) this.#leaveLine()
    const isSent = this.#phase === SENT
    this.#callOff('cancelled')
    this.#settleLoans(this.call.route.clock.now(), undefined, 'ignored', 'ignore', isSent)
  }

  /** Another copy has answered first. That it would have taken longer than it has is all that is known of its endpoint. */
  lose(now: number): void {
    const row = this.#row
    const took = now - this.#sentMs
    if (row !== undefined && this.#phase === SENT && took > row.load.costMs) {
      this.call.route.placement.balancer?.onAnswer(row.load, took, now)
    }
    this.cancel()
  }

  /** It has ended before anybody hears of it: what comes of it from here on, also in answer to this, moves nothing. */
  #callOff(reason: CancelReason): void {
    const cancelSend = this.#phase === SENT ? this.#cancelSend : undefined
    this.#phase = ENDED
    this.#calledOff = reason
    cancelSend?.(reason)
    this.#controller?.abort(REASONS[reason])
  }

  #refuse(reason: RejectionReason, retryAfterMs: number | undefined, now: number): void {
    if (this.#phase === ENDED) return
    this.#settleLoans(now, undefined, 'ignored', 'ignore', false)
    this.call.onRefusal(this, reason, retryAfterMs)
  }

  /** Gives back all that was lent and tells all who count; permits last, since freeing one may start another call. */
  #settleLoans(
    now: number,
    result: AttemptResult | undefined,
    verdict: Verdict,
    permitEnd: PermitEnd,
    isSent: boolean,
  ): void {
    this.#phase = ENDED
    this.#disarm()
    this.#cancelSend = undefined
    const { route } = this.call
    const row = this.#row
    if (row !== undefined) this.#settleRow(row, now, result, verdict, isSent)
    const epoch = this.#serviceEpoch
    this.#serviceEpoch = REFUSED
    if (epoch !== REFUSED) route.breaker?.leave(epoch, verdict, isSent ? this.#sentMs : NEVER_SENT, now)
    if (route.isAttemptTold && isSent) this.#tellAttempt(now, result, verdict)
    if (this.#hasPermit) {
      this.#hasPermit = false
      route.limiter?.release(permitEnd, isSent ? now - this.#sentMs : undefined, now)
    }
  }

  #settleRow(
    row: EndpointRow,
    now: number,
    result: AttemptResult | undefined,
    verdict: Verdict,
    isSent: boolean,
  ): void {
    const { placement } = this.call.route
    if (isSent) {
      const isFailure = verdict === 'failure' || (result !== undefined && isPushback(result))
      placement.balancer?.onEnd(row.load, isFailure, result?.retryAfterMs, now)
      if (verdict !== 'ignored') placement.onVerdict(row, verdict, now)
    }
    const epoch = this.#endpointEpoch
    this.#endpointEpoch = REFUSED
    if (epoch !== REFUSED) row.breaker?.leave(epoch, verdict, isSent ? this.#sentMs : NEVER_SENT, now)
  }

  /** Tells those who go by single attempts. Whoever its caller called off says nothing. */
  #tellAttempt(now: number, result: AttemptResult | undefined, verdict: Verdict): void {
    if (result === undefined && verdict !== 'failure') return
    const { throttle, budget } = this.call.route
    const isAskedToWait = result !== undefined && isPushback(result)
    throttle?.onEnd(verdict !== 'failure' && !isAskedToWait, now)
    budget?.onAttempt?.(isAskedToWait || result?.isFinal === true ? 'failure' : verdict)
  }

  /** A result that comes after the attempt was called off moves nothing. */
  #abandon(): void {
    const { route } = this.call
    route.events.emit({
      type: 'attemptAbandoned',
      atMs: route.clock.now(),
      service: route.service,
      endpoint: this.#row?.id,
      attempt: this.number,
    })
  }
}

/** Made once: a fresh DOMException for each abort would cost about 8 µs. */
const REASONS: Readonly<Record<CancelReason, DOMException>> = {
  timeout: new DOMException('The attempt took longer than its policy allows', 'TimeoutError'),
  cancelled: new DOMException('The call was cancelled by its caller', 'AbortError'),
}

function noTransport(row: EndpointRow | undefined): Error {
  const protocol = row?.endpoint.protocol ?? 'none'
  return new Error(`no transport speaks the protocol "${protocol}" of ${row?.id ?? 'the target'}`)
}
