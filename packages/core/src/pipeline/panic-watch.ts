import type { EventSink } from '../telemetry/events.ts'

/**
 * Decides when a target is in panic: while one of its selections is, that of all its endpoints or that of a version. The
 * first that begins is told, and the last that ends.
 */
export class PanicWatch {
  readonly #service: string
  readonly #events: EventSink
  #panicking = 0

  constructor(service: string, events: EventSink) {
    this.#service = service
    this.#events = events
  }

  /** One of the selections has begun to panic, or has ended. */
  readonly onPanic = (isPanic: boolean, why: string, atMs: number): void => {
    this.#panicking += isPanic ? 1 : -1
    if (this.#panicking !== (isPanic ? 1 : 0)) return
    this.#events.emit({ type: isPanic ? 'panicEntered' : 'panicLeft', atMs, service: this.#service, why })
  }
}
