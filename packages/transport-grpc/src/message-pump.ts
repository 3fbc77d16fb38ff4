import { ConfigError } from '@seakeep/core'

/** Where the messages of a streamed request come from: an iterator, asked for the next when the last has been taken. */
interface Source {
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>
  return?(): unknown
}

export interface PumpSink {
  /** `taken` is to be called when the connection has room for a further one. */
  onSource(message: unknown, taken: () => void): void
  onSourceEnd(): void
  onSourceError(error: Error): void
}

/** Whether the messages can be had once more: of an array, and of what a function returns. */
export function isReplayable(body: unknown): boolean {
  return typeof body === 'function' || Array.isArray(body)
}

/** @throws ConfigError for what is no stream of messages. */
export function sourceOf(body: unknown): Source {
  const messages = typeof body === 'function' ? (body as () => unknown)() : body
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = (messages ?? {}) as {
    readonly [Symbol.asyncIterator]?: unknown
    readonly [Symbol.iterator]?: unknown
  }
  const isText = typeof messages === 'string' || messages instanceof Uint8Array
  if (typeof async === 'function') return Reflect.apply(async, messages, []) as Source
  if (typeof sync === 'function' && !isText) return Reflect.apply(sync, messages, []) as Source
  const kind = typeof messages === 'object' ? messages?.constructor?.name : typeof messages
  throw new ConfigError('request.body', `${kind} is not allowed; the method takes a stream of messages: an iterable`)
}

/** Brings the messages of a streamed request to their attempt, one at a time. */
export class MessagePump {
  readonly #source: Source
  readonly #sink: PumpSink
  #isOver = false

  constructor(source: Source, sink: PumpSink) {
    this.#source = source
    this.#sink = sink
  }

  start(): void {
    void this.#step()
  }

  /** The attempt has ended: the source is let go. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      // Not waited for: a generator that is waiting itself answers only then.
      Promise.resolve(this.#source.return?.()).catch(() => {})
    } catch {
      // What a source throws when it is let go is nobody's concern.
    }
  }

  async #step(): Promise<void> {
    try {
      const { done, value } = await this.#source.next()
      if (this.#isOver) return
      if (done !== true) return this.#sink.onSource(value, () => void this.#step())
      this.#isOver = true
      this.#sink.onSourceEnd()
    } catch (cause) {
      if (this.#isOver) return
      this.#isOver = true
      this.#sink.onSourceError(new ConfigError('request.body', 'the stream of messages failed', { cause }))
    }
  }
}
