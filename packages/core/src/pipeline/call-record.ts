import type { CallOutcome } from '../call/outcome.ts'
import type { Decision, DecisionContent, ExplainedOutcome } from '../telemetry/explanation.ts'
import type { Clock } from '../time/clock.ts'

/** Bounds what a call that is retried for ever can fill. */
const MAX_DECISIONS = 1000

/** What is written down while a call that is explained goes its way. */
export class CallRecord {
  readonly callId: string
  readonly beganAtMs: number
  readonly decisions: Decision[] = []
  outcome: ExplainedOutcome | undefined = undefined
  readonly #clock: Clock

  constructor(callId: string, clock: Clock) {
    this.callId = callId
    this.#clock = clock
    this.beganAtMs = clock.now()
  }

  add(decision: DecisionContent): void {
    if (this.decisions.length >= MAX_DECISIONS) return
    this.decisions.push({ atMs: this.#clock.now(), ...decision } as Decision)
  }

  end({ ending, attempts, endpoint, status, retryStopped }: CallOutcome): void {
    const tookMs = this.#clock.now() - this.beganAtMs
    this.outcome = { ending, attempts, endpoint, status, retryStopped, tookMs }
  }
}
