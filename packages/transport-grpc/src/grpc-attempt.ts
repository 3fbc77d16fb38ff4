import { Buffer } from 'node:buffer'
import { type Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type Answer, ConfigError, isConfigError } from '@seakeep/core'
import { type Attempt, type AttemptResult, type AttemptSink, after, type Clock, type Timer } from '@seakeep/core/spi'
import { headersOf, metadataOf, methodOf } from './call-head.ts'
import { answered, failed, resultOf, unreachable } from './call-result.ts'
import type { GrpcCodec } from './codec.ts'
import type { EndpointChannel, Exchange, GrpcCall } from './endpoint-channel.ts'

/**
 * A server that is told the deadline ends the call at it too, by its own clock, and its DEADLINE_EXCEEDED (or its reset)
 * may be here a moment before the deadline is. What comes so close to it is the deadline, which is not ours to tell: the
 * pipeline ends the attempt at that instant, as a timeout.
 */
const DEADLINE_ECHO_MS = 10

/**
 * One attempt as the listener of a unary call: it gathers the answer and settles once. It stands on the channel's calls
 * and not on `Client.makeUnaryRequest`, which makes an Error for each call, in case it should fail.
 */
export class GrpcAttempt implements Exchange {
  readonly #attempt: Attempt
  readonly #sink: AttemptSink<AttemptResult>
  readonly #channel: EndpointChannel
  readonly #codec: GrpcCodec
  readonly #clock: Clock
  #method = ''
  #call: GrpcCall | undefined = undefined
  #isOver = false
  #headers: Metadata | undefined = undefined
  #message: Buffer | undefined = undefined
  /** Until the deadline, for what the server said of it. */
  #held: Timer | undefined = undefined

  constructor(
    attempt: Attempt,
    sink: AttemptSink<AttemptResult>,
    channel: EndpointChannel,
    codec: GrpcCodec,
    clock: Clock,
  ) {
    this.#attempt = attempt
    this.#sink = sink
    this.#channel = channel
    this.#codec = codec
    this.#clock = clock
  }

  send(): void {
    let metadata: Metadata
    let bytes: Uint8Array
    try {
      this.#method = methodOf(this.#attempt.request)
      metadata = metadataOf(this.#attempt, this.#clock.now())
      bytes = this.#encoded()
    } catch (error) {
      return this.#settle(failed(error as Error))
    }
    const call = this.#channel.enter(`/${this.#method}`, this)
    this.#call = call
    call.start(metadata, this)
    call.startRead()
    call.sendMessageWithContext({}, bufferOf(bytes))
    call.halfClose()
  }

  /** Ends the stream at once. What waits for a connection will not be sent. */
  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#held?.cancel()
    this.#callOff()
    this.#channel.leave(this)
  }

  // ---- told by the channel ----

  onNoConnection(error: Error): void {
    this.#breakOff(unreachable(error))
  }

  onDestroyed(error: Error): void {
    this.#breakOff(failed(error))
  }

  // ---- grpc-js' listener ----

  onReceiveMetadata(metadata: Metadata): void {
    this.#headers = metadata
  }

  onReceiveMessage(message: Buffer): void {
    if (this.#isOver) return
    if (this.#message !== undefined) return this.#breakOff(failed(new Error('the answer has more than one message')))
    this.#message = message
    this.#call?.startRead()
  }

  onReceiveStatus(ended: StatusObject): void {
    if (this.#isOver) return
    if (ended.code === status.OK) return this.#settle(this.#wholeAnswer(ended.metadata))
    const wasSent = this.#call !== undefined && this.#channel.wasSent(this.#call)
    const { idempotent: isIdempotent } = this.#attempt
    const result = resultOf({ status: ended, headers: this.#headers, wasSent, isIdempotent })
    const leftMs = this.#attempt.deadlineMs - this.#clock.now()
    const isEcho = ended.code === status.DEADLINE_EXCEEDED || ended.code === status.CANCELLED
    if (!isEcho || leftMs > DEADLINE_ECHO_MS) return this.#settle(result)
    this.#held = after(this.#clock, leftMs + DEADLINE_ECHO_MS, () => this.#settle(result))
  }

  // ---- endings ----

  /** What has been told is final before anybody is: no ending comes after another. */
  #settle(result: AttemptResult): void {
    this.#isOver = true
    this.#held?.cancel()
    this.#channel.leave(this)
    this.#sink.settle(result)
  }

  #breakOff(result: AttemptResult): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#callOff()
    this.#settle(result)
  }

  #callOff(): void {
    this.#call?.cancelWithStatus(status.CANCELLED, 'the attempt was called off')
  }

  #encoded(): Uint8Array {
    try {
      return this.#codec.encode(this.#method, this.#attempt.request.body)
    } catch (cause) {
      if (isConfigError(cause)) throw cause
      throw new ConfigError('request.body', `it cannot be written as the message of ${this.#method}`, { cause })
    }
  }

  #wholeAnswer(trailers: Metadata): AttemptResult {
    const bytes = this.#message
    if (bytes === undefined) return failed(new Error('the answer is OK and has no message'))
    const headers = headersOf(this.#headers, trailers)
    try {
      return answered(headers, this.#codec.decode(this.#method, bytes))
    } catch (cause) {
      const value: Answer = { status: 200, headers, body: bytes }
      return failed(new Error(`the answer is no message of ${this.#method}`, { cause }), value)
    }
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
