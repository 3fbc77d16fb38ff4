/**
 * The Clock port: the only way Seakeep learns what time it is and the only way it waits.
 *
 * Production binds {@link file://./real-clock.ts}, tests the ManualClock, the simulator its virtual clock. No other
 * file reads a global clock or sets a global timer; lint enforces it.
 */

/** Told when a timer is due. The object that waits is the task itself, so arming a timer allocates no closure. */
export interface TimerTask {
  /**
   * True for what waits only to look after something, as control loops do. A real clock does not keep its process alive
   * for it: a program that is done ends, also while a circuit is open. Default false.
   */
  readonly isBackground?: boolean
  /** Called once, never while `clock.now()` is before the instant that was asked for. */
  onTimer(timer: Timer): void
}

/** A timer that was armed and can be taken back. */
export interface Timer {
  /** Takes the timer out in O(1). A timer that has fired or was cancelled ignores it. */
  cancel(): void
}

export interface Clock {
  /** Monotonic milliseconds with fractions, from an arbitrary origin. All decisions are made on this time. */
  now(): number
  /** Milliseconds since the Unix epoch. For leases, tokens and logs only: it may jump. */
  wallNow(): number
  /**
   * Arms a timer for the instant `atMs` on the scale of {@link now}. An instant that has passed is due at once, but the
   * task still runs later, never inside this call. Timers for one instant fire in the order they were armed.
   */
  schedule(atMs: number, task: TimerTask): Timer
  /**
   * Keeps the process alive until {@link release} has been called as often, beside what timers do. For a real clock; one
   * that keeps nothing alive has neither.
   */
  hold?(): void
  release?(): void
}

/** Runs a function once after `delayMs`. For control loops; the call path arms itself as a {@link TimerTask}. */
export function after(clock: Clock, delayMs: number, run: () => void): Timer {
  return clock.schedule(clock.now() + delayMs, { onTimer: run })
}
