import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { LoadMonitor } from './load-monitor.ts'
import { SAMPLE_MS, type Shedding } from './shedding.ts'

/** Looks at the load of the process while requests come, or something is still being shed; else it has no timer. */
export class ShedLoop {
  readonly #clock: Clock
  readonly #due: DueLoop
  #isAwake = false
  #isClosed = false

  constructor(shedding: Shedding, load: LoadMonitor, clock: Clock, events: EventSink, service: string) {
    this.#clock = clock
    this.#due = new DueLoop(
      clock,
      (nowMs) => {
        const wasShedding = shedding.level > 0
        this.#isAwake = shedding.sample(load)
        if (shedding.level > 0 !== wasShedding) {
          events.emit({ type: wasShedding ? 'sheddingEnded' : 'sheddingStarted', atMs: nowMs, service })
        }
        return this.#isAwake ? nowMs + SAMPLE_MS : Number.POSITIVE_INFINITY
      },
      (error, atMs) => events.emit({ type: 'listenerFailed', atMs, error }),
    )
  }

  /** A request has come. */
  wake(): void {
    if (this.#isAwake || this.#isClosed) return
    this.#isAwake = true
    this.#due.poke(this.#clock.now() + SAMPLE_MS)
  }

  close(): void {
    this.#isClosed = true
    this.#due.close()
  }
}
