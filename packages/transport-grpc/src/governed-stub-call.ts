import { Buffer } from 'node:buffer'
import { nextTick } from 'node:process'
import { type InterceptingListener, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { RequestContext, Runtime } from '@seakeep/core'
import {
  type CallOutcome,
  type CallSink,
  type Cancel,
  type Clock,
  NO_DEADLINE,
  type StartOptions,
} from '@seakeep/core/spi'
import type { MessageStream, Taker } from './message-stream.ts'
import type { MethodKind } from './method-kind.ts'
import { RequestMessages } from './request-messages.ts'
import { bufferOf, type StubAnswer, StubRequest } from './stub-request.ts'
import { stubStatusOf, stubStatusOfError } from './stub-status.ts'
import { whenReady } from './when-ready.ts'

/** grpc-js' context of a message: told when there is room for a further one. */
interface MessageContext {
  readonly callback?: (error?: Error | null) => void
}

interface StubOptions extends StartOptions {
  readonly waitForReady: boolean
}

interface ParentCall {
  on(event: 'cancelled', told: () => void): unknown
  off?(event: 'cancelled', told: () => void): unknown
}

/**
 * A call of a stub, as grpc-js drives it, that is a governed call of the runtime. A request of one message is gathered and
 * the call begins when it is there, so that it can be sent again; of a streamed one the call begins at once.
 *
 * What a stub is told comes in a turn of its own, never within what it has just called.
 */
export class GovernedStubCall implements CallSink, Taker {
  readonly #runtime: Runtime
  readonly #clock: Clock
  readonly #service: string
  readonly #method: string
  readonly #kind: MethodKind
  /** The inbound request on whose behalf it is made. */
  readonly #scope: RequestContext | undefined
  readonly #options: StubOptions
  #metadata: Metadata | undefined = undefined
  #listener: InterceptingListener | undefined = undefined
  #message: Uint8Array | undefined = undefined
  #messages: RequestMessages | undefined = undefined
  #cancel: Cancel | undefined = undefined
  #isStarted = false
  #isOver = false
  #wanted = 0
  #isTaking = false
  /** The reader has come to the end of the stream, and the call has been settled. Both are waited for. */
  #isDrained = false
  #isSettled = false
  #stream: MessageStream | undefined = undefined
  #answer: StubAnswer | undefined = undefined
  #end: StatusObject | undefined = undefined
  #unfollow: (() => void) | undefined = undefined

  constructor(
    runtime: Runtime,
    clock: Clock,
    service: string,
    method: string,
    kind: MethodKind,
    scope: RequestContext | undefined,
    options: StubOptions,
  ) {
    this.#scope = scope
    this.#runtime = runtime
    this.#clock = clock
    this.#service = service
    this.#method = method
    this.#kind = kind
    this.#options = options
  }

  /** Ends with the call it is made for. */
  follow(parent: ParentCall): void {
    const told = (): void => this.cancelWithStatus(status.CANCELLED, 'Cancelled by parent call')
    parent.on('cancelled', told)
    this.#unfollow = () => parent.off?.('cancelled', told)
  }

  // ---- what a stub does with its call ----

  start(metadata: Metadata, listener: InterceptingListener): void {
    this.#metadata = traced(metadata, this.#scope)
    this.#listener = listener
    if (!this.#kind.requestStream) return
    this.#messages = new RequestMessages()
    this.#begin(this.#messages)
  }

  sendMessageWithContext(context: MessageContext, message: Buffer): void {
    if (this.#messages !== undefined && !this.#isOver) {
      return this.#messages.write(message, () => context.callback?.())
    }
    this.#message = message
    // Nobody waits to write a second message where there is but one.
    if (context.callback !== undefined) nextTick(context.callback)
  }

  halfClose(): void {
    if (this.#messages !== undefined) this.#messages.end()
    else if (!this.#isOver) this.#begin(this.#message ?? Buffer.alloc(0))
  }

  startRead(): void {
    this.#wanted += 1
    this.#take()
  }

  cancelWithStatus(code: status, details: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancel?.('cancelled')
    this.#stream?.leave()
    nextTick(() => this.#tell({ code, details, metadata: new Metadata() }))
  }

  getPeer(): string {
    return `discovery:///${this.#service}`
  }

  getAuthContext(): null {
    return null
  }

  getCallNumber(): number {
    return 0
  }

  setCredentials(): void {
    throw new Error('a governed call takes no credentials of its own: give them to grpc({ tls }), or as metadata')
  }

  // ---- CallSink ----

  commit(answer: unknown): void {
    if (this.#isOver) return
    this.#answer = answer as StubAnswer
    this.#stream = this.#answer.body as MessageStream
    const headers = this.#answer.metadata ?? new Metadata()
    nextTick(() => {
      if (!this.#isOver) this.#listener?.onReceiveMetadata(headers)
    })
    this.#take()
  }

  settle(outcome: CallOutcome): void {
    if (this.#isOver) return
    this.#isSettled = true
    const isGood = outcome.isAnswered && outcome.ending === 'ok' && (outcome.status ?? 200) < 400
    if (!isGood || outcome.error !== undefined) this.#end = stubStatusOf(outcome, this.#service)
    else if (this.#answer === undefined) {
      const answer = outcome.value as StubAnswer
      // A stream without a message has not been committed.
      if (this.#kind.responseStream) this.commit(answer)
      else this.#answer = answer
    }
    // The good end of a stream is told where its reader comes to it, a bad one at once.
    const isWaitedFor = this.#stream !== undefined && !this.#isDrained && (this.#end === undefined || this.#isTaking)
    if (!isWaitedFor) this.#finish()
  }

  // ---- the messages of a streamed answer ----

  onMessage(message: unknown): void {
    this.#isTaking = false
    nextTick(() => {
      if (this.#isOver) return
      this.#listener?.onReceiveMessage(bufferOf(message as Uint8Array))
      this.#take()
    })
  }

  onEnd(): void {
    this.#isTaking = false
    this.#isDrained = true
    if (this.#isSettled) this.#finish()
  }

  #take(): void {
    if (this.#isOver || this.#isTaking || this.#stream === undefined || this.#wanted === 0) return
    this.#wanted -= 1
    this.#isTaking = true
    this.#stream.take(this)
  }

  // ---- beginning and end ----

  #begin(body: unknown): void {
    if (this.#isStarted || this.#isOver) return
    this.#isStarted = true
    const { deadlineMs = NO_DEADLINE } = this.#options
    const metadata = this.#metadata ?? new Metadata()
    const request = new StubRequest(this.#method, this.#kind, body, metadata)
    if (!this.#options.waitForReady && metadata.getOptions().waitForReady !== true) return this.#start(request)
    const stop = whenReady(this.#runtime, this.#service, this.#clock, deadlineMs, () => this.#start(request))
    if (stop !== undefined) this.#cancel = stop
  }

  #start(request: StubRequest): void {
    try {
      const cancel = this.#runtime.start(this.#service, request, this.#options, this)
      if (this.#isOver) cancel('cancelled')
      else this.#cancel = cancel
    } catch (error) {
      this.#end = stubStatusOfError(error)
      this.#finish()
    }
  }

  #finish(): void {
    if (this.#isOver) return
    const isWhole = this.#end === undefined && !this.#kind.responseStream
    nextTick(() => {
      if (this.#isOver) return
      this.#isOver = true
      if (isWhole && this.#answer !== undefined) {
        this.#listener?.onReceiveMetadata(this.#answer.metadata ?? new Metadata())
        this.#listener?.onReceiveMessage(bufferOf(this.#answer.body as Uint8Array))
      }
      this.#tell(this.#end ?? this.#good())
    })
  }

  #good(): StatusObject {
    return { code: status.OK, details: 'OK', metadata: this.#answer?.trailers ?? new Metadata() }
  }

  #tell(end: StatusObject): void {
    this.#unfollow?.()
    void this.#messages?.return()
    this.#listener?.onReceiveStatus(end)
  }
}

/** W3C trace context goes on, unless the stub has its own. */
function traced(metadata: Metadata, scope: RequestContext | undefined): Metadata {
  if (scope?.traceparent === undefined || metadata.get('traceparent').length > 0) return metadata
  const copy = metadata.clone()
  copy.set('traceparent', scope.traceparent)
  if (scope.tracestate !== undefined) copy.set('tracestate', scope.tracestate)
  return copy
}
