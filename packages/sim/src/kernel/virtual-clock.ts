/**
 * The Clock of one simulated host: the kernel's time, and timers that live and stop with the host.
 *
 * A crash ends what a process was waiting for and a pause delays it, so every timer passes its host's gate when it is
 * due. The timer stands before the wheel's own instead of extending it: a wheel that links objects of several classes is
 * several times as slow as one that links its own only.
 */
import type { Clock, Timer, TimerTask } from '@seakeep/core/spi'
import type { Kernel } from './kernel.ts'

/** What a clock asks its host when a timer is due. */
export interface HostGate {
  /** Counts the host's lives. Timers of an earlier one are dropped without a word. */
  readonly epoch: number
  /** While it is true, due timers are handed to {@link hold}. */
  readonly isPaused: boolean
  /** Whether its timers may settle promises: then each marks the kernel. */
  readonly isAsync: boolean
  /**
   * Takes a timer that was due during a pause. Afterwards `run.onTimer(timer)` passes the gate anew, in the order of
   * holding: best as events of their own (`kernel.at(kernel.nowUs, run)`), so that promises run between two of them, as
   * they do in a process that wakes up. A timer cancelled meanwhile does nothing then.
   */
  hold(run: TimerTask, timer: Timer): void
}

/** 2026-01-01T00:00:00Z: where every simulated calendar begins. */
export const WALL_EPOCH_MS = 1_767_225_600_000

export class VirtualClock implements Clock {
  readonly #kernel: Kernel
  readonly #gate: HostGate
  readonly #wallOriginMs: number

  /** `wallOffsetMs` is how far the host's calendar is off. */
  constructor(kernel: Kernel, gate: HostGate, wallOffsetMs: number = 0) {
    this.#kernel = kernel
    this.#gate = gate
    this.#wallOriginMs = WALL_EPOCH_MS + wallOffsetMs
  }

  now(): number {
    return this.#kernel.nowUs / 1000
  }

  wallNow(): number {
    return this.#wallOriginMs + this.#kernel.nowUs / 1000
  }

  schedule(atMs: number, task: TimerTask): Timer {
    // The nearest tick, so that sums of milliseconds which are a rounding error off an instant meet it; but never one at
    // which `now()` would still read less than what was asked for.
    let tickUs = Math.round(atMs * 1000)
    if (tickUs / 1000 < atMs) tickUs++
    return new HostTimer(task, this.#kernel, this.#gate, tickUs)
  }
}

const NOTHING: TimerTask = { onTimer: () => {} }

class HostTimer implements Timer, TimerTask {
  /** Whose wait it is; nobody's once it is over or taken back, also from the hands of a paused host. */
  #run: TimerTask
  readonly #kernel: Kernel
  readonly #gate: HostGate
  readonly #epoch: number
  readonly #timer: Timer

  constructor(run: TimerTask, kernel: Kernel, gate: HostGate, tickUs: number) {
    this.#run = run
    this.#kernel = kernel
    this.#gate = gate
    this.#epoch = gate.epoch
    this.#timer = kernel.at(tickUs, this)
  }

  onTimer(): void {
    const run = this.#run
    const gate = this.#gate
    if (this.#epoch !== gate.epoch || run === NOTHING) return
    if (gate.isPaused) {
      gate.hold(this, this)
      return
    }
    if (gate.isAsync) this.#kernel.mark()
    this.#run = NOTHING
    run.onTimer(this)
  }

  cancel(): void {
    this.#run = NOTHING
    this.#timer.cancel()
  }
}
