/** The messages that a stub writes to a stream, for the one attempt that reads them; each is acknowledged when taken. */
export class RequestMessages implements AsyncIterableIterator<Uint8Array> {
  #written: { readonly message: Uint8Array; readonly taken: () => void }[] = []
  #isEnded = false
  #waiting: ((next: IteratorResult<Uint8Array>) => void) | undefined = undefined
  /** That of the message which is being sent. */
  #taken: (() => void) | undefined = undefined

  write(message: Uint8Array, taken: () => void): void {
    const waiting = this.#waiting
    if (waiting === undefined) {
      this.#written.push({ message, taken })
      return
    }
    this.#waiting = undefined
    this.#taken = taken
    waiting({ done: false, value: message })
  }

  end(): void {
    this.#isEnded = true
    this.#waiting?.(DONE)
    this.#waiting = undefined
  }

  /** Asked for once the message before has room: who wrote it may go on. */
  next(): Promise<IteratorResult<Uint8Array>> {
    this.#taken?.()
    this.#taken = undefined
    const first = this.#written.shift()
    if (first !== undefined) {
      this.#taken = first.taken
      return Promise.resolve({ done: false, value: first.message })
    }
    if (this.#isEnded) return Promise.resolve(DONE)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Nobody reads on. Who writes is not held up: the call has ended, or is about to. */
  return(): Promise<IteratorResult<Uint8Array>> {
    this.#isEnded = true
    this.#taken?.()
    this.#taken = undefined
    for (const { taken } of this.#written.splice(0)) taken()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })
