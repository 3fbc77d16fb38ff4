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
import type { AttemptOwner, OwnedAttempt } from './attempt-owner.ts'
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
  retryAfterMs: number | undefined = undefined
  retryStopped: RetryStop | undefined = undefined
  attempts = 0
  lastFailure: AttemptFailure | undefined = undefined
  deadlineExceeded: boolean | undefined = undefined

  protected isDone = false
  /** The end of the backoff. */
  protected timer: Timer | undefined = undefined
  protected lastRow: EndpointRow | undefined = undefined
  readonly #sink: CallSink
  /** How the last attempt that ended did. */
  #result: AttemptResult | undefined = undefined
  #attempt: ActiveAttempt | undefined = undefined
  #backoffMs = 0

  constructor(route: Route, request: CallRequest, options: StartOptions, key: number, sink: CallSink) {
    this.route = route
    this.request = request
    this.options = options
    this.key = key
    this.#sink = sink
  }

  // ---- CallOutcome ----

  get isSent(): boolean {
    return this.attempts > 0
  }
  get endpoint(): string | undefined {
    return this.lastRow?.id
  }
  get value(): unknown {
    return this.#result?.value
  }
  get error(): unknown {
    return this.#result?.error
  }
  get status(): number | undefined {
    return this.#result?.status
  }

  start(): void {
    const { route } = this
    if (route.placement.isClosing) return this.#refuse('shutting-down', undefined)
    const now = route.clock.now()
    const inherited = this.options.deadlineMs ?? NO_DEADLINE
    const own = route.timeoutMs === undefined ? NO_DEADLINE : now + route.timeoutMs
    this.deadlineMs = Math.min(own, inherited)
    if (this.deadlineMs <= now) return this.exceed()
    this.begin(now)
  }

  /** Calls the call off: what is under way is cancelled, its permits are freed, the caller is told. */
  cancel(_reason?: CancelReason): void {
    if (this.isDone) return
    this.cancelAttempts()
    // An answer that was to be tried again is not handed out once something else ends the call.
    this.isAnswered = false
    this.finish('cancelled')
  }

  /** The backoff is over. */
  onTimer(): void {
    this.timer = undefined
    if (this.route.placement.isClosing) return this.#refuse('shutting-down', undefined)
    this.tryOnce(this.route.clock.now())
  }

  // ---- told by the attempt ----

  get mayWait(): boolean {
    return true
  }

  onSend(row: EndpointRow | undefined, _nowMs: number): void {
    this.attempts += 1
    this.lastRow = row
  }

  /** The head of a streamed answer is there. From here on only the caller's own deadline counts. */
  onCommit(_attempt: OwnedAttempt, answer: unknown): number {
    this.deadlineMs = this.options.deadlineMs ?? NO_DEADLINE
    this.#sink.commit(answer)
    return this.deadlineMs
  }

  onDeadline(_attempt: OwnedAttempt): void {
    this.exceed()
  }

  /** An attempt that was sent has ended, and everyone who counts has been told. */
  onAttemptEnd(attempt: OwnedAttempt, ending: Ending, result: AttemptResult | undefined, verdict: Verdict): void {
    // Who was told of the attempt's end may have ended the call.
    if (this.isDone) return
    this.#attempt = undefined
    this.#result = result
    this.isAnswered = result?.ending === 'ok'
    this.retryAfterMs = result?.retryAfterMs
    const pushback = result !== undefined && isPushback(result)
    const isOver = attempt.isCommitted || result?.isFinal === true
    if (isOver || (verdict !== 'failure' && !pushback)) return this.finish(ending)
    this.#retryOrFinish(attempt, ending, pushback)
  }

  /** An attempt was refused before it was sent. */
  onRefusal(_attempt: OwnedAttempt, reason: RejectionReason, retryAfterMs: number | undefined): void {
    this.#refuse(reason, retryAfterMs)
  }

  // ---- steps; those of a hedged call differ ----

  protected begin(now: number): void {
    this.route.budget?.deposit(now)
    this.tryOnce(now)
  }

  protected tryOnce(now: number): void {
    // Signed, as V8 allocates for integers from 2^31 on; to whoever mixes it, it is the same key.
    const attempt = new ActiveAttempt(this, this.attempts + 1, mix(this.key, this.attempts + 1) | 0)
    this.#attempt = attempt
    attempt.admit(now, this.lastRow)
  }

  protected cancelAttempts(): void {
    this.#attempt?.cancel()
  }

  /** Attempts that count against `maxAttempts`. */
  protected get tries(): number {
    return this.attempts
  }

  /** A second copy at the side of the one under way, or after it, does no harm, and nobody above is retrying already. */
  protected get isRepeatable(): boolean {
    return this.options.idempotent !== false && !this.#isRetry
  }

  get #isRetry(): boolean {
    return (this.options.parentAttempt ?? 1) > 1
  }

  #retryOrFinish(attempt: OwnedAttempt, ending: Ending, pushback: boolean): void {
    const { route, options } = this
    this.lastFailure = ending === 'ok' ? 'error' : (ending as AttemptFailure)
    if (route.maxAttempts === 1 || (route.budget !== undefined && this.#isRetry)) return this.finish(ending)
    const isSafe = options.idempotent !== false || ending === 'unreachable' || ending === 'refused'
    if (!isSafe) return this.finish(ending)
    const { tries } = this
    if (tries >= route.maxAttempts) return this.#stop('attempts', ending)
    const now = route.clock.now()
    const drawn =
      route.backoff === undefined
        ? 0
        : route.backoff.delayMs(tries, this.#backoffMs, route.random.draw(attempt.key, Draw.backoff))
    this.#backoffMs = drawn
    const asked = pushback && this.retryAfterMs !== undefined ? Math.min(this.retryAfterMs, MAX_PUSHBACK_MS) : 0
    const delay = Math.max(asked, drawn)
    if (now + delay >= this.deadlineMs) return this.#stop('deadline', ending)
    if (route.budget !== undefined && !this.withdraw(route.budget, now)) return this.#stop('retry-budget', ending)
    if (this.isDone) return
    this.timer = route.clock.schedule(now + delay, this)
  }

  /** Takes a retry or a copy out of the budget; says so, once, when the budget begins to refuse. */
  protected withdraw(budget: RetryBudget, now: number): boolean {
    const wasExhausted = budget.isExhausted
    if (budget.withdraw(now)) return true
    const { service, events } = this.route
    if (!wasExhausted) events.emit({ type: 'retryBudgetExhausted', atMs: now, service })
    return false
  }

  #stop(why: RetryStop, ending: Ending): void {
    this.retryStopped = why
    this.finish(ending)
  }

  #refuse(reason: RejectionReason, retryAfterMs: number | undefined): void {
    if (this.isDone) return
    this.isAnswered = false
    this.retryAfterMs = retryAfterMs
    this.finish(reason)
  }

  protected exceed(): void {
    if (this.isDone) return
    this.isAnswered = false
    this.deadlineExceeded = true
    this.finish('timeout')
  }

  protected finish(ending: Ending): void {
    if (this.isDone) return
    this.isDone = true
    this.timer?.cancel()
    this.timer = undefined
    this.#attempt = undefined
    this.ending = ending
    this.#sink.settle(this)
  }
}
