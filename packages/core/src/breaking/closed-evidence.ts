import { type ResolvedCircuitBreakerOptions, STALE_MS } from './breaker-options.ts'
import { type CallWindow, spanText } from './call-window.ts'
import { CountWindow } from './count-window.ts'
import { InFlightAges } from './in-flight-ages.ts'
import { SlidingWindow } from './sliding-window.ts'

/**
 * Decides whether what a closed circuit has seen is reason enough to open it, and says so in words with the numbers.
 *
 * Four kinds of evidence, each off unless asked for but the first: the share of failures in the window, failures in a
 * row, the share of slow calls, and with it the calls under way that are slow already. Ratios are compared with `>=` and
 * judge nothing below `minimumCalls`, or the first error would open it (opossum#481, #558, #560).
 */
export class ClosedEvidence {
  #window: CallWindow
  /** Failures since the last success, and when the last of them was. */
  #inARow = 0
  #options: ResolvedCircuitBreakerOptions
  #failedMs = 0
  /** Made with the first call that is sent, where slow calls count. */
  #ages: InFlightAges | undefined = undefined

  constructor(options: ResolvedCircuitBreakerOptions) {
    this.#options = options
    this.#window = windowOf(options)
  }

  /** Keeps the counts, unless the window or the meaning of slow is another. */
  update(options: ResolvedCircuitBreakerOptions): void {
    const { windowMs, windowCalls, slowCall } = this.#options
    this.#options = options
    if (options.windowMs !== windowMs || options.windowCalls !== windowCalls) this.#window = windowOf(options)
    if (options.slowCall?.overMs !== slowCall?.overMs) this.#ages = undefined
  }

  clear(): void {
    this.#window.clear()
    this.#inARow = 0
    this.#ages = undefined
  }

  /** True where calls are under way whose age is evidence. */
  get isAging(): boolean {
    return this.#ages !== undefined
  }

  sent(nowMs: number): void {
    const { slowCall } = this.#options
    if (slowCall === undefined) return
    this.#ages ??= new InFlightAges(slowCall.overMs, nowMs)
    this.#ages.sent(nowMs)
  }

  /** A call that was {@link sent} at `sentMs` is no longer under way. */
  ended(sentMs: number): void {
    this.#ages?.ended(sentMs)
  }

  /** Counts a success where it can open nothing; false, and nothing is done, where failures are remembered. */
  tryCount(nowMs: number): boolean {
    const window = this.#window
    if (window.failures > 0) return false
    window.record(nowMs, false, false)
    if (this.#inARow > 0) this.#inARow = 0
    return true
  }

  /** Counts a call that was judged. Why the circuit is to open, or undefined. */
  record(isFailure: boolean, durationMs: number, nowMs: number): string | undefined {
    const { slowCall } = this.#options
    const window = this.#window
    window.record(nowMs, isFailure, slowCall !== undefined && durationMs > slowCall.overMs)
    if (isFailure) this.#countInARow(nowMs)
    else this.#inARow = 0
    return window.failures === 0 && slowCall === undefined ? undefined : this.#reason(nowMs)
  }

  #reason(nowMs: number): string | undefined {
    const { failureRatio, consecutiveFailures, minimumCalls, slowCall } = this.#options
    const window = this.#window
    if (consecutiveFailures !== undefined && this.#inARow >= consecutiveFailures) {
      return `${this.#inARow} failures in a row (threshold ${consecutiveFailures})`
    }
    const { calls, failures } = window
    // Divided, not multiplied: 0.55 * 20 is a little more than 11, but 11 / 20 is exactly the number that 0.55 is.
    if (failureRatio !== undefined && calls >= minimumCalls && failures > 0 && failures / calls >= failureRatio) {
      return `failure ratio ${share(failures, calls)} of ${window.text(calls)} (threshold ${failureRatio})`
    }
    if (slowCall === undefined) return undefined
    this.#ages?.advance(nowMs)
    return this.#slow(this.#ages?.overdue ?? 0)
  }

  /** What the calls under way say by not having ended. Why the circuit is to open, or undefined. */
  age(nowMs: number): string | undefined {
    const ages = this.#ages
    if (ages === undefined) return undefined
    ages.advance(nowMs)
    if (ages.overdue === 0) return undefined
    this.#window.advance(nowMs)
    return this.#slow(ages.overdue)
  }

  /** What would open the circuit if `minimumCalls`, and the length of a row of failures, did not matter. */
  suspicion(nowMs: number): string | undefined {
    const { failureRatio, consecutiveFailures, slowCall } = this.#options
    const window = this.#window
    window.advance(nowMs)
    const { calls, failures } = window
    if (failureRatio !== undefined && failures > 0 && failures / calls >= failureRatio) {
      return `failure ratio ${share(failures, calls)} of ${window.text(calls)}`
    }
    if (slowCall !== undefined) {
      this.#ages?.advance(nowMs)
      const overdue = this.#ages?.overdue ?? 0
      const [all, slow] = [calls + overdue, window.slow + overdue]
      if (slow > 0 && slow / all >= slowCall.ratio) return `slow-call ratio ${share(slow, all)} of ${window.text(all)}`
    }
    // Where the ratio counts, a last failure among many successes is no sign.
    const isRow = failureRatio === undefined && consecutiveFailures !== undefined && this.#inARow > 0
    return isRow && nowMs - this.#failedMs < STALE_MS ? 'the last call failed' : undefined
  }

  #countInARow(nowMs: number): void {
    if (nowMs - this.#failedMs >= STALE_MS) this.#inARow = 0
    this.#inARow++
    this.#failedMs = nowMs
  }

  /** Slow are those that took too long and ended, and those that already take too long. */
  #slow(overdue: number): string | undefined {
    const { minimumCalls, slowCall } = this.#options
    const window = this.#window
    const calls = window.calls + overdue
    const slow = window.slow + overdue
    if (slowCall === undefined || calls < minimumCalls || slow === 0 || slow / calls < slowCall.ratio) return undefined
    const underWay = overdue === 0 ? '' : `, ${overdue} of them under way for over ${spanText(slowCall.overMs)}`
    return `slow-call ratio ${share(slow, calls)} of ${window.text(calls)}${underWay} (threshold ${slowCall.ratio})`
  }
}

/** Rounded down, so that what is printed never seems to reach a threshold that was not reached. */
function share(some: number, all: number): number {
  return Math.floor((some / all) * 100) / 100
}

function windowOf({ windowMs, windowCalls }: ResolvedCircuitBreakerOptions): CallWindow {
  return windowCalls === undefined ? new SlidingWindow(windowMs) : new CountWindow(windowCalls, windowMs)
}
