import type { Waiter } from './limiter.ts'

/**
 * A list through the waiting objects themselves, so whoever gives up leaves it in O(1) wherever it stands, and frees its
 * place at once (cockatiel keeps an aborted item's slot until it would have been served).
 */
export class WaiterList {
  first: Waiter | undefined = undefined
  last: Waiter | undefined = undefined
  size = 0

  push(waiter: Waiter): void {
    waiter.isWaiting = true
    waiter.previousWaiter = this.last
    waiter.nextWaiter = undefined
    if (this.last === undefined) this.first = waiter
    else this.last.nextWaiter = waiter
    this.last = waiter
    this.size++
  }

  remove(waiter: Waiter): void {
    const { previousWaiter: previous, nextWaiter: next } = waiter
    if (previous === undefined) this.first = next
    else previous.nextWaiter = next
    if (next === undefined) this.last = previous
    else next.previousWaiter = previous
    waiter.previousWaiter = undefined
    waiter.nextWaiter = undefined
    waiter.isWaiting = false
    this.size--
  }
}
