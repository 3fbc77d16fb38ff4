import type { Waiter } from './limiter.ts'
import { PriorityOrder } from './priority-order.ts'
import { WaiterList } from './waiter-list.ts'
import type { WaitingLine } from './waiting-line.ts'

/**
 * Serves the highest rank first, within a rank in order: a line for each rank, so joining, serving and leaving cost the
 * same however long they are. Nobody who is being served is interrupted (Cobham's non-preemptive queue). In a full line
 * the newest of the lowest rank makes room for a higher one: it has waited least.
 */
export class PriorityLine implements WaitingLine {
  readonly isTimed = false
  readonly #order: PriorityOrder
  readonly #ranks: readonly WaiterList[]

  constructor(order: readonly string[]) {
    this.#order = new PriorityOrder(order)
    this.#ranks = Array.from({ length: this.#order.size }, () => new WaiterList())
  }

  join(waiter: Waiter): void {
    this.#of(waiter).append(waiter)
  }

  leave(waiter: Waiter): void {
    this.#of(waiter).remove(waiter)
  }

  victimFor(waiter: Waiter): Waiter | undefined {
    const mine = this.#order.rank(waiter.priority)
    for (let rank = 0; rank < mine; rank++) {
      const last = this.#ranks[rank]?.last
      if (last !== undefined) return last
    }
    return undefined
  }

  next(): Waiter | undefined {
    for (let rank = this.#ranks.length - 1; rank >= 0; rank--) {
      const first = this.#ranks[rank]?.first
      if (first !== undefined) return first
    }
    return undefined
  }

  givesUp(): boolean {
    return false
  }

  #of(waiter: Waiter): WaiterList {
    return this.#ranks[this.#order.rank(waiter.priority)] as WaiterList
  }
}
