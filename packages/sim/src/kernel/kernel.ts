/**
 * The discrete-event loop: takes the next timer, sets virtual time to its tick, runs its task.
 *
 * Virtual time is a whole number of microseconds. Events of one instant run in the order they were armed, through the
 * same timing wheel that production waits with. An event that settled a promise says so with {@link Kernel.mark}; then
 * everything that follows from it in microtasks ends before the next event, be that at the same instant. Events that
 * settle none, most of them, cost no drain.
 *
 * A run covers the instants *before* its end. So it is a prefix of any longer run, steps of a timeline (`from` included,
 * `until` not) divide it without rest, and what happens at the very end belongs to whoever goes on from there.
 */
import { type TimerTask, TimingWheel, type WheelTimer } from '@seakeep/core/spi'
import { type MicrotaskDrain, StepEnd } from './microtask-drain.ts'

export interface RunOptions {
  readonly drain: MicrotaskDrain
  /** Called between slices, about every 50 ms of real time; `false` interrupts the run. */
  readonly onSlice?: ((nowUs: number) => boolean) | undefined
  /** Drains after every event, marked or not. Finds the events that forgot to mark: the trace must not change. */
  readonly drainAlways?: boolean | undefined
}

/** Real milliseconds between two rests. */
const SLICE_MS = 50
/** Events between two looks at the real clock, a power of two: a look costs as much as an event. */
const EVENTS_PER_LOOK = 64
/** More events than this at one instant are taken for a loop that arms itself without end. */
const MAX_EVENTS_AT_ONCE = 1_000_000

type State = 'idle' | 'running' | 'finished' | 'interrupted' | 'failed'

export class Kernel {
  readonly #wheel = new TimingWheel()
  #nowUs = 0
  #events = 0
  /** How many events may have run before time must have moved. */
  #zenoEvents = MAX_EVENTS_AT_ONCE
  #isMarked = false
  #state: State = 'idle'
  #error: unknown = undefined

  #untilUs = 0
  #drainAlways = false
  #sliceEndMs = 0

  /** Virtual time: the tick of the event that runs, or the end of the last run. */
  get nowUs(): number {
    return this.#nowUs
  }

  /** Events that have run. */
  get events(): number {
    return this.#events
  }

  /** Timers that are armed. */
  get pending(): number {
    return this.#wheel.size
  }

  /**
   * Arms a timer for an instant, rounded to a whole microsecond. One that has passed is due now, after all that is due
   * already; `Infinity` is never.
   */
  at(tickUs: number, task: TimerTask): WheelTimer {
    return this.#wheel.insert(this.#tick(tickUs), task)
  }

  /** Arms a timer for `delayUs` from now. */
  after(delayUs: number, task: TimerTask): WheelTimer {
    return this.#wheel.insert(this.#tick(this.#nowUs + delayUs), task)
  }

  /**
   * Arms a timer again that {@link at} or {@link after} has made, fired or pending, for what waits over and over. Do not
   * extend the timer's class for it: a wheel of several classes takes three times as long to link.
   */
  rearm(timer: WheelTimer, tickUs: number): void {
    this.#wheel.place(timer, this.#tick(tickUs))
  }

  /** NaN stays NaN, which the wheel takes for at once. */
  #tick(tickUs: number): number {
    return Math.max(Math.round(tickUs), this.#nowUs)
  }

  /** Says that the event that runs has settled a promise, or called code that may have. */
  mark(): void {
    this.#isMarked = true
  }

  /** Ends the run after the present event: `run` rejects with `error`, as it does from then on. The first one counts. */
  fail(error: unknown): void {
    if (this.#state === 'failed') return
    this.#state = 'failed'
    this.#error = error
  }

  /** Ends the run after the present event, as an interrupt. Another `run` goes on from there. */
  stop(): void {
    if (this.#state === 'running') this.#state = 'interrupted'
  }

  /**
   * Runs all events before `untilUs` and then stands at that instant. Real time passes in slices, with the real event
   * loop free between them. Rejects with what a task threw, with what was told to {@link fail}, or with what simulated
   * code left uncaught.
   */
  async run(untilUs: number, options: RunOptions): Promise<'finished' | 'interrupted'> {
    if (this.#state === 'running') throw new Error('the kernel is running already')
    const { drain, onSlice } = options
    if (this.#state !== 'failed') {
      this.#state = 'running'
      this.#untilUs = untilUs
      this.#drainAlways = options.drainAlways === true
      this.#sliceEndMs = drain.realNow() + SLICE_MS
      await drain.drive({
        step: () => this.#step(drain),
        rested: () => this.#rested(drain, onSlice),
        failed: (error) => this.fail(error),
      })
    }
    const state = this.#state as State
    if (state === 'failed') throw this.#error
    this.#state = 'idle'
    return state === 'finished' ? 'finished' : 'interrupted'
  }

  /** Runs events up to one that needs a drain, to the end of the slice or to the end of the run. */
  #step(drain: MicrotaskDrain): StepEnd {
    const wheel = this.#wheel
    const limitUs = Math.ceil(this.#untilUs) - 1
    try {
      while (this.#state === 'running') {
        const timer = wheel.popUntil(limitUs)
        if (timer === undefined) {
          if (Number.isFinite(this.#untilUs)) this.#nowUs = Math.max(this.#nowUs, this.#untilUs)
          this.#state = 'finished'
          break
        }
        if (timer.at > this.#nowUs) {
          this.#nowUs = timer.at
          this.#zenoEvents = this.#events + MAX_EVENTS_AT_ONCE
        } else if (this.#events >= this.#zenoEvents) throw zenoError(this.#nowUs, timer.task)
        this.#events++
        timer.task.onTimer(timer)
        const isDue = this.#isMarked || this.#drainAlways
        if ((this.#events & (EVENTS_PER_LOOK - 1)) === 0 && drain.realNow() >= this.#sliceEndMs) {
          this.#isMarked = false
          return StepEnd.rest
        }
        if (isDue) {
          this.#isMarked = false
          return StepEnd.drain
        }
      }
    } catch (error) {
      this.fail(error)
    }
    return StepEnd.done
  }

  #rested(drain: MicrotaskDrain, onSlice: RunOptions['onSlice']): void {
    try {
      if (onSlice?.(this.#nowUs) === false) this.stop()
    } catch (error) {
      this.fail(error)
    }
    this.#sliceEndMs = drain.realNow() + SLICE_MS
  }
}

function zenoError(nowUs: number, task: TimerTask): Error {
  const limit = MAX_EVENTS_AT_ONCE.toLocaleString('en')
  return new Error(
    `virtual time stands still at ${nowUs / 1000} ms: more than ${limit} events at that one instant, ` +
      `the last of ${task.constructor.name}; something arms itself again without a delay`,
  )
}
