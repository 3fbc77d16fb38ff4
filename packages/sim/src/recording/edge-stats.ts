import { CallAccount } from './call-account.ts'
import type { CallListener } from './call-listener.ts'
import { latencyReport } from './call-stats.ts'
import { ENDING_NUMBERS, endingOf } from './facts.ts'
import type { Ledger } from './ledger.ts'
import type { EdgeReport } from './run-document.ts'
import type { ServiceRecord } from './service-record.ts'

/** What was measured on one edge `a>b`: calls as the pipeline ended them, attempts as the transport sent them. */
export class EdgeStats extends CallAccount {
  /** The called service's: its number in the log of facts, and the hash of its name. */
  readonly facts: number
  readonly entity: number
  /** Somebody follows its calls, or its service's. */
  isFollowed = false
  readonly service: ServiceRecord
  readonly listeners: readonly CallListener[]
  attempts = 0
  /** Calls that sent at least one attempt. */
  sent = 0
  /** By the numbers of endings. */
  readonly #outcomes = new Uint32Array(ENDING_NUMBERS)
  readonly #attemptOutcomes = new Uint32Array(ENDING_NUMBERS)

  constructor(ledger: Ledger, service: ServiceRecord, warmupUs: number, listeners: readonly CallListener[]) {
    super(ledger, service.timeline, warmupUs)
    this.facts = service.facts
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
      outcomes: outcomes(this.#outcomes),
      attemptOutcomes: outcomes(this.#attemptOutcomes),
      latencyMs: latencyReport(this.calls.latency),
    }
  }

  protected countSent(sent: number): void {
    this.attempts += sent
    if (sent > 0) this.sent += 1
  }
  protected countOutcome(ending: number): void {
    this.#outcomes[ending]! += 1
  }
  protected countAttempt(ending: number): void {
    this.#attemptOutcomes[ending]! += 1
  }
}

/** The three that may be looked for are always there. */
function outcomes(counts: Uint32Array): Record<string, number> {
  const named: Record<string, number> = { ok: 0, error: 0, timeout: 0 }
  for (const [number, count] of counts.entries()) if (count > 0) named[endingOf(number)] = count
  return named
}
