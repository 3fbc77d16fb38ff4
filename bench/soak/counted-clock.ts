import type { Clock, Timer, TimerTask } from '@seakeep/core/spi'

/** A clock that knows how many of its timers are armed. */
export class CountedClock implements Clock {
  /** Armed, and neither fired nor cancelled. */
  live = 0
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  wallNow(): number {
    return this.#clock.wallNow()
  }

  schedule(atMs: number, task: TimerTask): Timer {
    const timer = new CountedTimer(this, task)
    timer.inner = this.#clock.schedule(atMs, timer)
    return timer
  }
}

class CountedTimer implements Timer, TimerTask {
  inner: Timer | undefined = undefined
  readonly isBackground: boolean
  readonly #clock: CountedClock
  readonly #task: TimerTask
  #isLive = true

  constructor(clock: CountedClock, task: TimerTask) {
    this.#clock = clock
    this.#task = task
    this.isBackground = task.isBackground === true
    clock.live++
  }

  cancel(): void {
    this.#end()
    this.inner?.cancel()
  }

  onTimer(): void {
    this.#end()
    this.#task.onTimer(this)
  }

  #end(): void {
    if (this.#isLive) this.#clock.live--
    this.#isLive = false
  }
}
