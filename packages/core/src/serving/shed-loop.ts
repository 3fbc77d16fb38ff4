import type { ResolvedShedOptions } from '../limiting/shed-options.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { LoadMonitor } from './load-monitor.ts'
import { SAMPLE_MS, Shedding } from './shedding.ts'

/** The options of a shedding, and whether it only watches. */
type ShedPolicy = ResolvedShedOptions & { readonly isShadow?: true }

/**
 * Looks at the load of the process while requests come, or something is still being shed; else it has no timer. Tells when
 * it begins and ends to shed, and nothing of the kind in shadow.
 */
export class ShedLoop {
  readonly shedding: Shedding
  isShadow: boolean
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #service: string
  readonly #due: DueLoop
  #isAwake = false
  #isClosed = false
  #isTold = false

  constructor(policy: ShedPolicy, load: LoadMonitor, clock: Clock, events: EventSink, service: string) {
    this.shedding = new Shedding(policy)
    this.isShadow = policy.isShadow === true
    this.#clock = clock
    this.#events = events
    this.#service = service
    this.#due = new DueLoop(
      clock,
      (nowMs) => {
        this.#isAwake = this.shedding.sample(load)
        this.#tell(nowMs)
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

  update(policy: ShedPolicy): void {
    this.isShadow = policy.isShadow === true
    this.shedding.update(policy)
    this.#tell(this.#clock.now())
  }

  close(): void {
    this.#isClosed = true
    this.#due.close()
  }

  /** Nothing is shed from here on. */
  end(): void {
    this.close()
    this.isShadow = true
    this.#tell(this.#clock.now())
  }

  #tell(atMs: number): void {
    const isShedding = this.shedding.level > 0 && !this.isShadow
    if (isShedding === this.#isTold) return
    this.#isTold = isShedding
    this.#events.emit({ type: isShedding ? 'sheddingStarted' : 'sheddingEnded', atMs, service: this.#service })
  }
}
