import type { CallRequest, StartOptions } from '../call/call.ts'
import type { Answer } from '../call/outcome.ts'
import { headerOf, isReadOnce } from '../call/request-traits.ts'
import type { Duration } from '../options/duration.ts'
import { parseDuration } from '../options/parse-duration.ts'
import type { CallStarter } from '../pipeline/call-starter.ts'
import type { Clock } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import { promisedAnswer } from './promised-answer.ts'

export interface CallOptions {
  /** Of this, the policy's timeout and the caller's deadline the earliest counts. */
  readonly timeout?: Duration
  /** Routing and rate-limit key. */
  readonly key?: string
  readonly priority?: string
  /** Default: by method (GET, HEAD, PUT, DELETE, OPTIONS, TRACE) or an Idempotency-Key; true for other protocols. */
  readonly idempotent?: boolean
  readonly signal?: AbortSignal
  /** The inbound request this call is made for: its deadline is passed down, and what is itself a retry is not retried. */
  readonly parent?: CallParent | undefined
}

/** What a call inherits from the inbound request it is made for. */
export interface CallParent {
  /** An instant of the runtime's clock. */
  readonly deadlineMs?: number | undefined
  /** Which attempt of its own caller the request is, from 1. */
  readonly attempt?: number | undefined
  readonly priority?: string | undefined
  /** W3C trace context: sent on, unless the request has headers of its own for it. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
}

const NO_OPTIONS: CallOptions = {}
const UNSAFE_METHOD = /^(POST|PATCH|CONNECT) /

/** A service as something to call. */
export class Client {
  readonly service: string
  readonly #runtime: CallStarter
  readonly #clock: Clock

  constructor(runtime: CallStarter, service: string, clock: Clock) {
    this.#runtime = runtime
    this.service = service
    this.#clock = clock
  }

  /**
   * Resolves to the answer. Rejects with an AttemptError where its status is 400 or more or none came, with a
   * RejectedError where it was refused here, with DeadlineExceededError or CancelledError where it was ended.
   */
  call(request: CallRequest = {}, options: CallOptions = NO_OPTIONS): Promise<Answer> {
    const number = this.#runtime.nextCallNumber()
    const answer = promisedAnswer(this.service, number, options.signal)
    if (answer.isAborted) answer.rejectAborted()
    else {
      try {
        const start = this.#startOptions(request, options, number)
        const traced = options.parent?.traceparent === undefined ? request : withTrace(request, options.parent)
        answer.follow(this.#runtime.start(this.service, traced, start, answer))
      } catch (error) {
        answer.reject(error)
      }
    }
    return answer.promise
  }

  #startOptions(request: CallRequest, options: CallOptions, callKey: number): StartOptions {
    const { timeout, key, parent } = options
    const own = timeout === undefined ? NO_DEADLINE : this.#clock.now() + parseDuration(timeout, 'options.timeout')
    return {
      deadlineMs: Math.min(own, parent?.deadlineMs ?? NO_DEADLINE),
      key,
      priority: options.priority ?? parent?.priority,
      idempotent: options.idempotent ?? isIdempotent(request),
      parentAttempt: parent?.attempt,
      callKey,
    }
  }
}

function withTrace(request: CallRequest, { traceparent, tracestate }: CallParent): CallRequest {
  if (headerOf(request.headers, 'traceparent') !== undefined || traceparent === undefined) return request
  return {
    ...request,
    headers: { ...request.headers, traceparent, ...(tracestate === undefined ? {} : { tracestate }) },
  }
}

/** By method, as RFC 9110 9.2.2 has it, or by the Idempotency-Key header; never with a body that can be read only once. */
function isIdempotent({ method, headers, body }: CallRequest): boolean {
  if (typeof body === 'object' && isReadOnce(body)) return false
  if (method === undefined || !UNSAFE_METHOD.test(method)) return true
  if (headers === undefined) return false
  return Object.keys(headers).some((name) => name.toLowerCase() === 'idempotency-key')
}
