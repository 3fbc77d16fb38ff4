import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

/**
 * The body of a streamed answer. A reader that falls behind stops the connection (backpressure); one that leaves, by
 * `destroy` or by breaking off its loop, is reported, so that the attempt can end.
 */
export class AnswerStream extends Readable {
  readonly #controller: Dispatcher.DispatchController
  readonly #onLeft: () => void

  constructor(controller: Dispatcher.DispatchController, onLeft: () => void) {
    super()
    this.#controller = controller
    this.#onLeft = onLeft
    // A caller that never looks at the body must not be killed by its reset; whoever reads it is told all the same.
    this.on('error', () => {})
  }

  override _read(): void {
    this.#controller.resume()
  }

  override _destroy(error: Error | null, told: (error: Error | null) => void): void {
    this.#onLeft()
    told(error)
  }
}
