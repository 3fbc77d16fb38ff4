import type { Attempt, AttemptSink, CallRequest, Cancel } from '../call/call.ts'
import type { Answer, AttemptResult } from '../call/outcome.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import type { Transport } from '../transport/transport.ts'
import type { FarHandler, FarSide } from './far-side.ts'

/** A transport with a server of its kind, made anew for each test. */
export interface TransportHarness {
  readonly transport: Transport
  readonly clock: Clock
  /** Where the server answers. */
  readonly endpoint: Endpoint
  /** Where nobody listens. */
  readonly nobody: Endpoint
  /** Bound of an answer that is read as a whole; the suite sends one byte more. */
  readonly maxAnswerBytes: number
  /** The server sees the deadline and the number of the attempt. */
  readonly tellsDeadline: boolean
  /** What the protocol, or the network under it, can do to a call; the suite shows what it finds. */
  readonly faults?: TransportFaults
  /** The same request with a body in pieces that can be read once; absent where there is none. */
  readonly inPieces?: ((request: CallRequest, pieces: AsyncIterable<Uint8Array>) => CallRequest) | undefined
  /** From here on this handler answers. */
  answerWith(handler: FarHandler): void
  /** The same request, with its answer wanted from the head on. */
  streamed(request: CallRequest): CallRequest
  close(): Promise<void>
}

/** Each is there where the harness can bring it about. */
export interface TransportFaults {
  /** Where connections are made, and nothing is ever answered. */
  readonly blackHole?: Endpoint
  /** What is connected goes silent, and neither side is told; new connections work. */
  silence?(): void
  /** The server goes, breaking off what is under way, and stands there again. */
  restart?(): Promise<void>
  /** The server asks its clients to come back over another connection, once what is under way has ended. */
  goAway?(): void
  /** Answers with what is no message of the protocol. */
  garble?(far: FarSide): void
}

/** Sends attempts and hands their far sides out in the order of their arrival. */
export class Workbench {
  readonly harness: TransportHarness
  readonly #arrived: FarSide[] = []
  readonly #waiting: ((far: FarSide) => void)[] = []

  constructor(harness: TransportHarness) {
    this.harness = harness
    this.answerByHand()
  }

  answerByHand(): void {
    this.harness.answerWith((far) => {
      const taker = this.#waiting.shift()
      if (taker === undefined) this.#arrived.push(far)
      else taker(far)
    })
  }

  send(request: CallRequest, fields: Partial<Attempt> = {}): SentAttempt {
    return new SentAttempt(this.harness, request, fields)
  }

  stream(request: CallRequest): SentAttempt {
    return this.send(this.harness.streamed(request))
  }

  arrival(): Promise<FarSide> {
    const far = this.#arrived.shift()
    return far === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(far)
  }

  /** A whole exchange, after which anything that was still on its way has come. */
  async expectQuiet(): Promise<void> {
    const sent = this.send({})
    ;(await this.arrival()).answer(200)
    await sent.settled
  }
}

/** An attempt and the record of what its sink was told. */
export class SentAttempt implements AttemptSink<AttemptResult> {
  readonly log: ('commit' | 'settle')[] = []
  readonly committed: Promise<Answer>
  readonly settled: Promise<AttemptResult>
  readonly cancel: Cancel
  readonly #commit: (answer: Answer) => void
  readonly #settle: (result: AttemptResult) => void

  constructor({ transport, endpoint }: TransportHarness, request: CallRequest, fields: Partial<Attempt>) {
    const committed = Promise.withResolvers<Answer>()
    const settled = Promise.withResolvers<AttemptResult>()
    this.committed = committed.promise
    this.settled = settled.promise
    this.#commit = committed.resolve
    this.#settle = settled.resolve
    const attempt: Attempt = {
      service: endpoint.service,
      endpoint,
      request,
      number: 1,
      key: 1,
      deadlineMs: NO_DEADLINE,
      priority: undefined,
      idempotent: true,
      ...fields,
    }
    this.cancel = transport.send(attempt, this)
  }

  commit(answer: unknown): void {
    this.log.push('commit')
    this.#commit(answer as Answer)
  }

  settle(result: AttemptResult): void {
    this.log.push('settle')
    this.#settle(result)
  }
}

export function goneOf(far: FarSide): Promise<void> {
  return new Promise((resolve) => far.onGone(resolve))
}

export async function* piecesOf(answer: Answer): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  for await (const piece of answer.body as AsyncIterable<Uint8Array>) yield decoder.decode(piece, { stream: true })
}

export async function restOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}
