import type { Attempt, AttemptSink, Cancel } from '../call/call.ts'
import { statusOf } from '../call/classification.ts'
import type { AttemptResult } from '../call/outcome.ts'
import { askedWaitMs } from '../call/retry-after.ts'
import type { Clock } from '../time/clock.ts'
import type { Transport } from '../transport/transport.ts'
import type { GuardedRequest } from './execute-context.ts'
import type { SentAttempt } from './sent-attempt.ts'

/** "Sends" an attempt by running the caller's function. */
export class FunctionTransport implements Transport {
  readonly protocol = 'function'
  readonly #clock: Clock
  /** Those whose promise has settled, to be used again. */
  #free: Follower | undefined = undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    let answer: unknown
    let isPromised: boolean
    try {
      // What guards a function is the pipeline itself.
      answer = (attempt.request as GuardedRequest<unknown>)(attempt as SentAttempt)
      isPromised = isPromiseLike(answer)
    } catch (error) {
      sink.settle(failed(error, this.#clock))
      return NOTHING
    }
    if (!isPromised) sink.settle(succeeded(answer, this.#clock))
    else if ((answer as PromiseLike<unknown>).then === PLATFORM_THEN) this.#follow(answer as Promise<unknown>, sink)
    else {
      ;(answer as PromiseLike<unknown>).then(
        (value) => sink.settle(succeeded(value, this.#clock)),
        (error: unknown) => sink.settle(failed(error, this.#clock)),
      )
    }
    return NOTHING
  }

  close(_deadlineMs: number, done: () => void): void {
    done()
  }

  #follow(answer: Promise<unknown>, sink: AttemptSink<AttemptResult>): void {
    const follower = this.#free ?? new Follower((used) => this.#release(used), this.#clock)
    this.#free = follower.next
    follower.sink = sink
    answer.then(follower.onValue, follower.onError)
  }

  #release(follower: Follower): void {
    follower.next = this.#free
    this.#free = follower
  }
}

/**
 * The two callbacks of one promise, which a platform promise calls once, one of them: after that they serve another.
 * Made anew for each call they would be a tenth of what it allocates.
 */
class Follower {
  sink: AttemptSink<AttemptResult> | undefined = undefined
  next: Follower | undefined = undefined
  readonly onValue: (value: unknown) => void
  readonly onError: (error: unknown) => void

  constructor(release: (used: Follower) => void, clock: Clock) {
    this.onValue = (value) => this.#take(release)?.settle(succeeded(value, clock))
    this.onError = (error) => this.#take(release)?.settle(failed(error, clock))
  }

  #take(release: (used: Follower) => void): AttemptSink<AttemptResult> | undefined {
    const { sink } = this
    this.sink = undefined
    release(this)
    return sink
  }
}

/** What calls one of its callbacks, once. */
const PLATFORM_THEN = Promise.prototype.then

/** A function is called off by its signal. */
const NOTHING: Cancel = () => {}

/** A value that throws when it is asked for its status is none. */
function succeeded(value: unknown, clock: Clock): AttemptResult {
  if (typeof value !== 'object' || value === null) {
    return { ending: 'ok', value, error: undefined, status: undefined, retryAfterMs: undefined }
  }
  try {
    const status = statusOf(value)
    return { ending: 'ok', value, error: undefined, status, retryAfterMs: waitMs(value, status, clock) }
  } catch (error) {
    return failed(error, clock)
  }
}

function failed(error: unknown, clock: Clock): AttemptResult {
  try {
    const status = statusOf(error)
    return { ending: 'error', value: undefined, error, status, retryAfterMs: waitMs(error, status, clock) }
  } catch {
    // Whoever classifies it would look at it again.
    return { ending: 'error', value: undefined, error: new Error('the error cannot be read', { cause: error }) }
  }
}

/** Only who answers 429 or 503 is asked when to come back. */
function waitMs(ended: unknown, status: number | undefined, clock: Clock): number | undefined {
  return status === 429 || status === 503 ? askedWaitMs(ended, clock.wallNow()) : undefined
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
