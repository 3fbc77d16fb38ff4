import type { CallRequest, CancelReason, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { Verdict } from '../call/classification.ts'
import type { AttemptResult, CallOutcome, Ending } from '../call/outcome.ts'
import type { AttemptFailure, RejectionReason, RetryStop } from '../errors/seakeep-error.ts'
import { mix } from '../random/mix.ts'
import { Draw } from '../random/random.ts'
import type { RetryBudget } from '../retrying/retry-policy.ts'
import type { Timer, TimerTask } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { ActiveAttempt } from './active-attempt.ts'
import type { AttemptOwner, EndedAttempt } from './attempt-owner.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { isPushback } from './judge.ts'
import type { Route } from './route.ts'

/** Longest wait a server may ask for. (Envoy bounds Retry-After in the same way.) */
const MAX_PUSHBACK_MS = 300_000

/**
 * One call from admission to its end: retry(breaker(limit(attempt timeout))) under one deadline, as plain synchronous
 * steps. It is its own outcome, so that a call costs one object and an attempt another.
 *
 * There is one timer at a time: the attempt's, which knows the call's deadline, or between two attempts the end of the
 * backoff, which never reaches past it.
 */
export class GovernedCall implements AttemptOwner, TimerTask, CallOutcome {
  readonly route: Route
  readonly request: CallRequest
  readonly options: StartOptions
  readonly key: number
  /** When its caller, or its own timeout, has it end. The timeout covers a streamed answer up to its head only. */
  deadlineMs: number = NO_DEADLINE

  ending: Ending = 'cancelled'
  isAnswered = false
  value: unknown = undefined
  error: unknown = undefined
  status: number | undefined = undefined
  retryAfterMs: number | undefined = undefined
  retryStopped: RetryStop | undefined = undefined
  attempts = 0
  lastFailure: AttemptFailure | undefined = undefined
  deadlineExceeded: boolean | undefined = undefined

  #sink: CallSink
  #timer: Timer | undefined = undefined
  #attempt: ActiveAttempt | undefined = undefined
  #lastRow: EndpointRow | undefined = undefined
  #backoffMs = 0
  #isDone = false

  constructor(route: Route, request: CallRequest, options: StartOptions, key: number, sink: CallSink) {
    this.route = route
    this.request = request
    this.options = options
    this.key = key
    this.#sink = sink
  }

  get endpoint(): string | undefined {
    return this.#lastRow?.id
  }

  start(): void {
    const { route } = this
    if (route.placement.isClosing) return this.#refuse('shutting-down', undefined)
    const now = route.clock.now()
    const inherited = this.options.deadlineMs ?? NO_DEADLINE
    const own = route.timeoutMs === undefined ? NO_DEADLINE : now + route.timeoutMs
    this.deadlineMs = Math.min(own, inherited)
    if (this.deadlineMs <= now) return this.#exceed()
    route.budget?.deposit(now)
    this.#tryOnce(now)
  }

  /** Calls the call off: the attempt under way is cancelled, its permits are freed, the caller is told. */
  cancel(_reason?: CancelReason): void {
    if (this.#isDone) return
    this.#attempt?.cancel()
    this.#finish('cancelled')
  }

  /** The backoff is over. */
  onTimer(): void {
    this.#timer = undefined
    if (this.route.placement.isClosing) return this.#refuse('shutting-down', undefined)
    this.#tryOnce(this.route.clock.now())
  }

  // ---- told by the attempt ----

  /** The head of a streamed answer is there. From here on only the caller's own deadline counts. */
  onCommit(answer: unknown): number {
    this.deadlineMs = this.options.deadlineMs ?? NO_DEADLINE
    this.#sink.commit(answer)
    return this.deadlineMs
  }

  onDeadline(): void {
    this.#exceed()
  }

  /** An attempt that was sent has ended, and everyone who counts has been told. */
  onAttemptEnd(attempt: EndedAttempt, ending: Ending, result: AttemptResult | undefined, verdict: Verdict): void {
    this.#attempt = undefined
    this.isAnswered = result?.ending === 'ok'
    this.value = result?.value
    this.error = result?.error
    this.status = result?.status
    this.retryAfterMs = result?.retryAfterMs
    const pushback = result !== undefined && isPushback(result)
    if (attempt.isCommitted || (verdict !== 'failure' && !pushback)) return this.#finish(ending)
    this.#retryOrFinish(attempt, ending, pushback)
  }

  /** An attempt was refused before it was sent. */
  onRefusal(reason: RejectionReason, retryAfterMs: number | undefined): void {
    this.#attempt = undefined
    this.#refuse(reason, retryAfterMs)
  }

  // ---- steps ----

  #tryOnce(now: number): void {
    const attempt = new ActiveAttempt(this, this.attempts + 1, mix(this.key, this.attempts + 1))
    this.#attempt = attempt
    attempt.admit(now, this.#lastRow)
  }

  /** Called by the attempt as it is sent. */
  onSend(row: EndpointRow | undefined): void {
    this.attempts += 1
    this.#lastRow = row
  }

  #retryOrFinish(attempt: EndedAttempt, ending: Ending, pushback: boolean): void {
    const { route, options } = this
    this.lastFailure = ending === 'ok' ? 'error' : (ending as AttemptFailure)
    if (route.maxAttempts === 1 || (route.budget !== undefined && (options.parentAttempt ?? 1) > 1)) {
      return this.#finish(ending)
    }
    const isSafe = options.idempotent !== false || ending === 'unreachable' || ending === 'refused'
    if (!isSafe) return this.#finish(ending)
    if (this.attempts >= route.maxAttempts) return this.#stop('attempts', ending)
    const now = route.clock.now()
    const drawn =
      route.backoff === undefined
        ? 0
        : route.backoff.delayMs(this.attempts, this.#backoffMs, route.random.draw(attempt.key, Draw.backoff))
    this.#backoffMs = drawn
    const asked = pushback && this.retryAfterMs !== undefined ? Math.min(this.retryAfterMs, MAX_PUSHBACK_MS) : 0
    const delay = Math.max(asked, drawn)
    if (now + delay >= this.deadlineMs) return this.#stop('deadline', ending)
    if (route.budget !== undefined && !this.#withdraw(route.budget, now)) return this.#stop('retry-budget', ending)
    this.#timer = route.clock.schedule(now + delay, this)
  }

  /** Takes a retry out of the budget; says so, once, when the budget begins to refuse. */
  #withdraw(budget: RetryBudget, now: number): boolean {
    const wasExhausted = budget.isExhausted
    if (budget.withdraw(now)) return true
    const { service, events } = this.route
    if (!wasExhausted) events.emit({ type: 'retryBudgetExhausted', atMs: now, service })
    return false
  }

  #stop(why: RetryStop, ending: Ending): void {
    this.retryStopped = why
    this.#finish(ending)
  }

  #refuse(reason: RejectionReason, retryAfterMs: number | undefined): void {
    this.isAnswered = false
    this.retryAfterMs = retryAfterMs
    this.#finish(reason)
  }

  #exceed(): void {
    this.isAnswered = false
    this.deadlineExceeded = true
    this.#finish('timeout')
  }

  #finish(ending: Ending): void {
    this.#isDone = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#attempt = undefined
    this.ending = ending
    this.#sink.settle(this)
  }
}
