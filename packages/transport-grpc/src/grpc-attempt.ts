import type { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import { CallAttempt } from './call-attempt.ts'
import { metadataOf } from './call-head.ts'
import { answered, failed } from './call-result.ts'

/** One attempt at a method that takes one message and answers with one. */
export class GrpcAttempt extends CallAttempt {
  #message: Buffer | undefined = undefined

  override send(): void {
    const { deadlineMs, request } = this.attempt
    this.toldDeadlineMs = deadlineMs
    const metadata = metadataOf(this.attempt, deadlineMs, this.sentMs)
    const bytes = this.encoded(request.body)
    const call = this.channel.enter(`/${this.method}`, this)
    this.call = call
    call.start(metadata, this)
    call.startRead()
    call.sendMessageWithContext(NO_CONTEXT, bytes)
    call.halfClose()
  }

  override onReceiveMessage(message: Buffer): void {
    if (this.isOver) return
    if (this.#message !== undefined) return this.breakOff(failed(new Error('the answer has more than one message')))
    this.#message = message
    this.call?.startRead()
  }

  protected override onGoodEnd(trailers: Metadata): void {
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
}

const NO_CONTEXT = {}
