import { Histogram } from './histogram.ts'
import type { Conservation, LatencyReport } from './run-document.ts'

/** What became of calls, as their callers see it: `offered = succeeded + failed + rejected + cancelled + in flight`. */
export class CallStats {
  offered = 0
  succeeded = 0
  failed = 0
  rejected = 0
  cancelled = 0
  /** Succeeded, and before the instant they were judged by. */
  good = 0
  /** Open calls whose instant has passed: not good. Counted when the run ends. */
  overdue = 0
  readonly latency: Histogram = new Histogram()
  readonly failedLatency: Histogram = new Histogram()

  get inFlight(): number {
    return this.offered - this.succeeded - this.failed - this.rejected - this.cancelled
  }

  /** `isUnsent`: nothing was sent. With a refusal by the caller's own policy that is `rejected`; all else has failed. */
  end(ending: string, isUnsent: boolean, isGood: boolean, tookUs: number): void {
    if (ending === 'ok') {
      this.succeeded += 1
      if (isGood) this.good += 1
      this.latency.recordDouble(tookUs)
    } else {
      if (ending === 'cancelled') this.cancelled += 1
      else if (isUnsent && !FAILURES.has(ending)) this.rejected += 1
      else {
        this.failed += 1
        this.failedLatency.recordDouble(tookUs)
      }
    }
  }

  add(other: CallStats): void {
    this.offered += other.offered
    this.succeeded += other.succeeded
    this.failed += other.failed
    this.rejected += other.rejected
    this.cancelled += other.cancelled
    this.good += other.good
    this.overdue += other.overdue
    this.latency.merge(other.latency)
    this.failedLatency.merge(other.failedLatency)
  }

  report(): Conservation {
    const { offered, succeeded, failed, rejected, cancelled, inFlight } = this
    return { offered, succeeded, failed, rejected, cancelled, inFlight, goodput: this.goodput }
  }

  /** Good calls over all that were offered, but for those that are open and still in time. */
  get goodput(): number | null {
    const judged = this.offered - this.inFlight + this.overdue
    return judged === 0 ? null : this.good / judged
  }
}

/** Endings that are no refusal, also where nothing was sent: a deadline may have passed before. */
const FAILURES: ReadonlySet<string> = new Set(['error', 'timeout', 'refused', 'unreachable'])

export function latencyReport(histogram: Histogram): LatencyReport {
  const ms = (us: number | null): number | null => (us === null ? null : us / 1000)
  return {
    mean: ms(histogram.meanUs),
    p50: ms(histogram.quantile(0.5)),
    p90: ms(histogram.quantile(0.9)),
    p95: ms(histogram.quantile(0.95)),
    p99: ms(histogram.quantile(0.99)),
    p999: ms(histogram.quantile(0.999)),
    max: ms(histogram.maxUs),
  }
}
