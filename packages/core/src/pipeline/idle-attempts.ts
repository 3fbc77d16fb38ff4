import { LinkedList } from '../state/linked-list.ts'
import type { Timed } from '../time/timeout-queue.ts'

/** An attempt that waits before it is sent. Its links are those of a timeout, which it has only once it is sent. */
export interface IdleAttempt extends Timed {
  /** Nothing is sent any more. */
  onClosing(): void
}

/**
 * The attempts of one target that are not under way: in their backoff, or in line for a permit. A runtime that closes ends
 * what was sent in its time; these would be refused when their time comes, and so are at once.
 */
export class IdleAttempts {
  readonly #list = new LinkedList<Timed>()

  add(attempt: IdleAttempt): void {
    this.#list.append(attempt)
  }

  /** `attempt` has to be among them. */
  remove(attempt: IdleAttempt): void {
    this.#list.remove(attempt)
  }

  close(): void {
    for (let { first } = this.#list; first !== undefined; first = this.#list.first) (first as IdleAttempt).onClosing()
  }
}
