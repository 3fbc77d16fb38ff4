import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { BreakerAlarm, CircuitBreaker } from './breaker.ts'

/**
 * Decides what time decides about the circuits of one target, its own and those of its endpoints: the end of an open
 * time, the loss of a probe. One wake-up serves them all, because a loop an endpoint is what a large system cannot pay.
 * A target whose circuits are closed has no timer.
 */
export class BreakerLoop implements BreakerAlarm {
  readonly #clock: Clock
  readonly #events: EventSink
  /** Both are made when the first circuit waits: most targets of a large system never have one that does. */
  #due: DueLoop | undefined = undefined
  /** The circuits that wait for an instant, in the order in which they began to. */
  #waiting: Set<CircuitBreaker> | undefined = undefined
  #isClosed = false

  constructor(clock: Clock, events: EventSink) {
    this.#clock = clock
    this.#events = events
  }

  /** Takes a circuit on, and answers with it. */
  add(breaker: CircuitBreaker): CircuitBreaker {
    breaker.attach(this)
    return breaker
  }

  /** Forgets a circuit: time no longer moves it. */
  remove(breaker: CircuitBreaker): void {
    breaker.attach(undefined)
    this.#waiting?.delete(breaker)
  }

  /** A circuit has become due at its `dueAtMs`. */
  wake(breaker: CircuitBreaker): void {
    if (this.#isClosed) return
    this.#waiting ??= new Set()
    this.#waiting.add(breaker)
    this.#due ??= new DueLoop(
      this.#clock,
      (nowMs) => this.#onDue(nowMs),
      (error, atMs) => this.#events.emit({ type: 'listenerFailed', atMs, error }),
    )
    this.#due.poke(breaker.dueAtMs)
  }

  close(): void {
    this.#isClosed = true
    this.#due?.close()
    for (const breaker of this.#waiting ?? []) breaker.attach(undefined)
    this.#waiting = undefined
  }

  #onDue(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const breaker of this.#waiting ?? []) {
      breaker.onTime(nowMs)
      const dueAtMs = breaker.dueAtMs
      if (dueAtMs === Number.POSITIVE_INFINITY) this.#waiting?.delete(breaker)
      else if (dueAtMs < nextMs) nextMs = dueAtMs
    }
    return nextMs
  }
}
