import type { IncomingMessage, ServerResponse } from 'node:http'
import { nextTick } from 'node:process'
import type { RejectionReason, RequestContext, RequestScope } from '@seakeep/core'
import {
  type AdmissionSink,
  type Admitted,
  ATTEMPT_HEADER,
  CALLER_HEADER,
  type Clock,
  NO_DEADLINE,
  PRIORITY_HEADER,
  parseTimeout,
  REFUSED_HEADER,
  RETRY_AFTER_MS_HEADER,
  type ServerHost,
  TIMEOUT_HEADER,
} from '@seakeep/core/spi'

/** One request at the door: probed, refused, in the line or at work, and left exactly once. */
export class InboundRequest implements AdmissionSink, RequestContext {
  deadlineMs: number = NO_DEADLINE
  readonly attempt: number
  readonly priority: string | undefined
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #serve: () => boolean
  readonly #host: ServerHost
  readonly #scope: RequestScope
  #place: Admitted | undefined
  #hasLeft = false

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    serve: () => boolean,
    host: ServerHost,
    scope: RequestScope,
  ) {
    this.#scope = scope
    this.#message = message
    this.#response = response
    this.#serve = serve
    this.#host = host
    const { headers } = message
    const attempt = Number(headers[ATTEMPT_HEADER] ?? 1)
    this.attempt = Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1
    this.priority = single(headers[PRIORITY_HEADER])
    this.traceparent = single(headers.traceparent)
    this.tracestate = single(headers.tracestate)
  }

  /** Who names no service is told apart by where the request comes from. */
  get #caller(): string | undefined {
    const named = this.#message.headers[CALLER_HEADER]
    return typeof named === 'string' ? named : this.#message.socket.remoteAddress
  }

  /** Ended by the handler, and still on its way into the connection. */
  get isFlushing(): boolean {
    return this.#response.writableEnded && !this.#response.writableFinished
  }

  enter(clock: Clock): void {
    if (this.#answerProbe()) return
    const timeout = this.#message.headers[TIMEOUT_HEADER]
    const leftMs = typeof timeout === 'string' ? parseTimeout(timeout) : undefined
    if (leftMs !== undefined) this.deadlineMs = clock.now() + leftMs
    const { priority } = this
    const place = this.#host.admission.enter(this.deadlineMs, this, { priority, caller: this.#caller })
    if (this.#hasLeft) place.leave()
    else this.#place = place
  }

  /** The answer has been handed over, or the caller has gone. */
  leave(): void {
    this.#hasLeft = true
    this.#place?.leave()
  }

  /** The connection ends with this answer, where its head has not been sent. */
  endConnection(): void {
    // HTTP/2 has no such header: its connections end with a GOAWAY.
    if (!this.#response.headersSent && this.#message.httpVersionMajor < 2)
      this.#response.setHeader('connection', 'close')
  }

  // ---- AdmissionSink ----

  /**
   * Runs the listeners. What one throws is thrown again from an empty stack, where it is the process's to handle as
   * ever: here it would go up through the request that has just left and given its place to this one.
   */
  admit(): void {
    const message = this.#message
    const scope = this.#scope
    // A body's events come from the connection, which belongs to nobody's request.
    const emit = message.emit
    message.emit = (...event: unknown[]): boolean => scope.run(this, () => Reflect.apply(emit, message, event))
    scope.run(this, () => {
      try {
        if (!this.#serve()) this.#answer(404, 'nobody serves this\n', {})
      } catch (error) {
        nextTick(() => {
          throw error
        })
      }
    })
  }

  refuse(reason: RejectionReason, retryAfterMs: number | undefined): void {
    if (this.#hasLeft) return
    if (reason === 'shutting-down') this.endConnection()
    const waitMs = Math.ceil(retryAfterMs ?? 0)
    this.#answer(reason === 'rate-limited' ? 429 : 503, `refused: ${reason}\n`, {
      'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))),
      [RETRY_AFTER_MS_HEADER]: String(waitMs),
      [REFUSED_HEADER]: reason,
    })
  }

  #answerProbe(): boolean {
    const { url = '', method } = this.#message
    if (method !== 'GET' && method !== 'HEAD') return false
    if (isPath(url, '/livez')) this.#answer(200, 'alive\n', {})
    else if (isPath(url, '/readyz')) {
      if (this.#host.isReady) this.#answer(200, 'ready\n', {})
      else this.#answer(503, 'not ready\n', {})
    } else return false
    return true
  }

  #answer(status: number, text: string, headers: Record<string, string>): void {
    this.#response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
    this.#response.end(text)
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

function isPath(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === '?')
}
