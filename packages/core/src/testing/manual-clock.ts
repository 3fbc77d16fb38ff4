import type { Clock, Timer, TimerTask } from '../time/clock.ts'
import { TimingWheel, WheelTimer } from '../time/timing-wheel.ts'
import { drainMicrotasks } from './node-drain.ts'

/** Ticks in a millisecond. */
const TICKS = 1000
/** What a sum of milliseconds may be off by, in ticks: 0.1 + 0.2 is the tick of 0.3. */
const NOISE = 1e-3

/**
 * A clock that stands still until it is told to go on: time in tests. It starts at 0 and orders timers by microseconds,
 * with the timing wheel that also stands behind the real and the simulated time.
 *
 * While a timer fires, `now()` is the instant it was armed for. (Of timers for the same microsecond a later one may see
 * the time of an earlier one, never a time before its own.)
 */
export class ManualClock implements Clock {
  readonly #wheel = new TimingWheel()
  #nowMs = 0
  /** What `wallNow()` is ahead of `now()`. */
  #wallOffsetMs: number
  #isAdvancing = false

  /** `wallStartMs` is the calendar's time at the start, by default the beginning of 2026 in UTC. */
  constructor(wallStartMs: number = 1_767_225_600_000) {
    this.#wallOffsetMs = wallStartMs
  }

  now(): number {
    return this.#nowMs
  }

  wallNow(): number {
    return this.#wallOffsetMs + this.#nowMs
  }

  /** Sets the wall clock, as an administrator or a time server would: `now()` and the timers do not notice. */
  setWall(wallMs: number): void {
    this.#wallOffsetMs = wallMs - this.#nowMs
  }

  /** Timers that are armed. */
  get pending(): number {
    return this.#wheel.size
  }

  schedule(atMs: number, task: TimerTask): Timer {
    const timer = new ManualTimer(task, atMs)
    this.#wheel.place(timer, tickOf(atMs))
    return timer
  }

  /**
   * Lets `ms` pass: fires what is due, in order, and what that arms and is due by then, too. Promises that a timer
   * settles are not followed up before this returns; see {@link advanceAsync}. What a task throws comes out here, with
   * the clock at that task's instant.
   */
  advance(ms: number): void {
    const untilMs = this.#begin(ms)
    try {
      while (this.#fireNext(untilMs)) {}
      this.#nowMs = Math.max(this.#nowMs, untilMs)
    } finally {
      this.#isAdvancing = false
    }
  }

  /** As {@link advance}, but everything that waits for a promise runs as far as it can before and after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const untilMs = this.#begin(ms)
    try {
      do await drainMicrotasks()
      while (this.#fireNext(untilMs))
      this.#nowMs = Math.max(this.#nowMs, untilMs)
    } finally {
      this.#isAdvancing = false
    }
  }

  #begin(ms: number): number {
    if (!(ms >= 0)) throw new RangeError(`time cannot advance by ${ms} ms`)
    if (this.#isAdvancing) throw new Error('the clock is being advanced already: await the advance before')
    this.#isAdvancing = true
    return this.#nowMs + ms
  }

  #fireNext(untilMs: number): boolean {
    const timer = this.#wheel.popUntil(tickOf(untilMs))
    if (timer === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, (timer as ManualTimer).atMs)
    timer.task.onTimer(timer)
    return true
  }
}

class ManualTimer extends WheelTimer {
  readonly atMs: number

  constructor(task: TimerTask, atMs: number) {
    super(task)
    this.atMs = atMs
  }
}

function tickOf(ms: number): number {
  return Math.ceil(ms * TICKS - NOISE)
}
