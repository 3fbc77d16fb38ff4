/**
 * Why one call went as it did: what was asked on its way, what was answered and by which numbers, in order. A record is
 * made for calls that are explained only; all others know nothing of it.
 */
import type { Verdict } from '../call/classification.ts'
import type { CallOutcome, Ending } from '../call/outcome.ts'
import type { ShadowAct } from './events.ts'

interface DecisionBase {
  /** `clock.now()` when it was taken. */
  readonly atMs: number
}

/** One decision, told apart by `step`. `isAdmitted: false` ended the attempt, or was got round by another pick. */
export type Decision = DecisionBase &
  (
    | {
        readonly step: 'breaker'
        readonly isAdmitted: boolean
        /** Whose circuit: an endpoint's, or the service's where absent. */
        readonly endpoint?: string | undefined
        readonly state: string
        readonly why: string
        readonly retryAfterMs?: number | undefined
      }
    | { readonly step: 'throttle'; readonly isAdmitted: boolean; readonly refusalRatio: number }
    | {
        readonly step: 'pick'
        /** Undefined where there was nobody to pick. */
        readonly endpoint: string | undefined
        /** Of the attempt before, which is gone round while there is another one. */
        readonly avoided?: string | undefined
        readonly candidates: readonly ExplainedCandidate[]
      }
    | { readonly step: 'rate-limit'; readonly isAdmitted: boolean; readonly retryAfterMs: number }
    | {
        readonly step: 'concurrency'
        readonly isAdmitted: boolean
        readonly limit: number
        readonly inFlight: number
        readonly queued: number
      }
    | { readonly step: 'line'; readonly isAdmitted: boolean; readonly queued: number }
    | {
        readonly step: 'sent'
        readonly attempt: number
        readonly endpoint: string | undefined
        /** What the attempt is given; `Infinity` for no limit. */
        readonly leftMs: number
      }
    | {
        readonly step: 'answered'
        readonly attempt: number
        readonly ending: Ending
        readonly tookMs: number
        readonly status?: number | undefined
        readonly error?: string | undefined
        readonly retryAfterMs?: number | undefined
      }
    | { readonly step: 'judged'; readonly verdict: Verdict }
    | { readonly step: 'called-off'; readonly attempt: number; readonly why: string; readonly tookMs: number }
    | { readonly step: 'backoff'; readonly retry: number; readonly delayMs: number }
    | { readonly step: 'retry-budget'; readonly isAdmitted: boolean }
    /** A layer in shadow would have acted, and did not. */
    | { readonly step: 'shadow'; readonly act: ShadowAct }
  )

/** A decision before it is known when. */
export type DecisionContent = Decision extends infer One ? (One extends Decision ? Omit<One, 'atMs'> : never) : never

/** An endpoint as the balancer saw it. */
export interface ExplainedCandidate {
  readonly id: string
  readonly isEligible: boolean
  readonly weight: number
  readonly inFlight: number
  /** Peak-EWMA latency; undefined before its first answer. */
  readonly costMs: number | undefined
  /** Its latest answer was a failure: it loses against others for so long. */
  readonly failedForMs?: number | undefined
  readonly circuit?: string | undefined
}

/** A line of the policy document that had a say. */
export interface ExplainedField {
  /** `retry.maxAttempts` */
  readonly path: string
  readonly text: string
  /** `policies.yaml:12:5`, or the path in a document that came as an object; undefined for a default. */
  readonly place: string | undefined
}

export interface Explanation {
  readonly callId: string
  readonly service: string
  readonly method: string | undefined
  readonly beganAtMs: number
  /** What it may take in all; undefined where nothing bounds it. */
  readonly timeoutMs: number | undefined
  readonly decisions: readonly Decision[]
  /** Undefined while it is under way. */
  readonly outcome: ExplainedOutcome | undefined
  /** The policy's fields of the layers that decided, those first that somebody wrote. */
  readonly policy: readonly ExplainedField[]
  /** All of it as lines for people. */
  toString(): string
}

export interface ExplainedOutcome
  extends Pick<CallOutcome, 'ending' | 'attempts' | 'endpoint' | 'status' | 'retryStopped'> {
  readonly tookMs: number
}
