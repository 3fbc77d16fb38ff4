import type { ResolvedHedgeOptions } from './hedge-options.ts'
import { LatencyWindow } from './latency-window.ts'
import { WindowedRetryBudget } from './retry-budget.ts'

/**
 * Decides when a target's calls are worth a second copy, and whether the target can bear one (Dean and Barroso, "The Tail
 * at Scale"; Finagle's BackupRequestFilter): after the live percentile of its latencies, so that by definition few calls
 * are that late, and within a budget, for when all of them become late together.
 */
export class Hedging {
  /** Attempts under way at once. */
  maxAttempts: number
  #delayMs: number | undefined
  #minDelayMs: number
  readonly #latencies: LatencyWindow
  readonly #budget: WindowedRetryBudget

  constructor({ percentile, delayMs, minDelayMs, maxExtraLoad, maxAttempts }: ResolvedHedgeOptions) {
    this.maxAttempts = maxAttempts
    this.#delayMs = delayMs
    this.#minDelayMs = minDelayMs
    this.#latencies = new LatencyWindow(percentile)
    this.#budget = new WindowedRetryBudget({ ratio: maxExtraLoad, minPerSecond: 0 })
  }

  /** Other numbers; latencies and copies that were counted stay. */
  update({ percentile, delayMs, minDelayMs, maxExtraLoad, maxAttempts }: ResolvedHedgeOptions): void {
    this.maxAttempts = maxAttempts
    this.#delayMs = delayMs
    this.#minDelayMs = minDelayMs
    this.#latencies.setShare(percentile)
    this.#budget.update({ ratio: maxExtraLoad, minPerSecond: 0 })
  }

  /** A call was begun. */
  onCall(nowMs: number): void {
    this.#budget.deposit(nowMs)
  }

  /**
   * An attempt took so long, or was called off when it had taken so long: that, too, counts, or only the fast would, the
   * percentile would fall and ever more copies be sent.
   */
  onLatency(tookMs: number, nowMs: number): void {
    if (this.#delayMs === undefined) this.#latencies.record(tookMs, nowMs)
  }

  /** How long an attempt is waited for before a copy is sent; undefined where none is. */
  delayMs(nowMs: number): number | undefined {
    if (this.#delayMs !== undefined) return this.#delayMs
    const lateMs = this.#latencies.percentileMs(nowMs)
    return lateMs === undefined ? undefined : Math.max(lateMs, this.#minDelayMs)
  }

  /** Takes one copy out of the budget; false where the budget does not hold it. */
  withdraw(nowMs: number): boolean {
    return this.#budget.withdraw(nowMs)
  }
}
