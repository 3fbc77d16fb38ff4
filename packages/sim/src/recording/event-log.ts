import type { RunEvent } from './run-document.ts'

const MAX_EVENTS = 10_000

/** Transitions and faults in the order they happened: the first 10,000, and how many came after. */
export class EventLog {
  readonly events: RunEvent[] = []
  dropped = 0

  add(event: RunEvent): void {
    if (this.events.length < MAX_EVENTS) this.events.push(event)
    else this.dropped += 1
  }
}
