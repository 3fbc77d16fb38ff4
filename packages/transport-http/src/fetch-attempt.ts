import type { Buffer } from 'node:buffer'
import {
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  type CancelReason,
  type Clock,
  REFUSED_HEADER,
  retryAfterMs,
} from '@seakeep/core/spi'
import type { Dispatcher } from 'undici'
import { failed, unreachable } from './answer-result.ts'
import type { FetchRequest } from './fetch-request.ts'
import type { AnswerCount } from './http-attempt.ts'
import { RawAnswer } from './raw-answer.ts'
import { misuseOf } from './request-misuse.ts'

/** Made once: it only tells undici to let go, nobody is told it. */
const CALLED_OFF = new Error('the attempt was called off')

/**
 * One attempt of a request whose answer is handed out untouched. Below 500, but for 429, the answer is committed at its
 * head and its bytes go through. Of those that may be tried again, the body is held until it has ended, so that the last
 * one can be handed out and the others are drained; one that is too large to be held is committed as it is.
 */
export class FetchAttempt implements Dispatcher.DispatchHandler {
  readonly #attempt: Attempt
  readonly #request: FetchRequest
  readonly #sink: AttemptSink<AttemptResult>
  readonly #clock: Clock
  readonly #pool: AnswerCount
  readonly #holdBytes: number
  #controller: Dispatcher.DispatchController | undefined = undefined
  #isOver = false
  #isCommitted = false
  #answer: RawAnswer | undefined = undefined
  #heldBytes = 0

  constructor(attempt: Attempt, sink: AttemptSink<AttemptResult>, clock: Clock, holdBytes: number, pool: AnswerCount) {
    this.#pool = pool
    this.#attempt = attempt
    this.#request = attempt.request as FetchRequest
    this.#sink = sink
    this.#clock = clock
    this.#holdBytes = holdBytes
  }

  cancel(_reason: CancelReason | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#controller?.abort(CALLED_OFF)
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
    statusText?: string,
  ): void {
    this.#pool.answers += 1
    if (status < 200 || this.#isOver) return
    this.#answer = new RawAnswer(status, headers, statusText, controller, () => this.#onReaderLeft())
    if (status < 500 && status !== 429) this.#commit(this.#answer)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const answer = this.#answer
    if (this.#isOver || answer === undefined) return
    if (this.#isCommitted) return void answer.reader?.onData(chunk)
    answer.hold(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes > this.#holdBytes) this.#commit(answer)
  }

  onResponseEnd(
    controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
    const answer = this.#answer
    if (this.#isOver || answer === undefined) return
    answer.trailers = trailers
    answer.rawTrailers = controller.rawTrailers ?? null
    this.#settle(this.#resultOf(answer))
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, thrown: Error): void {
    if (this.#isOver) return
    const misuse = misuseOf(thrown)
    if (misuse !== undefined) this.#settle(failed(misuse, undefined, undefined))
    else if (this.#controller === undefined) this.#settle(unreachable(thrown))
    else this.#settle({ ...failed(thrown, undefined, undefined), isFinal: !this.#request.body.canBeSent })
  }

  // ---- endings ----

  #commit(answer: RawAnswer): void {
    this.#isCommitted = true
    this.#sink.commit(answer)
  }

  #settle(result: AttemptResult): void {
    this.#isOver = true
    this.#sink.settle(result)
  }

  /** A 503 of a call that is not idempotent is a refusal only where a Seakeep server says that it did not begin. */
  #resultOf(answer: RawAnswer): AttemptResult {
    const { status, parsedHeaders } = answer
    const isPushback = status === 503 || status === 429
    const isRefusal = isPushback && (this.#attempt.idempotent || parsedHeaders[REFUSED_HEADER] !== undefined)
    return {
      ending: isRefusal ? 'refused' : 'ok',
      value: answer,
      error: undefined,
      status,
      retryAfterMs: isPushback
        ? retryAfterMs(parsedHeaders as Record<string, string>, this.#clock.wallNow())
        : undefined,
      isFinal: !this.#request.body.canBeSent,
    }
  }

  /** Who reads no further has what it wanted of a good answer. */
  #onReaderLeft(): void {
    if (this.#isOver || this.#answer === undefined) return
    this.#settle({ ending: 'ok', value: this.#answer, error: undefined, status: this.#answer.status })
    this.#controller?.abort(CALLED_OFF)
  }
}
