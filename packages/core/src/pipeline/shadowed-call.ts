import type { CallRequest, CancelReason, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { CallOutcome } from '../call/outcome.ts'
import { mix } from '../random/mix.ts'
import { Draw } from '../random/random.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import type { GovernedCall } from './governed-call.ts'
import type { CallFactory, Route, RouteShadow, ShadowRetry } from './route.ts'
import type { StartedCall } from './started-call.ts'

/**
 * A call whose timeout or retries are in shadow: it goes as it would without them, and what they would have done is counted
 * when it commits or ends. Of the retries the first one is known: how a second attempt would have gone, nobody knows.
 */
export class ShadowedCall implements StartedCall, CallSink {
  readonly #call: GovernedCall
  readonly #route: Route
  readonly #options: StartOptions
  readonly #sink: CallSink
  #startMs = 0
  /** The head of the answer was there in time, or not: no timeout counts any more. */
  #isTimed = false

  constructor(
    make: (...parts: Parameters<CallFactory>) => GovernedCall,
    route: Route,
    request: CallRequest,
    options: StartOptions,
    callKey: number,
    sink: CallSink,
  ) {
    this.#route = route
    this.#options = options
    this.#sink = sink
    this.#call = make(route, request, options, callKey, this)
  }

  get isSent(): boolean {
    return this.#call.isSent
  }

  start(): void {
    const { clock, shadow } = this.#route
    this.#startMs = clock.now()
    shadow?.retry?.budget?.deposit(this.#startMs)
    this.#call.start()
  }

  cancel(reason?: CancelReason): void {
    this.#call.cancel(reason)
  }

  // ---- CallSink ----

  commit(answer: unknown): void {
    this.#time(this.#route.clock.now())
    this.#sink.commit(answer)
  }

  settle(outcome: CallOutcome): void {
    const nowMs = this.#route.clock.now()
    const { retry } = this.#shadow
    const isLate = this.#time(nowMs)
    if (retry !== undefined) {
      if (!isLate && outcome.lastFailure !== undefined) this.#retry(retry, outcome, nowMs)
      const verdict = outcome.lastFailure !== undefined ? 'failure' : outcome.isAnswered ? 'success' : 'ignored'
      retry.budget?.onAttempt?.(verdict)
    }
    this.#sink.settle(outcome)
  }

  get #shadow(): RouteShadow {
    return this.#route.shadow as RouteShadow
  }

  /** Counts the timeouts that would have come before; true where that of the attempt would have, which is then retried. */
  #time(nowMs: number): boolean {
    if (this.#isTimed) return false
    this.#isTimed = true
    const { retry, counter } = this.#shadow
    const { shadowTimeoutMs = NO_DEADLINE } = this.#route.policy
    const isOver = nowMs - this.#startMs > shadowTimeoutMs
    const attemptMs = retry?.attemptTimeoutMs ?? NO_DEADLINE
    const { isSent, sentMs } = this.#call
    const isLate = isSent && nowMs - sentMs > attemptMs && sentMs + attemptMs < this.#deadlineMs
    if (isLate && retry !== undefined) {
      counter.count('attempt-timeout')
      this.#retry(retry, undefined, sentMs + attemptMs)
    }
    if (isOver) counter.count('timeout')
    return isLate
  }

  /** When the call would have to have ended. */
  get #deadlineMs(): number {
    const { timeoutMs, policy } = this.#route
    const ownMs = this.#startMs + (timeoutMs ?? policy.shadowTimeoutMs ?? NO_DEADLINE)
    return Math.min(ownMs, this.#options.deadlineMs ?? NO_DEADLINE)
  }

  /** What {@link GovernedCall} asks before a retry, in its order. Without an outcome the attempt has timed out. */
  #retry(retry: ShadowRetry, outcome: CallOutcome | undefined, atMs: number): void {
    const { idempotent, parentAttempt = 1 } = this.#options
    const isUnsent = outcome?.lastFailure === 'unreachable' || outcome?.lastFailure === 'refused'
    if (retry.maxAttempts === 1 || (idempotent === false && !isUnsent)) return
    if (retry.budget !== undefined && parentAttempt > 1) return
    const { callKey } = this.#call
    const u = this.#route.random.draw(mix(callKey, 1) | 0, Draw.backoff)
    const waitMs = Math.max(retry.backoff.delayMs(1, 0, u), outcome?.retryAfterMs ?? 0)
    if (atMs + waitMs >= this.#deadlineMs) return
    if (retry.budget?.withdraw(atMs) !== false) this.#shadow.counter.count('retried')
  }
}
