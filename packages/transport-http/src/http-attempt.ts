import { Buffer } from 'node:buffer'
import { type Answer, AttemptError, CancelledError, DeadlineExceededError, type SeakeepError } from '@seakeep/core'
import type { Attempt, AttemptResult, AttemptSink, CancelReason, Clock } from '@seakeep/core/spi'
import type { Dispatcher } from 'undici'
import { answered, failed, unreachable, wholeAnswer } from './answer-result.ts'
import { AnswerStream } from './answer-stream.ts'
import { readOnceBody } from './request-body.ts'
import { misuseOf } from './request-misuse.ts'

/** Where it is counted that an answer has begun. */
export interface AnswerCount {
  answers: number
}

/** Made once: it only tells undici to let go, nobody is told it. */
const CALLED_OFF = new Error('the attempt was called off')
const EMPTY = Buffer.alloc(0)

/**
 * One attempt as undici's handler: it gathers the answer and settles once. What undici has not begun to write (refused,
 * no such host, connect timeout) is `unreachable`, what breaks later is an `error`, and so is an answer over the bound.
 */
export class HttpAttempt implements Dispatcher.DispatchHandler {
  readonly #attempt: Attempt
  readonly #sink: AttemptSink<AttemptResult>
  readonly #clock: Clock
  readonly #pool: AnswerCount
  readonly #maxBytes: number
  #controller: Dispatcher.DispatchController | undefined = undefined
  #isOver = false
  #status = 0
  #headers: Record<string, string> = NO_HEADERS
  #first: Buffer | undefined = undefined
  #more: Buffer[] | undefined = undefined
  #size = 0
  #streamed: Answer | undefined = undefined
  #stream: AnswerStream | undefined = undefined

  constructor(attempt: Attempt, sink: AttemptSink<AttemptResult>, clock: Clock, maxBytes: number, pool: AnswerCount) {
    this.#pool = pool
    this.#attempt = attempt
    this.#sink = sink
    this.#clock = clock
    this.#maxBytes = maxBytes
  }

  /** Lets go of the connection at once. Where the request has not been written, it never will be. */
  cancel(reason: CancelReason | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#controller?.abort(CALLED_OFF)
    this.#stream?.destroy(this.#calledOff(reason))
  }

  // ---- undici's handler ----

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) controller.abort(CALLED_OFF)
    else this.#controller = controller
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#pool.answers += 1
    if (status < 200 || this.#isOver) return
    this.#status = status
    this.#headers = joined(headers)
    if (this.#attempt.request.stream === true && status < 400) {
      this.#stream = new AnswerStream(controller, () => this.#onReaderLeft())
      this.#streamed = { status, headers: this.#headers, body: this.#stream }
      this.#sink.commit(this.#streamed)
    } else if (Number(this.#headers['content-length']) > this.#maxBytes && !this.#isHead) this.#refuseSize(controller)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk)) controller.pause()
      return
    }
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) this.#refuseSize(controller)
    else if (this.#first === undefined) this.#first = chunk
    else if (this.#more === undefined) this.#more = [this.#first, chunk]
    else this.#more.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    if (this.#streamed === undefined) {
      this.#settle(this.#wholeAnswer())
      return
    }
    this.#settle(answered(this.#streamed))
    this.#stream?.push(null)
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, thrown: Error): void {
    if (this.#isOver) return
    const misuse = misuseOf(thrown)
    if (misuse !== undefined) {
      this.#settle(failed(misuse, undefined, undefined))
    } else if (this.#controller === undefined) {
      this.#settle(unreachable(thrown))
    } else {
      this.#settle(failed(thrown, this.#streamed, this.#streamed?.status))
      this.#stream?.destroy(new AttemptError('error', { ...this.#details(), status: this.#status, cause: thrown }))
    }
  }

  // ---- endings ----

  /** What has been told is final before anybody is: no ending comes after another. */
  #settle(result: AttemptResult): void {
    this.#isOver = true
    const { body } = this.#attempt.request
    // What was read of a stream is gone: it is not sent again, whatever the policy says.
    const isSpent = typeof body === 'object' && readOnceBody(body)?.canBeSent === false
    this.#sink.settle(isSpent ? { ...result, isFinal: true } : result)
  }

  #wholeAnswer(): AttemptResult {
    const bytes = this.#more === undefined ? (this.#first ?? EMPTY) : Buffer.concat(this.#more, this.#size)
    return wholeAnswer(this.#status, this.#headers, bytes, this.#attempt.idempotent, this.#clock)
  }

  #refuseSize(controller: Dispatcher.DispatchController): void {
    const error = new Error(`the answer is larger than ${this.#maxBytes} bytes (maxAnswerBytes of http())`)
    this.#settle(failed(error, undefined, this.#status))
    controller.abort(error)
  }

  /** Who reads no further has what it wanted of a good answer. */
  #onReaderLeft(): void {
    if (this.#isOver || this.#streamed === undefined) return
    this.#settle(answered(this.#streamed))
    this.#controller?.abort(CALLED_OFF)
  }

  get #isHead(): boolean {
    return this.#attempt.request.method?.startsWith('HEAD ') === true
  }

  #calledOff(reason: CancelReason | undefined): SeakeepError {
    return reason === 'timeout' ? new DeadlineExceededError(this.#details()) : new CancelledError(this.#details())
  }

  #details(): { service: string; endpoint: string | undefined; attempt: number } {
    const { service, endpoint, number } = this.#attempt
    return { service, endpoint: endpoint?.id, attempt: number }
  }
}

const NO_HEADERS: Record<string, string> = {}

/** A header that came several times, as `Headers` gives it: joined by a comma. The object is this answer's own. */
function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'object') headers[name] = value.join(', ')
  }
  return headers as Record<string, string>
}
