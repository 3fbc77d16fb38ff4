import type { Buffer } from 'node:buffer'
import { type Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type Answer, ConfigError, isConfigError } from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  after,
  type CancelReason,
  type Clock,
  NO_DEADLINE,
  type Timer,
} from '@seakeep/core/spi'
import { headersOf } from './answer-headers.ts'
import { failed, isStreamRefused, resultOf, retriedBy, unreachable } from './call-result.ts'
import type { GrpcCodec } from './codec.ts'
import type { EndpointChannel, Exchange, GrpcCall } from './endpoint-channel.ts'
import { bufferOf, StubAnswer, StubRequest } from './stub-request.ts'

/**
 * A server that is told the deadline ends the call at it too, by its own clock, and its DEADLINE_EXCEEDED (or its reset)
 * may be here a moment before the deadline is. What comes so close to it is the deadline, which is not ours to tell: the
 * pipeline ends the attempt at that instant, as a timeout.
 */
const DEADLINE_ECHO_MS = 10

/**
 * One attempt as the listener of a call: what unary and streamed ones have in common, above all that each settles once. It
 * stands on the channel's calls and not on `Client.make…Request`, which makes an Error for each call, in case it should
 * fail.
 */
export abstract class CallAttempt implements Exchange {
  /** When it was sent, by the runtime's clock. */
  readonly sentMs: number
  protected readonly attempt: Attempt
  protected readonly sink: AttemptSink<AttemptResult>
  protected readonly channel: EndpointChannel
  protected readonly codec: GrpcCodec
  protected readonly clock: Clock
  protected readonly method: string
  protected call: GrpcCall | undefined = undefined
  protected isOver = false
  protected headers: Metadata | undefined = undefined
  /** What the server is told of a deadline. */
  protected toldDeadlineMs: number = NO_DEADLINE
  /** Until the deadline, for what the server said of it. */
  #held: Timer | undefined = undefined
  #isAgain = false

  constructor(
    method: string,
    attempt: Attempt,
    sink: AttemptSink<AttemptResult>,
    channel: EndpointChannel,
    codec: GrpcCodec,
    clock: Clock,
  ) {
    this.method = method
    this.attempt = attempt
    this.sink = sink
    this.channel = channel
    this.codec = codec
    this.clock = clock
    this.sentMs = clock.now()
  }

  /** What it throws settles it: nothing was sent. */
  abstract send(): void

  /** Ends the stream at once. What waits for a connection will not be sent. */
  cancel(reason: CancelReason | undefined): void {
    if (this.isOver) return
    this.isOver = true
    this.#held?.cancel()
    this.callOff()
    this.channel.leave(this, reason)
    this.onCalledOff(reason)
  }

  // ---- told by the channel ----

  onConnected(): void {}

  onNoConnection(error: Error): void {
    this.breakOff(unreachable(error))
  }

  onDestroyed(error: Error): void {
    this.breakOff(failed(error))
  }

  // ---- grpc-js' listener ----

  onReceiveMetadata(metadata: Metadata): void {
    this.channel.heardAtMs = this.clock.now()
    this.headers = metadata
  }

  abstract onReceiveMessage(message: Buffer): void

  onReceiveStatus(ended: StatusObject): void {
    if (this.isOver) return
    if (ended.code === status.OK) return this.onGoodEnd(ended.metadata)
    this.channel.heardAtMs = this.clock.now()
    if (isStreamRefused(ended) && this.#mayGoAgain()) return this.#goAgain()
    const wasSent = this.call !== undefined && this.channel.wasSent(this.call)
    const { idempotent: isIdempotent } = this.attempt
    const judged = resultOf({ status: ended, headers: this.headers, wasSent, isIdempotent })
    const result = retriedBy(this.channel.retryableCodes(this.attempt.service, this.method), ended.code, judged)
    const leftMs = this.toldDeadlineMs - this.clock.now()
    const isEcho = ended.code === status.DEADLINE_EXCEEDED || ended.code === status.CANCELLED
    if (!isEcho || leftMs > DEADLINE_ECHO_MS) return this.settle(result)
    this.#held = after(this.clock, leftMs + DEADLINE_ECHO_MS, () => this.settle(result))
  }

  /** A stream that met the GOAWAY of its connection was not begun, and goes over the next one: once, as gRPC does it. */
  #mayGoAgain(): boolean {
    return !this.#isAgain && this.canBeResent && !this.channel.isConnected && !this.channel.isClosed
  }

  #goAgain(): void {
    this.#isAgain = true
    this.channel.leave(this)
    try {
      this.send()
    } catch (error) {
      this.onDestroyed(error as Error)
    }
  }

  /** Nothing was read that cannot be read again. */
  protected get canBeResent(): boolean {
    return true
  }

  /** The status is OK, and all messages before it have come. */
  protected abstract onGoodEnd(trailers: Metadata): void

  // ---- endings ----

  /** The pipeline has called it off; nobody is to be settled. */
  protected onCalledOff(_reason: CancelReason | undefined): void {}

  /** What has been told is final before anybody is: no ending comes after another. */
  protected settle(result: AttemptResult): void {
    this.isOver = true
    this.#held?.cancel()
    this.channel.leave(this)
    this.sink.settle(result)
  }

  protected breakOff(result: AttemptResult): void {
    if (this.isOver) return
    this.isOver = true
    this.callOff()
    this.settle(result)
  }

  protected callOff(): void {
    this.call?.cancelWithStatus(status.CANCELLED, 'the attempt was called off')
  }

  // ---- messages ----

  /** @throws ConfigError for what is no message of the method, or too large a one. */
  protected encoded(message: unknown): Buffer {
    const bytes = this.#bytes(message)
    const most = this.channel.maxRequestBytes
    if (most !== undefined && bytes.length > most) {
      const problem = `the message has ${bytes.length} bytes, more than ${most} (maxRequestBytes of grpc())`
      throw new ConfigError('request.body', problem)
    }
    return bufferOf(bytes)
  }

  #bytes(message: unknown): Uint8Array {
    try {
      return this.codec.encode(this.method, message)
    } catch (cause) {
      if (isConfigError(cause)) throw cause
      throw new ConfigError('request.body', `it cannot be written as the message of ${this.method}`, { cause })
    }
  }

  protected answerOf(body: unknown, trailers: Metadata | undefined): Answer {
    if (this.attempt.request instanceof StubRequest) return new StubAnswer(body, this.headers, trailers)
    return { status: 200, headers: headersOf(this.headers, trailers), body }
  }

  protected notOne(message: Buffer, cause: unknown, trailers?: Metadata): AttemptResult {
    return failed(new Error(`the answer is no message of ${this.method}`, { cause }), this.answerOf(message, trailers))
  }
}
