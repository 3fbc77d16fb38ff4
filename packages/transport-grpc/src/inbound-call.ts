import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import type { RejectionReason, RequestContext } from '@seakeep/core'
import {
  type AdmissionSink,
  type Admitted,
  ATTEMPT_HEADER,
  CALLER_HEADER,
  type Clock,
  type MalformedRequests,
  NO_DEADLINE,
  PRIORITY_HEADER,
  REFUSED_HEADER,
  requestScope,
  type ServerHost,
} from '@seakeep/core/spi'
import { PUSHBACK_KEY } from './grpc-metadata.ts'
import { HEALTH_PREFIX } from './health-service.ts'
import { detailsSent, faultIn } from './malformed-calls.ts'
import { REFLECTION_PREFIX } from './reflection-service.ts'

/**
 * Puts admission in front of every handler of a server, but for those who ask how it is. It stands nearest to the wire, so
 * that what is refused costs neither the reading of a message nor an interceptor of the server's own.
 */
export function admissionInterceptor(host: ServerHost, clock: Clock, malformed: MalformedRequests): ServerInterceptor {
  return ({ path }, call) => {
    if (path.startsWith(HEALTH_PREFIX) || path.startsWith(REFLECTION_PREFIX)) return new ServerInterceptingCall(call)
    return new InboundCall(call, host, clock, malformed).intercepted()
  }
}

/** One call at the door: refused, in the line or at work, and left exactly once. */
class InboundCall implements AdmissionSink, RequestContext {
  deadlineMs: number = NO_DEADLINE
  attempt = 1
  priority: string | undefined = undefined
  traceparent: string | undefined = undefined
  tracestate: string | undefined = undefined
  readonly #call: ServerInterceptingCallInterface
  readonly #host: ServerHost
  readonly #clock: Clock
  readonly #malformed: MalformedRequests
  #serve: () => void = NOTHING
  #place: Admitted | undefined = undefined
  #isAnswered = false
  #hasLeft = false

  constructor(call: ServerInterceptingCallInterface, host: ServerHost, clock: Clock, malformed: MalformedRequests) {
    this.#call = call
    this.#host = host
    this.#clock = clock
    this.#malformed = malformed
  }

  intercepted(): ServerInterceptingCall {
    return new ServerInterceptingCall(this.#call, {
      start: (next) =>
        next({
          // What a handler is given, the first message included, waits for this.
          onReceiveMetadata: (metadata, pass) => this.#enter(metadata, () => pass(metadata)),
          // They come from the connection, which knows nothing of the request.
          onReceiveMessage: (message, pass) => requestScope.run(this, () => pass(message)),
          onReceiveHalfClose: (pass) => requestScope.run(this, pass),
          // Told at the end of every call, however it ended.
          onCancel: () => this.#leave(),
        }),
      sendStatus: (ended, next) => {
        this.#isAnswered = true
        // Who sends half a message and ends has sent none.
        if (ended.code === status.UNIMPLEMENTED) this.#count(ended.details)
        next(ended)
      },
    })
  }

  // ---- AdmissionSink ----

  admit(): void {
    requestScope.run(this, this.#serve)
  }

  refuse(reason: RejectionReason, retryAfterMs: number | undefined): void {
    if (!this.#hasLeft) this.#call.sendStatus(refusalOf(reason, retryAfterMs))
  }

  #enter(metadata: Metadata, serve: () => void): void {
    this.#serve = serve
    const deadline = Number(this.#call.getDeadline())
    if (Number.isFinite(deadline)) this.deadlineMs = this.#clock.now() + deadline - this.#clock.wallNow()
    const attempt = Number(textIn(metadata, ATTEMPT_HEADER) ?? 1)
    if (Number.isSafeInteger(attempt) && attempt > 0) this.attempt = attempt
    this.priority = textIn(metadata, PRIORITY_HEADER)
    this.traceparent = textIn(metadata, 'traceparent')
    this.tracestate = textIn(metadata, 'tracestate')
    // Who names no service is told apart by where the request comes from.
    const caller = textIn(metadata, CALLER_HEADER) ?? this.#call.getConnectionInfo().remoteAddress
    const place = this.#host.admission.enter(this.deadlineMs, this, { priority: this.priority, caller })
    if (this.#hasLeft) place.leave()
    else this.#place = place
  }

  #count(details: string): void {
    const fault = faultIn(details)
    if (fault !== undefined) this.#malformed.count(fault)
  }

  /** Broken off unanswered: at its deadline by overload, before it by its caller, which says nothing. */
  #leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    if (this.#isAnswered) return this.#place?.leave()
    this.#count(detailsSent(this.#call))
    this.#place?.leave(this.#clock.now() >= this.deadlineMs ? 'drop' : 'ignore')
  }
}

const NOTHING = (): void => {}

/**
 * What a refused call is told. Plain gRPC clients go by the status and A6's pushback, Seakeep's by `seakeep-refused` too:
 * it says that the call was not begun.
 */
function refusalOf(reason: RejectionReason, retryAfterMs: number | undefined): StatusObject {
  const metadata = new Metadata()
  metadata.set(REFUSED_HEADER, reason)
  if (retryAfterMs !== undefined) metadata.set(PUSHBACK_KEY, String(Math.ceil(retryAfterMs)))
  const code = reason === 'rate-limited' ? status.RESOURCE_EXHAUSTED : status.UNAVAILABLE
  return { code, details: `refused: ${reason}`, metadata }
}

function textIn(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key)
  return typeof value === 'string' ? value : undefined
}
