import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import type { Clock, Timer, TimerTask } from './clock.ts'

/**
 * RxJS's time, taken from a {@link Clock}: what every time operator of a control loop gets as its scheduler.
 *
 * It does what RxJS's `asyncScheduler` does, with one difference: `now()` is monotonic and has an arbitrary origin, so
 * operators are given lengths of time, never a `Date`. Work that throws is unsubscribed, and the error goes to the
 * clock, which treats it as that of any timer.
 */
export function clockScheduler(clock: Clock): SchedulerLike {
  let scheduler = schedulers.get(clock)
  if (scheduler === undefined) {
    scheduler = new ClockScheduler(clock)
    schedulers.set(clock, scheduler)
  }
  return scheduler
}

/** One for each clock, so that the loops of thousands of targets share it; it holds no state but its clock. */
const schedulers = new WeakMap<Clock, SchedulerLike>()

type Work<T> = (this: SchedulerAction<T>, state?: T) => void

class ClockScheduler implements SchedulerLike {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  schedule<T>(work: Work<T>, delay: number = 0, state?: T): Subscription {
    return new ClockAction(this.#clock, work).schedule(state, delay)
  }
}

/** Work that waits. It may arm itself again while it runs or later; arming it while it waits puts it off. */
class ClockAction<T> extends Subscription implements SchedulerAction<T>, TimerTask {
  /** Streams belong to the control plane: what waits here is a loop and never a call. */
  readonly isBackground = true
  readonly #clock: Clock
  readonly #work: Work<T>
  #state: T | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, work: Work<T>) {
    super()
    this.#clock = clock
    this.#work = work
  }

  schedule(state?: T, delay: number = 0): Subscription {
    if (this.closed) return this
    this.#timer?.cancel()
    this.#state = state
    this.#timer = this.#clock.schedule(this.#clock.now() + Math.max(0, delay), this)
    return this
  }

  onTimer(): void {
    this.#timer = undefined
    try {
      this.#work(this.#state)
    } catch (error) {
      this.unsubscribe()
      throw error
    }
  }

  override unsubscribe(): void {
    if (this.closed) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#state = undefined
    super.unsubscribe()
  }
}
