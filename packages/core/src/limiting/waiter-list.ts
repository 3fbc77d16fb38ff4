import { LinkedList } from '../state/linked-list.ts'
import type { Waiter } from './limiter.ts'

/**
 * Those who wait, in the order they came: whoever gives up leaves it in O(1) wherever it stands, and frees its place at
 * once (cockatiel keeps an aborted item's slot until it would have been served).
 */
export class WaiterList extends LinkedList<Waiter> {
  override append(waiter: Waiter): void {
    waiter.isWaiting = true
    super.append(waiter)
  }

  override remove(waiter: Waiter): void {
    waiter.isWaiting = false
    super.remove(waiter)
  }
}
