import type { RunEvent } from './run-document.ts'

const MAX_EVENTS = 10_000

/** Transitions and faults in the order they happened: the first 10,000, and how many came after. A follower hears all. */
export class EventLog {
  readonly events: RunEvent[] = []
  dropped = 0
  onEvent: ((event: RunEvent) => void) | undefined = undefined
  readonly #followers: ((event: RunEvent) => void)[] = []

  /** Hears of every event, also of those that are not kept. */
  follow(told: (event: RunEvent) => void): void {
    this.#followers.push(told)
  }

  add(event: RunEvent): void {
    this.onEvent?.(event)
    for (const told of this.#followers) told(event)
    if (this.events.length < MAX_EVENTS) this.events.push(event)
    else this.dropped += 1
  }
}
