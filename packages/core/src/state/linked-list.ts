/** What stands in a {@link LinkedList}: the list runs through the things themselves, which belong to one list at a time. */
export interface Linked<Item> {
  previous: Item | undefined
  next: Item | undefined
}

/** An order from which anybody leaves in O(1), wherever it stands, and joining which allocates nothing. */
export class LinkedList<Item extends Linked<Item>> {
  first: Item | undefined = undefined
  last: Item | undefined = undefined
  size = 0

  append(item: Item): void {
    item.previous = this.last
    item.next = undefined
    if (this.last === undefined) this.first = item
    else this.last.next = item
    this.last = item
    this.size++
  }

  prepend(item: Item): void {
    item.previous = undefined
    item.next = this.first
    if (this.first === undefined) this.last = item
    else this.first.previous = item
    this.first = item
    this.size++
  }

  /** `item` has to be in the list. */
  remove(item: Item): void {
    const { previous, next } = item
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    item.previous = undefined
    item.next = undefined
    this.size--
  }

  shift(): Item | undefined {
    const { first } = this
    if (first !== undefined) this.remove(first)
    return first
  }

  pop(): Item | undefined {
    const { last } = this
    if (last !== undefined) this.remove(last)
    return last
  }

  clear(): void {
    this.first = undefined
    this.last = undefined
    this.size = 0
  }
}
