import { CallAccount } from './call-account.ts'
import type { CallListener } from './call-listener.ts'
import type { Ledger } from './ledger.ts'
import type { Timeline } from './timeline.ts'

/** What the users of one workload saw of their calls. */
export class WorkloadStats extends CallAccount {
  readonly id: string
  /** What goodput is judged by; `Infinity` for nothing. */
  judgedByMs: number = Number.POSITIVE_INFINITY
  readonly listeners: readonly CallListener[]

  constructor(id: string, ledger: Ledger, timeline: Timeline, warmupUs: number, listeners: readonly CallListener[]) {
    super(ledger, timeline, warmupUs)
    this.id = id
    this.listeners = listeners
  }

  protected countSent(): void {}
  protected countOutcome(): void {}
  protected countAttempt(): void {}
}
