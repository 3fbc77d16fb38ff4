import type { CircuitBreaker } from '../breaking/breaker.ts'
import { NEVER_SENT, REFUSED, UNKNOWN_EPOCH } from '../breaking/circuit-breaker.ts'
import { abortReason } from '../call/abort-reason.ts'
import type { AttemptSink, Cancel, CancelReason } from '../call/call.ts'
import type { Verdict } from '../call/classification.ts'
import type { AttemptResult } from '../call/outcome.ts'
import type { RejectionReason } from '../errors/seakeep-error.ts'
import type { ConcurrencyLimiter } from '../limiting/concurrency-limiter.ts'
import type { PermitEnd, Waiter } from '../limiting/limiter.ts'
import { mix } from '../random/mix.ts'
import { Draw } from '../random/random.ts'
import type { Timer, TimerTask } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import type { Timed, TimeoutQueue } from '../time/timeout-queue.ts'
import type { AttemptOwner, OwnedAttempt } from './attempt-owner.ts'
import type { EndpointRow } from './endpoint-row.ts'
import type { IdleAttempt } from './idle-attempts.ts'
import { isPushback, judge, tellAttempt } from './judge.ts'
import { type Route, timeoutsOf } from './route.ts'
import { type CarriedAttempt, SentAttempt } from './sent-attempt.ts'
import { type AttemptInLine, WaitingAttempt } from './waiting-attempt.ts'

export const ADMITTING = 0
const PAUSING = 1
const WAITING = 2
const SENT = 3
const ENDED = 4

/** How many endpoints are tried whose breaker closed the door between the pick and the entry. */
const MAX_PICKS = 3

/**
 * One attempt from the breaker to its settling. It holds, and gives back exactly once, whatever it was lent: the
 * admissions of two breakers and a permit; every way out goes through {@link ActiveAttempt.settleLoans}.
 *
 * Nearly all calls need one attempt, so a call is its own first one, and later ones are objects beside it: what comes of
 * an attempt that was called off can never be taken for the answer to another.
 *
 * Its fields are declared here and set by the constructors of the classes below, each by itself, and it has no `#private` ones:
 * V8 compiles a constructor into its caller only if it calls no other one that does anything, and makes room in the object
 * for those fields only which it sees set there. Both are a twentieth of what a call costs.
 */
export abstract class ActiveAttempt
  implements OwnedAttempt, CarriedAttempt, AttemptSink<AttemptResult>, TimerTask, IdleAttempt, AttemptInLine
{
  declare route: Route
  /** The caller has the head of the answer: nothing is retried any more. */
  declare isCommitted: boolean
  /** Its neighbours among the timeouts of its route; before it is sent, among those who wait. */
  declare previous: Timed | undefined
  declare next: Timed | undefined

  declare protected phase: number
  declare protected placed: EndpointRow | undefined
  declare protected serviceEpoch: number
  declare protected endpointEpoch: number
  declare sentMs: number
  /** What will wake it; the route's timeouts, while it waits among them. */
  declare protected timer: Timer | TimeoutQueue | undefined
  /** Its place in the line, while it waits for a permit. */
  declare protected inLine: Waiter | undefined
  declare protected cancelSend: Cancel | undefined
  declare protected hasPermit: boolean
  declare protected calledOff: CancelReason | undefined
  declare protected controller: AbortController | undefined

  abstract get call(): AttemptOwner
  /** From 1. */
  abstract get number(): number

  /** Signed, as V8 allocates for integers from 2^31 on; to whoever mixes it, it is the same key. */
  get key(): number {
    return mix(this.call.callKey, this.number) | 0
  }
  get row(): EndpointRow | undefined {
    return this.placed
  }
  get priority(): string | undefined {
    return this.call.options.priority
  }
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.calledOff !== undefined) this.controller.abort(abortReason(this.calledOff))
    }
    return this.controller.signal
  }
  get isUnderWay(): boolean {
    return this.phase === SENT
  }

  /** Is admitted at `atMs`, unless it is given up before. */
  pauseUntil(atMs: number): void {
    this.phase = PAUSING
    this.route.placement.idle.add(this)
    this.timer = this.route.clock.schedule(atMs, this)
  }

  /**
   * breaker → endpoint → rate limit → concurrency → send, without an await between a check and its act. What most
   * attempts have no need of stands in methods of its own, here as in the settling: V8 inlines what is small.
   */
  admit(now: number, avoid: EndpointRow | undefined): void {
    const { route } = this
    const { breaker } = route
    if (breaker !== undefined) {
      this.serviceEpoch = breaker.enter(now)
      if (this.serviceEpoch === REFUSED || this.phase === ENDED) return this.turnBack(breaker, now)
    }
    if (route.throttle !== undefined && this.isThrottled(now)) return this.refuse('shed', undefined, now)
    if (route.placement.balancer !== undefined && !this.placeOrRefuse(now, avoid)) return
    if (route.rateLimit !== undefined && !route.rateLimit.tryTake(now, this.call.options.key)) {
      return this.refuse('rate-limited', route.rateLimit.retryAfterMs(now, this.call.options.key), now)
    }
    const limiter = route.limiter
    if (limiter !== undefined) {
      if (!limiter.tryAcquire()) return this.wait(limiter, now)
      this.hasPermit = true
    }
    this.send(now)
  }

  /** At the service's breaker. */
  private turnBack(breaker: CircuitBreaker, now: number): void {
    if (!this.isEnded(now)) this.refuse('circuit-open', breaker.retryAfterMs(now), now)
  }

  /** Finds an endpoint; false where that was the end of it. What is refused in any case is not placed first. */
  private placeOrRefuse(now: number, avoid: EndpointRow | undefined): boolean {
    const { route, call } = this
    // Refusals peak in overload.
    const waitMs = route.rateLimit?.retryAfterMs(now, call.options.key) ?? 0
    // Asked all the same: a limit that is shared goes by how much is wanted.
    if (waitMs > 0 && route.rateLimit?.tryTake(now, call.options.key) === false)
      this.refuse('rate-limited', waitMs, now)
    else if (route.limiter?.isShut === true) this.refuse('concurrency', undefined, now)
    else {
      const refusal = this.place(now, avoid)
      if (this.isEnded(now)) return false
      if (refusal === undefined) return true
      this.refuse(refusal, this.placed?.breaker?.retryAfterMs(now), now)
    }
    return false
  }

  private wait(limiter: ConcurrencyLimiter, now: number): void {
    if (!this.call.mayWait || limiter.isShut) return this.refuse('concurrency', undefined, now)
    const inLine = new WaitingAttempt(this)
    this.inLine = inLine
    const isJoined = limiter.join(inLine)
    if (this.isEnded(now)) return limiter.leave(inLine)
    if (!isJoined) return this.refuse('concurrency', undefined, now)
    // Whoever gave way for it has made room at once.
    if (this.inLine === undefined) return
    const { route } = this
    this.phase = WAITING
    route.placement.idle.add(this)
    this.timer = route.clock.schedule(Math.min(now + route.maxWaitMs, this.call.deadlineMs), this)
  }

  /**
   * Whoever was told of a step (a circuit that opened, a panic) may have called the call off within it. Then what the step
   * has lent is given back, and nothing follows.
   */
  private isEnded(now: number): boolean {
    if (this.phase !== ENDED) return false
    this.settleLoans(now, undefined, 'ignored', 'ignore', false)
    return true
  }

  /** Its wait is over, or was given up. */
  private leaveIdle(): void {
    if (this.phase === PAUSING || this.phase === WAITING) this.route.placement.idle.remove(this)
  }

  private leaveLine(): void {
    if (this.inLine !== undefined) this.route.limiter?.leave(this.inLine)
    this.inLine = undefined
  }

  /** Picks an endpoint and passes its breaker. The reason of the refusal, or undefined. */
  private place(now: number, avoid: EndpointRow | undefined): RejectionReason | undefined {
    const { placement } = this.route
    let avoided = avoid
    for (let picks = 0; picks < MAX_PICKS; picks++) {
      const row = placement.pick(this.key + picks, avoided, now, this.call.options)
      if (row === undefined) return 'no-endpoint'
      this.placed = row
      if (row.breaker === undefined) return undefined
      const epoch = row.breaker.enter(now)
      this.endpointEpoch = epoch
      if (epoch >= 0) return undefined
      if (epoch === UNKNOWN_EPOCH) return this.passOnPaper()
      avoided = row
    }
    return 'circuit-open'
  }

  /** The circuit of its endpoint is open, in shadow. */
  private passOnPaper(): undefined {
    this.route.shadow?.counter.count('endpoint-circuit-open')
  }

  private isThrottled(now: number): boolean {
    const { throttle, random } = this.route
    const ratio = throttle?.refusalRatio(now) ?? 0
    if (ratio === 0 || random.draw(this.key, Draw.throttle) >= ratio) return false
    return throttle?.onRefused(now) === true
  }

  // ---- AttemptInLine ----

  get waitDeadlineMs(): number {
    return this.call.deadlineMs
  }

  onDropped(): void {
    this.leaveIdle()
    this.refuse('concurrency', undefined, this.route.clock.now())
  }

  onPermit(): void {
    this.leaveIdle()
    this.inLine = undefined
    this.disarm()
    this.hasPermit = true
    this.send(this.route.clock.now())
  }

  // ---- TimerTask: the one timer of a call while an attempt of it is about ----

  /** Of its own timeout and the call's deadline the earlier; its own ends with the head of the answer. */
  get dueMs(): number {
    const { deadlineMs } = this.call
    const { attemptTimeoutMs } = this.route
    if (attemptTimeoutMs === undefined || this.isCommitted) return deadlineMs
    return Math.min(this.sentMs + attemptTimeoutMs, deadlineMs)
  }

  onTimeout(): void {
    this.timer = undefined
    const { call } = this
    const now = this.route.clock.now()
    const isLast = this.dueMs >= call.deadlineMs
    this.expire(now)
    if (isLast) call.onDeadline(this)
    else call.onAttemptEnd(this, 'timeout', undefined, 'failure')
  }

  onTimer(_timer: Timer): void {
    if (this.phase === SENT) return this.onTimeout()
    this.leaveIdle()
    this.timer = undefined
    const now = this.route.clock.now()
    if (this.phase === WAITING) {
      this.leaveLine()
      this.refuse('concurrency', undefined, now)
    } else if (this.phase === PAUSING) {
      this.phase = ADMITTING
      this.call.onPauseEnd(this, now)
    }
  }

  // ---- IdleAttempt ----

  onClosing(): void {
    this.leaveIdle()
    this.disarm()
    const now = this.route.clock.now()
    if (this.phase === PAUSING) {
      this.phase = ADMITTING
      return this.call.onPauseEnd(this, now)
    }
    this.leaveLine()
    this.refuse('shutting-down', undefined, now)
  }

  /** It was too slow: all who count are told, but not its call. */
  expire(now: number): void {
    if (this.phase !== SENT) return this.giveUp()
    this.callOff('timeout')
    this.settleLoans(now, undefined, 'failure', 'drop', true)
  }

  private send(now: number): void {
    const { route } = this
    const row = this.placed
    this.phase = SENT
    this.sentMs = now
    this.call.onSend(row, now)
    route.breaker?.onSend(this.serviceEpoch, now)
    row?.breaker?.onSend(this.endpointEpoch, now)
    const { dueMs } = this
    if (dueMs !== NO_DEADLINE) this.arm(dueMs)
    if (row !== undefined) route.placement.balancer?.onSend(row.load, now)
    const { transport } = row ?? route.placement
    if (transport === undefined) return this.settle({ ending: 'unreachable', error: noTransport(row) })
    try {
      const cancel = transport.send(new SentAttempt(this), this)
      if (this.phase === SENT) this.cancelSend = cancel
      // It was called off while it was being sent.
      else if (this.calledOff !== undefined) cancel(this.calledOff)
    } catch (error) {
      this.settle({ ending: 'error', error })
    }
  }

  /** What its policy gives it ends in the order it was begun; an instant that its caller names, at any time. */
  private arm(dueMs: number): void {
    const { route } = this
    const timeouts = timeoutsOf(route)
    const isInherited = dueMs === this.call.options.deadlineMs
    this.timer = !isInherited && timeouts.tryAdd(this, dueMs) ? timeouts : route.clock.schedule(dueMs, this)
  }

  private disarm(): void {
    const timer = this.timer
    if (timer === undefined) return
    this.timer = undefined
    const { timeouts } = this.route
    if (timer === timeouts) timeouts.remove(this)
    else (timer as Timer).cancel()
  }

  // ---- AttemptSink ----

  commit(answer: unknown): void {
    if (this.phase !== SENT || this.isCommitted) return
    this.isCommitted = true
    this.disarm()
    const { route } = this
    if (this.placed !== undefined) {
      const now = route.clock.now()
      route.placement.balancer?.onAnswer(this.placed.load, now - this.sentMs, now)
    }
    const deadlineMs = this.call.onCommit(this, answer)
    if (deadlineMs !== NO_DEADLINE && this.phase === SENT) this.arm(deadlineMs)
  }

  settle(result: AttemptResult): void {
    if (this.phase !== SENT) return this.abandon()
    const { route } = this
    const row = this.placed
    const now = route.clock.now()
    if (row !== undefined && !this.isCommitted && result.ending === 'ok') {
      route.placement.balancer?.onAnswer(row.load, now - this.sentMs, now)
    }
    const verdict = judge(route, result, this.number)
    // Called off by who judged.
    if (this.phase !== SENT) return
    const ending = result.ending !== 'ok' ? result.ending : verdict === 'failure' ? 'error' : 'ok'
    const permitEnd = verdict === 'success' ? 'success' : isPushback(result) ? 'drop' : 'ignore'
    this.settleLoans(now, result, verdict, permitEnd, true)
    this.call.onAttemptEnd(this, ending, result, verdict)
  }

  /** The caller has given up. That says nothing about the endpoint. */
  giveUp(): void {
    if (this.phase === ENDED) return
    this.leaveIdle()
    if (this.phase === WAITING) this.leaveLine()
    const isSent = this.phase === SENT
    this.callOff('cancelled')
    this.settleLoans(this.route.clock.now(), undefined, 'ignored', 'ignore', isSent)
  }

  /** Another copy has answered first. That it would have taken longer than it has is all that is known of its endpoint. */
  lose(now: number): void {
    const row = this.placed
    const took = now - this.sentMs
    if (row !== undefined && this.phase === SENT && took > row.load.costMs) {
      this.route.placement.balancer?.onAnswer(row.load, took, now)
    }
    this.giveUp()
  }

  /** It has ended before anybody hears of it: what comes of it from here on, also in answer to this, moves nothing. */
  private callOff(reason: CancelReason): void {
    const cancelSend = this.phase === SENT ? this.cancelSend : undefined
    this.phase = ENDED
    this.calledOff = reason
    cancelSend?.(reason)
    this.controller?.abort(abortReason(reason))
  }

  private refuse(reason: RejectionReason, retryAfterMs: number | undefined, now: number): void {
    if (this.phase === ENDED) return
    this.settleLoans(now, undefined, 'ignored', 'ignore', false)
    this.call.onRefusal(this, reason, retryAfterMs)
  }

  /** Gives back all that was lent and tells all who count; permits last, since freeing one may start another call. */
  private settleLoans(
    now: number,
    result: AttemptResult | undefined,
    verdict: Verdict,
    permitEnd: PermitEnd,
    isSent: boolean,
  ): void {
    this.phase = ENDED
    this.disarm()
    this.cancelSend = undefined
    const { route } = this
    const row = this.placed
    if (row !== undefined) this.settleRow(row, now, result, verdict, isSent)
    const epoch = this.serviceEpoch
    this.serviceEpoch = REFUSED
    if (epoch !== REFUSED) route.breaker?.leave(epoch, verdict, isSent ? this.sentMs : NEVER_SENT, now)
    if (route.isAttemptTold && isSent) tellAttempt(route, result, verdict, now)
    if (this.hasPermit) {
      this.hasPermit = false
      route.limiter?.release(permitEnd, isSent ? now - this.sentMs : undefined, now)
    }
  }

  private settleRow(
    row: EndpointRow,
    now: number,
    result: AttemptResult | undefined,
    verdict: Verdict,
    isSent: boolean,
  ): void {
    const { placement } = this.route
    if (isSent) {
      const isFailure = verdict === 'failure' || (result !== undefined && isPushback(result))
      placement.balancer?.onEnd(row.load, isFailure, result?.retryAfterMs, now)
      if (verdict !== 'ignored') placement.onVerdict(row, verdict, now)
    }
    const epoch = this.endpointEpoch
    this.endpointEpoch = REFUSED
    if (epoch !== REFUSED) row.breaker?.leave(epoch, verdict, isSent ? this.sentMs : NEVER_SENT, now)
  }

  /** A result that comes after the attempt was called off moves nothing. */
  private abandon(): void {
    const { route } = this
    route.events.emit({
      type: 'attemptAbandoned',
      atMs: route.clock.now(),
      service: route.service,
      endpoint: this.placed?.id,
      attempt: this.number,
    })
  }
}

function noTransport(row: EndpointRow | undefined): Error {
  const protocol = row?.endpoint.protocol ?? 'none'
  return new Error(`no transport speaks the protocol "${protocol}" of ${row?.id ?? 'the target'}`)
}
