import type { Clock, Timer, TimerTask } from './clock.ts'
import { TimingWheel, type WheelTimer } from './timing-wheel.ts'

/**
 * The machine's time: the one file that reads a global clock or sets a global timer.
 *
 * All timers of a clock lie in one wheel with ticks of 1 ms, behind a single `setTimeout` that is armed for a lower
 * bound of the next one. Calls arm a timer each and cancel it when they end, nearly always; that costs list links here,
 * and nothing of the platform's. The bound may wake it once or twice with nothing due, never late.
 *
 * The one platform timer keeps the process alive while a timer is armed here whose task is not of the background, and to
 * the end of that turn: a call that has not settled holds the process, an idle runtime does not, nor does an open circuit.
 * (To the end of the turn, as letting go and taking hold again would cost every call of a row of calls 40 ns.)
 *
 * Time is read by `performance.now`: as fast as `process.hrtime`, which makes an array of 96 bytes, and a call reads it
 * twice.
 */
export function realClock(): Clock {
  return new RealClock()
}

/** The longest delay `setTimeout` takes; it makes 1 ms of longer ones. */
const LONGEST_DELAY = 2 ** 31 - 1

/** Counted from the start of the process, so that ticks are small integers for weeks. */
const origin = performance

function monotonicMs(): number {
  return origin.now()
}

class RealClock implements Clock {
  readonly #wheel = new HoldingWheel(() => this.#onFree())
  #timeout: ReturnType<typeof setTimeout> | undefined
  /** The tick `#timeout` is set for; `Infinity` while there is none. */
  #wakesAt = Number.POSITIVE_INFINITY
  /** The process is let go at the end of this turn, where nothing holds it by then. */
  #isLettingGo = false
  /** While due timers are fired: the last tick of this round. */
  #firingUntil = -1
  readonly #wake = () => this.#fire()
  readonly #letGo = () => {
    this.#isLettingGo = false
    if (this.#wheel.holding === 0) this.#timeout?.unref()
  }

  now(): number {
    return monotonicMs()
  }

  wallNow(): number {
    return Date.now()
  }

  schedule(atMs: number, task: TimerTask): Timer {
    // What a task arms for an instant that has passed waits for the next round, else it could starve the event loop.
    const timer = this.#wheel.insert(Math.max(Math.ceil(atMs), this.#firingUntil + 1), task)
    if (timer.at < this.#wakesAt) {
      if (this.#firingUntil < 0) this.#setTimeout(this.#wheel.nextTick())
    } else if (this.#wheel.holding === 1 && !this.#isLettingGo) this.#timeout?.ref()
    return timer
  }

  hold(): void {
    this.#wheel.holding += 1
    if (this.#wheel.holding === 1 && !this.#isLettingGo) this.#timeout?.ref()
  }

  release(): void {
    this.#wheel.holding -= 1
    if (this.#wheel.holding === 0) this.#onFree()
  }

  #onFree(): void {
    if (this.#isLettingGo) return
    this.#isLettingGo = true
    setImmediate(this.#letGo)
  }

  #fire(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY
    this.#timeout = undefined
    // `setTimeout` may fire up to 1 ms early; what is not due by the clock we hand out stays for the next round.
    const until = Math.floor(monotonicMs())
    this.#firingUntil = until
    try {
      for (let timer = this.#wheel.popUntil(until); timer !== undefined; timer = this.#wheel.popUntil(until)) {
        timer.task.onTimer(timer)
      }
      this.#wheel.skipTo(until)
    } finally {
      // Also when a task threw: its error is the process's to handle, the other timers go on.
      this.#firingUntil = -1
      if (this.#wheel.size > 0) this.#setTimeout(this.#wheel.nextTick())
    }
  }

  #setTimeout(tick: number): void {
    clearTimeout(this.#timeout)
    this.#wakesAt = tick
    const delayMs = Math.ceil(tick - monotonicMs())
    this.#timeout = setTimeout(this.#wake, Math.min(Math.max(delayMs, 1), LONGEST_DELAY))
    if (this.#wheel.holding === 0 && !this.#isLettingGo) this.#timeout.unref()
  }
}

/** The order of timers, which also counts those that keep the process alive. */
class HoldingWheel extends TimingWheel {
  holding = 0
  readonly #onFree: () => void

  constructor(onFree: () => void) {
    super()
    this.#onFree = onFree
  }

  override place(timer: WheelTimer, at: number): void {
    super.place(timer, at)
    if (timer.task.isBackground !== true) this.holding += 1
  }

  override remove(timer: WheelTimer): void {
    super.remove(timer)
    if (timer.task.isBackground === true) return
    this.holding -= 1
    if (this.holding === 0) this.#onFree()
  }
}
