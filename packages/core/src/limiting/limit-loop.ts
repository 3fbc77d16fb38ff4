import { asError } from '../errors/as-error.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'

/** A limit that time moves. */
export interface TimedLimit {
  /** `Infinity` for not until it wakes the loop. */
  readonly dueAtMs: number
  onTime(nowMs: number): void
}

/**
 * Decides what time decides about the limits of one target: the end of a window, the end of a probe that nothing ended.
 * One wake-up serves all its limiters, and an algorithm that throws is reported and holds up none of the others. A target
 * through which nothing goes has no timer, and one whose limits do not move has no pipe either.
 */
export class LimitLoop {
  readonly #clock: Clock
  readonly #events: EventSink
  #due: DueLoop | undefined = undefined
  /** The limiters that wait for an instant. */
  #waiting: Set<TimedLimit> | undefined = undefined
  #isClosed = false

  constructor(clock: Clock, events: EventSink) {
    this.#clock = clock
    this.#events = events
  }

  /** A limiter has become due at its `dueAtMs`. */
  wake(limiter: TimedLimit): void {
    if (this.#isClosed) return
    this.#waiting ??= new Set()
    this.#waiting.add(limiter)
    this.#due ??= new DueLoop(
      this.#clock,
      (nowMs) => this.#onDue(nowMs),
      (error, atMs) => this.#report(error, atMs),
    )
    this.#due.poke(limiter.dueAtMs)
  }

  /** Forgets a limiter: time no longer moves it. */
  remove(limiter: TimedLimit): void {
    this.#waiting?.delete(limiter)
  }

  close(): void {
    this.#isClosed = true
    this.#due?.close()
    this.#waiting = undefined
  }

  #onDue(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const limiter of this.#waiting ?? []) {
      if (limiter.dueAtMs <= nowMs) this.#move(limiter, nowMs)
      const { dueAtMs } = limiter
      if (dueAtMs === Number.POSITIVE_INFINITY) this.#waiting?.delete(limiter)
      else if (dueAtMs < nextMs) nextMs = dueAtMs
    }
    return nextMs
  }

  #move(limiter: TimedLimit, nowMs: number): void {
    try {
      limiter.onTime(nowMs)
    } catch (thrown) {
      this.#report(asError(thrown), nowMs)
    }
  }

  #report(error: Error, atMs: number): void {
    this.#events.emit({ type: 'listenerFailed', atMs, error })
  }
}
