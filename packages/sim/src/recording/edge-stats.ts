import { CallAccount } from './call-account.ts'
import type { CallListener } from './call-listener.ts'
import { latencyReport } from './call-stats.ts'
import type { Ledger } from './ledger.ts'
import type { EdgeReport } from './run-document.ts'
import type { ServiceRecord } from './service-record.ts'

/** What was measured on one edge `a>b`: calls as the pipeline ended them, attempts as the transport sent them. */
export class EdgeStats extends CallAccount {
  /** The called service's: its account of facts, and the hash of its name. */
  readonly facts: number
  readonly entity: number
  /** Somebody follows its calls, or its service's. */
  isFollowed = false
  readonly service: ServiceRecord
  readonly listeners: readonly CallListener[]
  attempts = 0
  /** Calls that sent at least one attempt. */
  sent = 0
  readonly #outcomes: Record<string, number> = { ok: 0, error: 0, timeout: 0 }
  readonly #attemptOutcomes: Record<string, number> = { ok: 0, error: 0, timeout: 0 }

  constructor(ledger: Ledger, service: ServiceRecord, warmupUs: number, listeners: readonly CallListener[]) {
    super(ledger, service.timeline, warmupUs)
    this.facts = service.facts.account
    this.entity = service.entity
    this.service = service
    this.listeners = listeners
  }

  /** Tells who follows the edge or its service. */
  tell(what: (one: CallListener) => void): void {
    this.service.listeners.forEach(what)
    this.listeners.forEach(what)
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

  protected countSent(sent: number): void {
    this.attempts += sent
    if (sent > 0) this.sent += 1
  }
  protected countOutcome(ending: string): void {
    this.#outcomes[ending] = (this.#outcomes[ending] ?? 0) + 1
  }
  protected countAttempt(ending: string): void {
    this.#attemptOutcomes[ending] = (this.#attemptOutcomes[ending] ?? 0) + 1
  }
}
