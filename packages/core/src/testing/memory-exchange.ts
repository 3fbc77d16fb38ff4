import type { Attempt, AttemptSink, CallRequest } from '../call/call.ts'
import type { Answer, AttemptResult } from '../call/outcome.ts'
import type { Linked } from '../state/linked-list.ts'
import type { FarSide, ReceivedRequest } from './far-side.ts'
import { PieceStream } from './piece-stream.ts'

/** What a request may say beyond the core's: that its answer is wanted from its head on. */
export interface MemoryRequest extends CallRequest {
  readonly stream?: boolean | undefined
}

/** Told when an exchange has ended. */
export interface ExchangeOwner {
  onEnd(exchange: MemoryExchange): void
}

type Headers = Readonly<Record<string, string>>

/** One attempt of the in-memory transport, seen from both ends. It settles once, whatever either end does after that. */
export class MemoryExchange implements FarSide, Linked<MemoryExchange> {
  previous: MemoryExchange | undefined = undefined
  next: MemoryExchange | undefined = undefined
  readonly #attempt: Attempt
  readonly #timeoutMs: number | undefined
  readonly #sink: AttemptSink<AttemptResult>
  readonly #maxAnswerBytes: number
  readonly #owner: ExchangeOwner
  #isOver = false
  #head: { readonly status: number; readonly headers: Headers } | undefined
  #text = ''
  #stream: PieceStream | undefined
  #onGone: (() => void) | undefined

  constructor(
    attempt: Attempt,
    timeoutMs: number | undefined,
    sink: AttemptSink<AttemptResult>,
    maxAnswerBytes: number,
    owner: ExchangeOwner,
  ) {
    this.#attempt = attempt
    this.#timeoutMs = timeoutMs
    this.#sink = sink
    this.#maxAnswerBytes = maxAnswerBytes
    this.#owner = owner
  }

  get request(): ReceivedRequest {
    const { request, number, priority } = this.#attempt
    const { method = 'GET /', query = {}, headers = {}, body } = request
    return { method, query, headers, body, timeoutMs: this.#timeoutMs, attempt: number, priority }
  }

  // ---- the far side ----

  answer(status: number, body?: unknown, headers: Headers = {}): void {
    if (this.#isOver) return
    if (this.#isStreamed(status)) {
      this.begin(status, headers)
      this.write(typeof body === 'string' ? body : JSON.stringify(body))
      this.end()
    } else if (typeof body === 'string' && body.length > this.#maxAnswerBytes) this.#fail('the answer is too large')
    else this.#settle(resultOf({ status, headers, body }))
  }

  begin(status: number, headers: Headers = {}): void {
    if (this.#isOver) return
    this.#head = { status, headers }
    if (!this.#isStreamed(status)) return
    this.#stream = new PieceStream(() => this.#onReaderLeft())
    this.#sink.commit({ status, headers, body: this.#stream } satisfies Answer)
  }

  write(piece: string): void {
    if (this.#isOver) return
    if (this.#stream !== undefined) this.#stream.push(piece)
    else {
      this.#text += piece
      if (this.#text.length > this.#maxAnswerBytes) this.#fail('the answer is too large')
    }
  }

  end(): void {
    if (this.#isOver || this.#head === undefined) return
    this.#settle(resultOf({ ...this.#head, body: this.#stream ?? this.#text }))
    this.#stream?.end()
  }

  reset(): void {
    this.#fail('the connection was reset')
  }

  onGone(told: () => void): void {
    this.#onGone = told
  }

  // ---- the near side ----

  callOff(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.onEnd(this)
    this.#stream?.fail(new Error('the attempt was called off'))
    this.#onGone?.()
  }

  #fail(why: string): void {
    if (this.#isOver) return
    const error = new Error(why)
    this.#settle({ ending: 'error', error, status: this.#head?.status })
    this.#stream?.fail(error)
  }

  /** Who has read enough of a good answer takes nothing back from it. */
  #onReaderLeft(): void {
    if (this.#isOver || this.#head === undefined) return
    this.#settle(resultOf({ ...this.#head, body: this.#stream }))
    this.#onGone?.()
  }

  /** Only an answer that is none of an error is handed out before its end: the others are judged as a whole. */
  #isStreamed(status: number): boolean {
    return (this.#attempt.request as MemoryRequest).stream === true && status < 400
  }

  #settle(result: AttemptResult): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.onEnd(this)
    this.#sink.settle(result)
  }
}

/** As every transport maps it: a server that asks to come back later has refused, all else is for classification. */
function resultOf(value: Answer): AttemptResult {
  const { status } = value
  const isPushback = status === 503 || status === 429
  const wish = isPushback ? Number(value.headers['retry-after']) * 1000 : Number.NaN
  return {
    ending: isPushback ? 'refused' : 'ok',
    value,
    error: undefined,
    status,
    retryAfterMs: wish > 0 ? wish : undefined,
  }
}
