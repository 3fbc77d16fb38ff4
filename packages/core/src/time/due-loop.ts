import { Subject, type Subscription, switchMap, timer } from 'rxjs'
import { asError } from '../errors/as-error.ts'
import type { Clock } from './clock.ts'
import { clockScheduler } from './clock-scheduler.ts'

/** How long after a callback that threw, and so did not say when it is due next, it is asked again. */
const RETRY_MS = 1000

/**
 * Decides when a target's control loop looks at its rows again: at the earliest instant anybody asked for, and at no
 * other time. One loop serves all rows of a target; what is due, and when the next thing is, its callback says.
 *
 * The pipe is built with the first poke and stands from then on: a loop that has never had anything to wait for costs
 * an object. A later instant than the one that is armed is not armed on its own; the callback names it when it is asked.
 */
export class DueLoop {
  readonly #clock: Clock
  readonly #onDue: (nowMs: number) => number
  readonly #onError: (error: Error, nowMs: number) => void
  #wakeUps: Subject<number> | undefined = undefined
  #subscription: Subscription | undefined = undefined
  #armedAtMs: number = Number.POSITIVE_INFINITY
  #isAsking = false
  #isClosed = false

  /** `onDue` answers when it is due next, `Infinity` for not until poked. What it throws is told to `onError`. */
  constructor(clock: Clock, onDue: (nowMs: number) => number, onError: (error: Error, nowMs: number) => void) {
    this.#clock = clock
    this.#onDue = onDue
    this.#onError = onError
  }

  /** Asks to be woken at `atMs`, or at once where that has passed. Cheap where something earlier is armed. */
  poke(atMs: number): void {
    if (!(atMs < this.#armedAtMs) || this.#isClosed) return
    this.#armedAtMs = atMs
    // While the callback runs there is nothing to arm: the earliest of what it answers and what it pokes is, after it.
    if (!this.#isAsking) this.#arm(atMs)
  }

  close(): void {
    this.#isClosed = true
    this.#subscription?.unsubscribe()
    this.#wakeUps?.complete()
  }

  #arm(atMs: number): void {
    this.#wakeUps ??= this.#build()
    this.#wakeUps.next(atMs)
  }

  #build(): Subject<number> {
    const clock = this.#clock
    const scheduler = clockScheduler(clock)
    const wakeUps = new Subject<number>()
    this.#subscription = wakeUps
      .pipe(switchMap((atMs) => timer(Math.max(0, atMs - clock.now()), scheduler)))
      .subscribe(() => this.#ask())
    return wakeUps
  }

  /**
   * The timer was armed by a length, and a clock counts in ticks: it may fire a rounding error before the instant. The
   * callback is asked as of that instant, or it would find nothing due and name it again within the same tick.
   */
  #ask(): void {
    const nowMs = Math.max(this.#clock.now(), this.#armedAtMs)
    this.#armedAtMs = Number.POSITIVE_INFINITY
    this.#isAsking = true
    try {
      this.poke(this.#onDue(nowMs))
    } catch (thrown) {
      this.poke(nowMs + RETRY_MS)
      this.#onError(asError(thrown), nowMs)
    } finally {
      this.#isAsking = false
      if (this.#armedAtMs !== Number.POSITIVE_INFINITY && !this.#isClosed) this.#arm(this.#armedAtMs)
    }
  }
}
