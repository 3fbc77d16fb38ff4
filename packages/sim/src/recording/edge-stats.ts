import type { CallListener } from './call-listener.ts'
import { CallStats, latencyReport } from './call-stats.ts'
import type { EdgeReport } from './run-document.ts'

/** What was measured on one edge `a>b`: calls as the pipeline ended them, attempts as the transport sent them. */
export class EdgeStats {
  readonly calls: CallStats = new CallStats()
  /** Who follows its calls. */
  readonly listeners: readonly CallListener[]
  attempts = 0
  /** Calls that sent at least one attempt. */
  sent = 0
  readonly #outcomes: Record<string, number> = { ok: 0, error: 0, timeout: 0 }
  readonly #attemptOutcomes: Record<string, number> = { ok: 0, error: 0, timeout: 0 }

  constructor(listeners: readonly CallListener[]) {
    this.listeners = listeners
  }

  countOutcome(ending: string): void {
    this.#outcomes[ending] = (this.#outcomes[ending] ?? 0) + 1
  }

  countAttemptOutcome(ending: string): void {
    this.#attemptOutcomes[ending] = (this.#attemptOutcomes[ending] ?? 0) + 1
  }

  get amplification(): number | null {
    return this.sent === 0 ? null : this.attempts / this.sent
  }

  report(): EdgeReport {
    return {
      calls: this.calls.offered,
      attempts: this.attempts,
      amplification: this.amplification,
      outcomes: this.#outcomes,
      attemptOutcomes: this.#attemptOutcomes,
      latencyMs: latencyReport(this.calls.latency),
    }
  }
}
