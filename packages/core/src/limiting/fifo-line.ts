import type { Waiter } from './limiter.ts'
import { WaiterList } from './waiter-list.ts'
import type { WaitingLine } from './waiting-line.ts'

/** First come, first served. */
export class FifoLine implements WaitingLine {
  readonly isTimed = false
  readonly #list = new WaiterList()

  join(waiter: Waiter): void {
    this.#list.append(waiter)
  }
  leave(waiter: Waiter): void {
    this.#list.remove(waiter)
  }
  victimFor(): undefined {
    return undefined
  }
  next(): Waiter | undefined {
    return this.#list.first
  }
  givesUp(): boolean {
    return false
  }
}
