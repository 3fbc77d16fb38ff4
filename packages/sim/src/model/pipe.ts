/** A link of a bandwidth: what is sent through it goes one after the other, in the order it was sent, and nothing is dropped. */
export class Pipe {
  readonly #bytesPerSecond: number
  #freeUs = 0

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** How long after `nowUs` the last byte is through: what was sent before goes first. */
  pass(nowUs: number, bytes: number): number {
    this.#freeUs = Math.max(this.#freeUs, nowUs) + (bytes / this.#bytesPerSecond) * 1e6
    return this.#freeUs - nowUs
  }
}
