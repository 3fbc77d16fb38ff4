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

export interface VirtualClockOptions {
  /** How far the host's calendar is off. Default 0. */
  readonly wallOffsetMs?: number
  /** Whether it may drift: then its timers see to it that none fires before its instant. Default false. */
  readonly canDrift?: boolean
}

/**
 * What the process on a host takes for the time. Unless it is skewed it is the kernel's: its wall clock can be moved, which
 * touches no timer, and its oscillator can drift, which monotonic time and timers follow.
 */
export class VirtualClock implements Clock {
  readonly #kernel: Kernel
  readonly #gate: HostGate
  readonly #canDrift: boolean
  #wallOriginMs: number
  /** Undefined for as long as it has never drifted. */
  #drift: Drift | undefined = undefined

  constructor(kernel: Kernel, gate: HostGate, { wallOffsetMs = 0, canDrift = false }: VirtualClockOptions = {}) {
    this.#kernel = kernel
    this.#gate = gate
    this.#canDrift = canDrift
    this.#wallOriginMs = WALL_EPOCH_MS + wallOffsetMs
  }

  now(): number {
    const ms = this.#kernel.nowUs / 1000
    return this.#drift === undefined ? ms : this.#drift.readingAt(ms)
  }

  wallNow(): number {
    return this.#wallOriginMs + this.now()
  }

  schedule(atMs: number, task: TimerTask): Timer {
    if (this.#canDrift) return new DriftingTimer(atMs, task, this)
    return this.#arm(atMs, task)
  }

  /** Arms a timer by the time as it is, whatever this clock says. */
  pass(ms: number, task: TimerTask): Timer {
    return this.#arm(this.#kernel.nowUs / 1000 + ms, task)
  }

  /** The time as it is, for the same host. */
  get steady(): Clock {
    return this.#canDrift ? new VirtualClock(this.#kernel, this.#gate) : this
  }

  /** Moves the wall clock, forward or back. */
  moveWall(ms: number): void {
    this.#wallOriginMs += ms
  }

  /** Lets it run faster by so many millionths from now on, or slower. Only where it was made to. */
  driftBy(ppm: number): void {
    const ms = this.#kernel.nowUs / 1000
    this.#drift = new Drift(ms, this.now(), (this.#drift?.rate ?? 1) + ppm * 1e-6)
  }

  /** The instant of virtual time at which this clock shows `atMs`, as it runs now, in milliseconds. */
  instantOf(atMs: number): number {
    return this.#drift === undefined ? atMs : this.#drift.instantOf(atMs)
  }

  /** What this clock shows at an instant of virtual time, as it runs now. */
  readingAt(ms: number): number {
    return this.#drift === undefined ? ms : this.#drift.readingAt(ms)
  }

  /** For the timers of a drifting clock: due when it shows `atMs`, as it runs now. */
  armDrifting(atMs: number, task: TimerTask): Timer {
    return this.#arm(this.instantOf(atMs), task)
  }

  #arm(atMs: number, task: TimerTask): Timer {
    return armed(atMs, task, this.#kernel, this.#gate)
  }
}

/** Arms a timer that passes a host's gate when it is due, for an instant of the kernel's time. */
export function armed(atMs: number, task: TimerTask, kernel: Kernel, gate: HostGate): Timer {
  // The nearest tick, so that sums of milliseconds which are a rounding error off an instant meet it; but never one at
  // which `now()` would still read less than what was asked for.
  let tickUs = Math.round(atMs * 1000)
  if (tickUs / 1000 < atMs) tickUs++
  return new HostTimer(task, kernel, gate, tickUs)
}

/** A stretch in which a clock runs at one rate. */
class Drift {
  readonly rate: number
  readonly #sinceMs: number
  readonly #readingMs: number

  constructor(sinceMs: number, readingMs: number, rate: number) {
    this.#sinceMs = sinceMs
    this.#readingMs = readingMs
    this.rate = rate
  }

  readingAt(ms: number): number {
    return this.#readingMs + (ms - this.#sinceMs) * this.rate
  }

  instantOf(readingMs: number): number {
    return this.#sinceMs + (readingMs - this.#readingMs) / this.rate
  }
}

/** A timer of a clock that may have become slower, or been rounded, since it was armed: it waits on until it is due. */
class DriftingTimer implements Timer, TimerTask {
  readonly #atMs: number
  readonly #task: TimerTask
  readonly #clock: VirtualClock
  #timer: Timer

  constructor(atMs: number, task: TimerTask, clock: VirtualClock) {
    this.#atMs = atMs
    this.#task = task
    this.#clock = clock
    this.#timer = clock.armDrifting(atMs, this)
  }

  onTimer(): void {
    const clock = this.#clock
    if (clock.now() >= this.#atMs) return this.#task.onTimer(this)
    // At least one tick on: less is a rounding error.
    this.#timer = clock.pass(Math.max(0.001, clock.instantOf(this.#atMs) - clock.instantOf(clock.now())), this)
  }

  cancel(): void {
    this.#timer.cancel()
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
