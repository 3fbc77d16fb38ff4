/** The body of a streamed answer in memory: the pieces as bytes, in order, for one reader. */
export class PieceStream implements AsyncIterable<Uint8Array> {
  readonly #encoder = new TextEncoder()
  readonly #pieces: Uint8Array[] = []
  readonly #onLeft: () => void
  #isEnded = false
  #error: Error | undefined
  #wake: (() => void) | undefined

  /** `onLeft` is called when the reader stops before the end. */
  constructor(onLeft: () => void) {
    this.#onLeft = onLeft
  }

  push(piece: string): void {
    this.#pieces.push(this.#encoder.encode(piece))
    this.#wake?.()
  }

  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  fail(error: Error): void {
    this.#error = error
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      while (true) {
        const piece = this.#pieces.shift()
        if (piece !== undefined) yield piece
        else if (this.#error !== undefined) throw this.#error
        else if (this.#isEnded) return
        else {
          const { promise, resolve } = Promise.withResolvers<void>()
          this.#wake = resolve
          await promise
        }
      }
    } finally {
      this.#onLeft()
    }
  }
}
