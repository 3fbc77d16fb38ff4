/** Told what comes next of a stream, once for each {@link MessageStream.take}. */
export interface Taker {
  onMessage(message: unknown): void
  onEnd(error: Error | undefined): void
}

/** Messages that are kept ready beyond the one that is read; each is read from the connection only when there is room. */
const AHEAD = 2

/**
 * The body of a streamed answer: its messages in order, for one reader. Who falls behind stops the connection
 * (backpressure); who leaves, by breaking off its loop, is reported, so that the attempt can end.
 */
export class MessageStream implements AsyncIterableIterator<unknown> {
  /** What came after the last message; undefined before the end, and where the stream broke off. */
  trailers: Readonly<Record<string, string>> | undefined = undefined
  readonly #onRoom: () => void
  readonly #onLeft: () => void
  #ready: unknown[] = []
  #taker: Taker | undefined = undefined
  #isEnded = false
  #error: Error | undefined = undefined

  /** `onRoom` is told that a further message may be read, `onLeft` that the reader has stopped before the end. */
  constructor(onRoom: () => void, onLeft: () => void) {
    this.#onRoom = onRoom
    this.#onLeft = onLeft
  }

  get hasRoom(): boolean {
    return this.#ready.length < AHEAD
  }

  // ---- the reader's side ----

  /** The next message, or the end. One at a time. */
  take(taker: Taker): void {
    if (this.#ready.length > 0) {
      const hadRoom = this.hasRoom
      const message = this.#ready.shift()
      taker.onMessage(message)
      if (!hadRoom && !this.#isEnded) this.#onRoom()
    } else if (this.#isEnded) taker.onEnd(this.#error)
    else this.#taker = taker
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      this.take({
        onMessage: (value) => resolve({ done: false, value }),
        onEnd: (error) => {
          // A stream that broke off says so once, as every iterator.
          this.#error = undefined
          if (error === undefined) resolve(DONE)
          else reject(error)
        },
      })
    })
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.leave()
    return Promise.resolve(DONE)
  }

  leave(): void {
    if (!this.#isEnded) {
      this.#finish(undefined)
      this.#onLeft()
    }
    this.#ready = []
    this.#error = undefined
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  // ---- the connection's side ----

  push(message: unknown): void {
    const taker = this.#taker
    if (taker === undefined) this.#ready.push(message)
    else {
      this.#taker = undefined
      taker.onMessage(message)
    }
  }

  end(trailers: Readonly<Record<string, string>>): void {
    this.trailers = trailers
    this.#finish(undefined)
  }

  /** What has come is handed out before the error. */
  fail(error: Error): void {
    this.#finish(error)
  }

  /** It was called off: nothing more is handed out. */
  abort(error: Error): void {
    this.#ready = []
    this.#finish(error)
  }

  #finish(error: Error | undefined): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const taker = this.#taker
    this.#taker = undefined
    if (taker === undefined) this.#error = error
    else taker.onEnd(error)
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })
