import type { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import {
  type Answer,
  AttemptError,
  CancelledError,
  ConfigError,
  DeadlineExceededError,
  type SeakeepError,
} from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  type CancelReason,
  type Clock,
  NO_DEADLINE,
} from '@seakeep/core/spi'
import { headersOf } from './answer-headers.ts'
import { CallAttempt } from './call-attempt.ts'
import { metadataOf } from './call-head.ts'
import { answered, failed } from './call-result.ts'
import type { GrpcCodec } from './codec.ts'
import type { EndpointChannel } from './endpoint-channel.ts'
import { isReplayable, MessagePump, type PumpSink, sourceOf } from './message-pump.ts'
import { MessageStream } from './message-stream.ts'
import type { MethodKind } from './method-kind.ts'
import { StubAnswer } from './stub-request.ts'

/** Bodies that have been read from: what can be read once is not sent twice, be it by a retry or by a copy. */
const begun = new WeakSet<object>()

/**
 * One attempt at a method that streams its request, its answer or both.
 *
 * A streamed answer is committed at its first message: headers alone are not, so that a call that fails before it has
 * brought anything can still be tried again. A streamed request is not read before there is a connection, and a request
 * that was read and cannot be read again makes the attempt final.
 */
export class StreamAttempt extends CallAttempt implements PumpSink {
  readonly #kind: MethodKind
  #pump: MessagePump | undefined = undefined
  /** The request has been read from, and cannot be had again. */
  #isSpent = false
  #stream: MessageStream | undefined = undefined
  #answer: Answer | undefined = undefined
  /** Of a method that answers with one message. */
  #message: Buffer | undefined = undefined
  #isReading = false

  constructor(
    kind: MethodKind,
    method: string,
    attempt: Attempt,
    sink: AttemptSink<AttemptResult>,
    channel: EndpointChannel,
    codec: GrpcCodec,
    clock: Clock,
  ) {
    super(method, attempt, sink, channel, codec, clock)
    this.#kind = kind
  }

  override send(): void {
    const { attempt } = this
    const { request } = attempt
    this.#isReading = false
    // The attempt's own timeout covers a streamed answer up to its head only; a server would end the whole by it.
    if (!this.#kind.responseStream) this.toldDeadlineMs = attempt.deadlineMs
    else this.toldDeadlineMs = attempt.callerDeadlineMs ?? NO_DEADLINE
    const metadata = metadataOf(attempt, this.toldDeadlineMs, this.sentMs)
    const bytes = this.#kind.requestStream ? undefined : this.encoded(request.body)
    if (this.#kind.requestStream) this.#checkUnread(request.body)
    const call = this.channel.enter(`/${this.method}`, this)
    this.call = call
    call.start(metadata, this)
    this.#read()
    if (bytes !== undefined) {
      call.sendMessageWithContext({}, bytes)
      call.halfClose()
    } else if (this.channel.isConnected) this.onConnected()
  }

  /** Now that there is somewhere to send it, the request is read. */
  override onConnected(): void {
    if (this.isOver || !this.#kind.requestStream || this.#pump !== undefined) return
    const { body } = this.attempt.request
    try {
      this.#pump = new MessagePump(sourceOf(body), this)
    } catch (error) {
      return this.breakOff(failed(error as Error))
    }
    if (!isReplayable(body)) {
      this.#isSpent = true
      begun.add(body as object)
    }
    this.#pump.start()
  }

  protected override get canBeResent(): boolean {
    return this.#pump === undefined
  }

  // ---- the request's messages ----

  onSource(message: unknown, taken: () => void): void {
    let bytes: Buffer
    try {
      bytes = this.encoded(message)
    } catch (error) {
      return this.onSourceError(error as Error)
    }
    this.call?.sendMessageWithContext({ callback: taken }, bytes)
  }

  onSourceEnd(): void {
    if (!this.isOver) this.call?.halfClose()
  }

  onSourceError(error: Error): void {
    this.breakOff(failed(error))
  }

  // ---- the answer's ----

  override onReceiveMessage(message: Buffer): void {
    this.#isReading = false
    if (this.isOver) return
    this.channel.heardAtMs = this.clock.now()
    if (this.#kind.responseStream) return this.#onPiece(message)
    if (this.#message !== undefined) return this.breakOff(failed(new Error('the answer has more than one message')))
    this.#message = message
    this.#read()
  }

  protected override onGoodEnd(trailers: Metadata): void {
    if (!this.#kind.responseStream) return this.#onWhole(trailers)
    const stream = this.#stream ?? this.#begin()
    const answer = this.#answer as Answer
    this.#tell(trailers)
    this.settle(answered(answer))
    stream.end(headersOf(trailers))
  }

  #onPiece(message: Buffer): void {
    let decoded: unknown
    try {
      decoded = this.codec.decode(this.method, message)
    } catch (cause) {
      return this.breakOff(this.notOne(message, cause))
    }
    const isFirst = this.#stream === undefined
    const stream = this.#stream ?? this.#begin()
    stream.push(decoded)
    if (isFirst) this.sink.commit(this.#answer)
    if (!this.isOver && stream.hasRoom) this.#read()
  }

  #begin(): MessageStream {
    const stream = new MessageStream(
      () => this.#read(),
      () => this.#onReaderLeft(),
    )
    this.#stream = stream
    this.#answer = this.answerOf(stream, undefined)
    return stream
  }

  #onWhole(trailers: Metadata): void {
    const message = this.#message
    if (message === undefined) return this.settle(failed(new Error('the answer is OK and has no message')))
    let body: unknown
    try {
      body = this.codec.decode(this.method, message)
    } catch (cause) {
      return this.settle(this.notOne(message, cause, trailers))
    }
    this.settle(answered(this.answerOf(body, trailers)))
  }

  #tell(trailers: Metadata | undefined): void {
    if (this.#answer instanceof StubAnswer) this.#answer.trailers = trailers
  }

  #read(): void {
    if (this.isOver || this.#isReading) return
    this.#isReading = true
    this.call?.startRead()
  }

  // ---- endings ----

  /** Who reads no further has what it wanted of a good answer. */
  #onReaderLeft(): void {
    if (this.isOver || this.#answer === undefined) return
    this.breakOff(answered(this.#answer))
  }

  protected override settle(result: AttemptResult): void {
    this.#pump?.stop()
    const stream = this.#stream
    super.settle(this.#isSpent ? { ...result, isFinal: true } : result)
    if (stream === undefined || (result.ending === 'ok' && result.error === undefined)) return
    stream.fail(new AttemptError('error', { ...this.#details(), status: result.status, cause: result.error }))
  }

  protected override onCalledOff(reason: CancelReason | undefined): void {
    this.#pump?.stop()
    const details = this.#details()
    const error: SeakeepError = reason === 'timeout' ? new DeadlineExceededError(details) : new CancelledError(details)
    this.#stream?.abort(error)
  }

  #details(): { service: string; endpoint: string | undefined; attempt: number } {
    const { service, endpoint, number } = this.attempt
    return { service, endpoint: endpoint?.id, attempt: number }
  }

  #checkUnread(body: unknown): void {
    if (typeof body !== 'object' || body === null || !begun.has(body)) return
    this.#isSpent = true
    throw new ConfigError(
      'request.body',
      'it has been read by another attempt; an array or a function can be sent again',
    )
  }
}
