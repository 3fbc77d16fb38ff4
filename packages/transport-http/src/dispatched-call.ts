import type { Buffer } from 'node:buffer'
import type { CallOutcome, CallSink, Cancel } from '@seakeep/core/spi'
import { errorOf } from '@seakeep/core/spi'
import type { Dispatcher } from 'undici'
import { RawAnswer, type RawHeaders, type RawReader } from './raw-answer.ts'

/**
 * A governed call as undici's clients see it: on one side the sink of the call, on the other the controller and the
 * events of a dispatch. They are told of the last answer only, and of no attempt before it.
 */
export class DispatchedCall implements CallSink, RawReader, Dispatcher.DispatchController {
  readonly service: string
  readonly callId: string
  readonly #handler: Dispatcher.DispatchHandler
  readonly #onEnd: () => void
  #cancel: Cancel | undefined = undefined
  #answer: RawAnswer | undefined = undefined
  #isCommitted = false
  #isSettled = false
  #isOver = false

  aborted = false
  paused = false
  reason: Error | null = null

  constructor(service: string, callId: string, handler: Dispatcher.DispatchHandler, onEnd: () => void) {
    this.service = service
    this.callId = callId
    this.#handler = handler
    this.#onEnd = onEnd
  }

  get rawHeaders(): RawHeaders {
    return this.#answer?.headers ?? null
  }
  get rawTrailers(): RawHeaders {
    return this.#answer?.rawTrailers ?? null
  }

  /** Hands the controller over; false where the client has called it off within. */
  open(): boolean {
    try {
      this.#handler.onRequestStart?.(this, {})
    } catch (error) {
      this.abort(error as Error)
    }
    return !this.#isOver
  }

  /** What calls the governed call off, once there is one. */
  follow(cancel: Cancel): void {
    if (this.#isSettled) return
    if (this.aborted) cancel('cancelled')
    else this.#cancel = cancel
  }

  // ---- Dispatcher.DispatchController ----

  abort(reason: Error): void {
    if (this.aborted || this.#isOver) return
    this.aborted = true
    this.reason = reason
    this.#fail(reason)
    if (this.#isCommitted) this.#answer?.leave()
    else this.#cancel?.('cancelled')
  }

  pause(): void {
    this.paused = true
    if (!this.#isSettled) this.#answer?.controller.pause()
  }

  resume(): void {
    this.paused = false
    this.#handOut()
    if (!this.paused && !this.#isSettled) this.#answer?.controller.resume()
  }

  // ---- RawReader ----

  onData(chunk: Buffer): void {
    if (this.#isOver) return
    if (this.paused || this.#answer?.held !== undefined) this.#answer?.hold(chunk)
    else this.#tellData(chunk)
  }

  // ---- CallSink ----

  commit(answer: unknown): void {
    this.#isCommitted = true
    this.#begin(answer as RawAnswer)
    this.#handOut()
  }

  settle(outcome: CallOutcome): void {
    this.#isSettled = true
    this.#cancel = undefined
    if (this.#isOver) return
    const { value, ending, error } = outcome
    const isWhole = this.#isCommitted ? error === undefined : value instanceof RawAnswer
    if (isWhole && (ending === 'ok' || ending === 'error' || ending === 'refused')) {
      if (!this.#isCommitted) this.#begin(value as RawAnswer)
      this.#handOut()
    } else this.#fail(errorOf(outcome, this.service, this.callId, this.reason ?? undefined))
  }

  /** Ends it with an error of this side; whatever was begun is called off. */
  fail(error: Error): void {
    this.#fail(error)
    this.#cancel?.('cancelled')
  }

  #begin(answer: RawAnswer): void {
    this.#answer = answer
    answer.reader = this
    if (this.#isOver) return
    try {
      this.#handler.onResponseStart?.(this, answer.status, answer.parsedHeaders, answer.statusText)
    } catch (error) {
      this.abort(error as Error)
    }
  }

  /** What was held, as long as the reader keeps up; then the end, where it has come. */
  #handOut(): void {
    const answer = this.#answer
    if (answer === undefined) return
    while (!this.paused && !this.#isOver && answer.held !== undefined) {
      const chunk = answer.held.shift()
      if (answer.held.length === 0) answer.held = undefined
      if (chunk !== undefined) this.#tellData(chunk)
    }
    if (!this.#isSettled || this.paused || this.#isOver) return
    this.#isOver = true
    this.#onEnd()
    this.#handler.onResponseEnd?.(this, answer.trailers ?? {})
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd()
    this.#handler.onResponseError?.(this, error)
  }

  /** A client that throws has called it off: as undici has it. */
  #tellData(chunk: Buffer): void {
    if (this.#isOver) return
    try {
      this.#handler.onResponseData?.(this, chunk)
    } catch (error) {
      this.abort(error as Error)
    }
  }
}
