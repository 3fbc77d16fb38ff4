import { REFUSED } from '../breaking/circuit-breaker.ts'
import type { CallRequest, CancelReason, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { Verdict } from '../call/classification.ts'
import type { AttemptResult, CallOutcome, Ending } from '../call/outcome.ts'
import { hasIdempotencyKey } from '../call/request-traits.ts'
import type { AttemptFailure, RejectionReason, RetryStop } from '../errors/seakeep-error.ts'
import { Draw } from '../random/random.ts'
import type { RetryBudget } from '../retrying/retry-policy.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { ActiveAttempt, ADMITTING } from './active-attempt.ts'
import type { AttemptOwner, OwnedAttempt } from './attempt-owner.ts'
import { CallTrouble } from './call-trouble.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { isPushback } from './judge.ts'
import { LaterAttempt } from './later-attempt.ts'
import type { Route } from './route.ts'
import type { StartedCall } from './started-call.ts'

/** Longest wait a server may ask for. (Envoy bounds Retry-After in the same way.) */
const MAX_PUSHBACK_MS = 300_000

/**
 * One call from admission to its end: retry(breaker(limit(attempt timeout))) under one deadline, as plain synchronous
 * steps. It is its own first attempt and its own outcome, so that a call which goes well costs one object.
 *
 * There is one timer at a time, that of the latest attempt, which knows the call's deadline; before a retry it is the end
 * of the backoff, which never reaches past it.
 */
export class GovernedCall extends ActiveAttempt implements AttemptOwner, StartedCall, CallOutcome {
  declare readonly request: CallRequest
  declare readonly options: StartOptions
  declare readonly callKey: number
  /** When its caller, or its own timeout, has it end. The timeout covers a streamed answer up to its head only. */
  declare deadlineMs: number

  declare ending: Ending
  declare isAnswered: boolean
  declare attempts: number

  declare protected isDone: boolean
  declare protected lastRow: EndpointRow | undefined
  declare private readonly sink: CallSink
  /** How the last attempt that ended did. */
  declare private result: AttemptResult | undefined
  /** The latest attempt, where it is not the first. */
  declare private retry: LaterAttempt | undefined
  declare private trouble: CallTrouble | undefined

  constructor(route: Route, request: CallRequest, options: StartOptions, callKey: number, sink: CallSink) {
    super()
    this.route = route
    this.isCommitted = false
    this.previous = undefined
    this.next = undefined
    this.phase = ADMITTING
    this.placed = undefined
    this.serviceEpoch = REFUSED
    this.endpointEpoch = REFUSED
    this.sentMs = 0
    this.timer = undefined
    this.inLine = undefined
    this.cancelSend = undefined
    this.hasPermit = false
    this.calledOff = undefined
    this.controller = undefined
    this.request = request
    this.options = options
    this.callKey = callKey
    this.deadlineMs = NO_DEADLINE
    this.ending = 'cancelled'
    this.isAnswered = false
    this.attempts = 0
    this.isDone = false
    this.lastRow = undefined
    this.sink = sink
    this.result = undefined
    this.retry = undefined
    this.trouble = undefined
  }

  // ---- as its own first attempt ----

  get call(): AttemptOwner {
    return this
  }
  get number(): number {
    return 1
  }

  // ---- CallOutcome ----

  get isSent(): boolean {
    return this.attempts > 0
  }
  get endpoint(): string | undefined {
    return this.lastRow?.id
  }
  get value(): unknown {
    return this.result?.value
  }
  get error(): unknown {
    return this.result?.error
  }
  get status(): number | undefined {
    return this.result?.status
  }
  get retryAfterMs(): number | undefined {
    return this.trouble?.retryAfterMs
  }
  get retryStopped(): RetryStop | undefined {
    return this.trouble?.retryStopped
  }
  get lastFailure(): AttemptFailure | undefined {
    return this.trouble?.lastFailure
  }
  get deadlineExceeded(): boolean | undefined {
    return this.trouble?.deadlineExceeded
  }

  start(): void {
    const { route, options } = this
    if (route.placement.isClosing) return this.refuseCall('shutting-down', undefined)
    const now = route.clock.now()
    const { timeoutMs } = route
    let deadlineMs = options.deadlineMs ?? NO_DEADLINE
    if (timeoutMs !== undefined && now + timeoutMs < deadlineMs) deadlineMs = now + timeoutMs
    this.deadlineMs = deadlineMs
    if (deadlineMs <= now) return this.exceed()
    route.budget?.deposit(now)
    this.launch(this, now)
  }

  /** Calls the call off: what is under way is cancelled, its permits are freed, the caller is told. */
  cancel(_reason?: CancelReason): void {
    if (this.isDone) return
    this.cancelAttempts()
    // An answer that was to be tried again is not handed out once something else ends the call.
    this.isAnswered = false
    this.finish('cancelled')
  }

  // ---- told by the attempt ----

  get mayWait(): boolean {
    return true
  }

  onPauseEnd(attempt: OwnedAttempt, nowMs: number): void {
    if (this.route.placement.isClosing) this.refuseCall('shutting-down', undefined)
    else this.launch(attempt, nowMs)
  }

  onSend(row: EndpointRow | undefined, _nowMs: number): void {
    this.attempts += 1
    this.lastRow = row
  }

  /** The head of a streamed answer is there. From here on only the caller's own deadline counts. */
  onCommit(_attempt: OwnedAttempt, answer: unknown): number {
    this.deadlineMs = this.options.deadlineMs ?? NO_DEADLINE
    this.sink.commit(answer)
    return this.deadlineMs
  }

  onDeadline(_attempt: OwnedAttempt): void {
    this.exceed()
  }

  /** An attempt that was sent has ended, and everyone who counts has been told. */
  onAttemptEnd(attempt: OwnedAttempt, ending: Ending, result: AttemptResult | undefined, verdict: Verdict): void {
    // Who was told of the attempt's end may have ended the call.
    if (this.isDone) return
    this.result = result
    this.isAnswered = result?.ending === 'ok'
    this.noteWait(result?.retryAfterMs)
    const pushback = result !== undefined && isPushback(result)
    const isOver = attempt.isCommitted || result?.isFinal === true
    if (isOver || (verdict !== 'failure' && !pushback)) return this.finish(ending)
    this.retryOrFinish(attempt, ending, pushback)
  }

  /** An attempt was refused before it was sent. */
  onRefusal(_attempt: OwnedAttempt, reason: RejectionReason, retryAfterMs: number | undefined): void {
    this.refuseCall(reason, retryAfterMs)
  }

  // ---- steps; those of a hedged call differ ----

  protected launch(attempt: OwnedAttempt, now: number): void {
    attempt.admit(now, this.lastRow)
  }

  protected cancelAttempts(): void {
    this.giveUp()
    this.retry?.giveUp()
  }

  /** Attempts that count against `maxAttempts`. */
  protected get tries(): number {
    return this.attempts
  }

  /** A second copy at the side of the one under way, or after it, does no harm, and nobody above is retrying already. */
  protected get isRepeatable(): boolean {
    return this.isIdempotent && !this.isRetry
  }

  private get isIdempotent(): boolean {
    const { route, options, request } = this
    return route.requiresKey ? hasIdempotencyKey(request, options) : options.idempotent !== false
  }

  private get isRetry(): boolean {
    return (this.options.parentAttempt ?? 1) > 1
  }

  private retryOrFinish(attempt: OwnedAttempt, ending: Ending, pushback: boolean): void {
    const { route } = this
    const trouble = this.inTrouble()
    trouble.lastFailure = ending === 'ok' ? 'error' : (ending as AttemptFailure)
    if (route.maxAttempts === 1 || (route.budget !== undefined && this.isRetry)) return this.finish(ending)
    const isSafe = this.isIdempotent || ending === 'unreachable' || ending === 'refused'
    if (!isSafe) return this.finish(ending)
    const { tries } = this
    if (tries >= route.maxAttempts) return this.stop('attempts', ending)
    const now = route.clock.now()
    const drawn =
      route.backoff === undefined
        ? 0
        : route.backoff.delayMs(tries, trouble.backoffMs, route.random.draw(attempt.key, Draw.backoff))
    trouble.backoffMs = drawn
    const asked = pushback && trouble.retryAfterMs !== undefined ? Math.min(trouble.retryAfterMs, MAX_PUSHBACK_MS) : 0
    const delay = Math.max(asked, drawn)
    if (now + delay >= this.deadlineMs) return this.stop('deadline', ending)
    if (route.budget !== undefined && !this.withdraw(route.budget, now)) return this.stop('retry-budget', ending)
    if (this.isDone) return
    this.retry = new LaterAttempt(this, this.attempts + 1)
    this.retry.pauseUntil(now + delay)
  }

  /** Takes a retry or a copy out of the budget; says so, once, when the budget begins to refuse. */
  protected withdraw(budget: RetryBudget, now: number): boolean {
    const wasExhausted = budget.isExhausted
    if (budget.withdraw(now)) return true
    const { service, events } = this.route
    if (!wasExhausted) events.emit({ type: 'retryBudgetExhausted', atMs: now, service })
    return false
  }

  private stop(why: RetryStop, ending: Ending): void {
    this.inTrouble().retryStopped = why
    this.finish(ending)
  }

  private refuseCall(reason: RejectionReason, retryAfterMs: number | undefined): void {
    if (this.isDone) return
    this.isAnswered = false
    this.noteWait(retryAfterMs)
    this.finish(reason)
  }

  protected exceed(): void {
    if (this.isDone) return
    this.isAnswered = false
    this.inTrouble().deadlineExceeded = true
    this.finish('timeout')
  }

  protected finish(ending: Ending): void {
    if (this.isDone) return
    this.isDone = true
    this.ending = ending
    this.sink.settle(this)
  }

  private noteWait(retryAfterMs: number | undefined): void {
    if (retryAfterMs !== undefined || this.trouble !== undefined) this.inTrouble().retryAfterMs = retryAfterMs
  }

  private inTrouble(): CallTrouble {
    this.trouble ??= new CallTrouble()
    return this.trouble
  }
}
