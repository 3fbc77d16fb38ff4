import type { Readable } from 'node:stream'

/** What undici sends; any other iterable of bytes is sent by it, too, though its types do not say so. */
export type SentBody = string | Uint8Array | Readable | FormData | AsyncIterable<Uint8Array> | null

/**
 * The body of a request that may be sent more than once.
 *
 * Text, bytes and forms can be read as often as one likes. A stream can be read once: it is handed to the first attempt
 * that asks for it, and after that the request can only be sent again where nothing of it had been asked for. Where its
 * whole length is known and small, what is read is kept, so that another attempt begins with what was kept and goes on
 * with the rest; two attempts may even read side by side.
 */
export class RequestBody {
  readonly #given: SentBody
  readonly #source: SharedSource | undefined
  #isTaken = false

  /** `keepBytes`: up to which length a stream is kept. `length`: what the request says its body has. */
  constructor(body: unknown, length: number | undefined, keepBytes: number) {
    this.#given = body as SentBody
    const iterable = iterableOf(body)
    const isKept = iterable !== undefined && length !== undefined && length <= keepBytes
    this.#source = isKept ? new SharedSource(iterable) : undefined
    if (iterable !== undefined && !isKept) this.isOneShot = true
  }

  /** It cannot be read twice. */
  readonly isOneShot: boolean = false

  /** False once it was handed out and cannot be handed out again. */
  get canBeSent(): boolean {
    return !this.isOneShot || !this.#isTaken
  }

  /** For one attempt. */
  take(): SentBody {
    if (this.#source !== undefined) return this.#source
    if (!this.isOneShot) return this.#given
    return new Taken(iterableOf(this.#given)!, () => {
      this.#isTaken = true
    }) as AsyncIterable<Uint8Array>
  }

  /** Nobody will read any more of it. */
  release(): void {
    this.#source?.release()
    if (!this.isOneShot) return
    const { destroy } = this.#given as Partial<Readable>
    if (destroy !== undefined) destroy.call(this.#given)
  }
}

/** Tells with the first read: up to then nothing of it is gone. */
class Taken {
  readonly #source: AsyncIterable<Uint8Array>
  readonly #onRead: () => void

  constructor(source: AsyncIterable<Uint8Array>, onRead: () => void) {
    this.#source = source
    this.#onRead = onRead
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#onRead()
    return this.#source[Symbol.asyncIterator]()
  }
}

/** A source that is read once and remembered: each reader gets all of it. */
class SharedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>
  readonly #kept: Uint8Array[] = []
  #iterator: AsyncIterator<Uint8Array> | undefined
  #isEnded = false
  #reading: Promise<void> | undefined

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; ; at++) {
      while (at >= this.#kept.length && !this.#isEnded) await this.#readOn()
      const piece = this.#kept[at]
      if (piece === undefined) return
      yield piece
    }
  }

  release(): void {
    if (this.#isEnded || this.#iterator === undefined) return
    this.#isEnded = true
    // Of who reads no further nobody wants to hear how it took that.
    this.#iterator.return?.().catch(() => {})
  }

  #readOn(): Promise<void> {
    this.#reading ??= this.#readNext().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readNext(): Promise<void> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]()
    const { done, value } = await this.#iterator.next()
    if (done === true) this.#isEnded = true
    else this.#kept.push(value)
  }
}

/** Undefined for what is no stream: bytes, text, a form and a Blob can be read as often as one likes. */
function iterableOf(body: unknown): AsyncIterable<Uint8Array> | undefined {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return undefined
  if (body instanceof FormData || body instanceof Blob || body instanceof URLSearchParams) return undefined
  if (Symbol.asyncIterator in body) return body as AsyncIterable<Uint8Array>
  return Symbol.iterator in body && !Array.isArray(body) ? wrapped(body as Iterable<Uint8Array>) : undefined
}

async function* wrapped(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces
}

/** True for a body that can be read only once. */
export function isStream(body: unknown): boolean {
  return iterableOf(body) !== undefined
}

/** What was handed over as a stream: how far that was read is known by the stream itself, in whichever call it stands. */
const readOnce = new WeakMap<object, RequestBody>()

/** The body of a request that is a stream; undefined for one that can be read as often as one likes. */
export function readOnceBody(body: object | null): RequestBody | undefined {
  if (body === null || ArrayBuffer.isView(body) || !(Symbol.asyncIterator in body)) return undefined
  let known = readOnce.get(body)
  if (known === undefined) {
    known = new RequestBody(body, undefined, 0)
    readOnce.set(body, known)
  }
  return known
}
