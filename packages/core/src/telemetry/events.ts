import type { RejectionReason } from '../errors/seakeep-error.ts'

/** Everything that happened to the governance of calls, in the past tense, as one union told apart by `type`. */
export type GovernanceEvent =
  | CircuitEvent
  | EndpointEvent
  | RegistrationEvent
  | PanicEvent
  | SheddingEvent
  | ShadowEvent
  | RequestEvent
  | ResolverEvent
  | RegistryEvent
  | AttemptEvent
  | PolicyEvent
  | RuntimeEvent

interface EventBase {
  /** `clock.now()` of the runtime that tells it. */
  readonly atMs: number
}
interface OfTarget extends EventBase {
  readonly service: string
  /** Absent where it concerns the service as a whole. */
  readonly endpoint?: string | undefined
}

export interface CircuitEvent extends OfTarget {
  readonly type: 'circuitOpened' | 'circuitHalfOpened' | 'circuitClosed' | 'circuitIsolated' | 'circuitReleased'
  /** The numbers behind it: `failure ratio 0.61 of 23 calls in 10 s (threshold 0.5)`. */
  readonly why: string
  /** For `circuitOpened`: when it half-opens. */
  readonly openForMs?: number
  /** Its layer is in `mode: shadow`: so it would be, and refuses nothing. */
  readonly isShadow?: true
}
export interface EndpointEvent extends OfTarget {
  readonly type: 'endpointEjected' | 'endpointReturned' | 'endpointFailedChecks' | 'endpointRecovered'
  readonly why: string
  readonly ejectedForMs?: number
  /** Its layer is in `mode: shadow`: so it would be, and is called as before. */
  readonly isShadow?: true
}
export interface PanicEvent extends OfTarget {
  /** So few endpoints are healthy that balancing believes no judgement of health, and believes them again. */
  readonly type: 'panicEntered' | 'panicLeft'
  /** `3 of 10 endpoints are healthy (threshold 0.5)`. */
  readonly why: string
}
export interface SheddingEvent extends OfTarget {
  /** An instance has begun to refuse requests because its process is too busy, and lets all in again. */
  readonly type: 'sheddingStarted' | 'sheddingEnded'
}
/**
 * What a layer in `mode: shadow` would have done: refused, for the reason that is named; or one of these.
 *
 * `endpoint-circuit-open`: gone round the endpoint, whose circuit is open on paper. `ejected`, `failed-checks`: set an
 * endpoint aside, once for each time. `retried`, `hedged`: sent an attempt more. `attempt-timeout`, `timeout`: ended the
 * attempt, or the call.
 */
export type ShadowAct =
  | RejectionReason
  | 'endpoint-circuit-open'
  | 'ejected'
  | 'failed-checks'
  | 'retried'
  | 'hedged'
  | 'attempt-timeout'
  | 'timeout'

export interface ShadowEvent extends OfTarget {
  /**
   * Layers in `mode: shadow` would have refused requests (`shadowRefused`, of an instance), or have acted on calls
   * (`shadowCounted`, of who calls). Told at the first, and then at most once a second.
   */
  readonly type: 'shadowRefused' | 'shadowCounted'
  /** How many since the last of these events, by what would have been done. */
  readonly counts: { readonly [Act in ShadowAct]?: number }
}
export interface RequestEvent extends OfTarget {
  /**
   * Somebody sent what is no request: refused before any handler saw it. Told at the first, and then at most once a
   * second.
   */
  readonly type: 'requestMalformed'
  /** What was wrong, and how often since the last of these events: `{ HPE_INVALID_METHOD: 3 }`. */
  readonly faults: Readonly<Record<string, number>>
}
export interface ResolverEvent extends OfTarget {
  /**
   * `endpointsRetained`: so many are missing from the registry's list at once that they are kept for a while.
   * `endpointsRestored`: the registry does not answer, and the last list that was kept on disk is used.
   * `snapshotFailed`: that list could not be written, or what was found of it could not be used.
   */
  readonly type:
    | 'endpointsChanged'
    | 'endpointsRetained'
    | 'endpointsRestored'
    | 'resolverFailed'
    | 'resolverRecovered'
    | 'snapshotFailed'
  readonly retained?: readonly string[]
  /** For `endpointsRetained`: `3 of 4 went without a goodbye within 30 s (at most 0.5 are believed)`. */
  readonly why?: string
  /** For `endpointsRestored`: how old the list is. */
  readonly ageMs?: number
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  readonly updated?: readonly string[]
  readonly error?: Error
}
export interface RegistryEvent extends EventBase {
  /** The registry refuses for its own limits, or what it says cannot be understood. */
  readonly type: 'registryThrottled' | 'registryMisspoke'
  /** The registry's name: `consul`. */
  readonly name: string
  /** What was refused or not understood, and the limit behind it: `http_max_conns_per_client (200)`. */
  readonly why: string
  readonly error?: Error
}
export interface RegistrationEvent extends OfTarget {
  readonly type: 'instanceRegistered' | 'registrationLost' | 'registrationFailed' | 'instanceDeregistered'
  readonly error?: Error
}
export interface AttemptEvent extends OfTarget {
  /**
   * `attemptAbandoned`: a late result of an attempt that was called off was dropped. `retryBudgetExhausted`: the budget
   * has begun to refuse retries.
   */
  readonly type: 'attemptAbandoned' | 'retryBudgetExhausted'
  readonly attempt?: number
}
export interface PolicyEvent extends EventBase {
  /**
   * `policyRejected`: a document that is not valid was found in the source; the one of before goes on governing.
   * `policyRemoved`: the source holds no document any more; the one of before goes on governing.
   * `policySourceFailed`, `policySourceRecovered`: the source cannot be reached, and can be again.
   */
  readonly type:
    | 'policyMissing'
    | 'policyApplied'
    | 'policyConflicted'
    | 'policyRejected'
    | 'policyRemoved'
    | 'policySourceFailed'
    | 'policySourceRecovered'
  /** The source of a document, else whose policy it is. */
  readonly name?: string
  /** The source's revision of the document it is about. */
  readonly revision?: string | undefined
  /** Hash of the document that governs from now on, or goes on governing. */
  readonly hash?: string | undefined
  /** For `policyApplied`: the services, of those called so far, whose calls are governed otherwise from now on. */
  readonly targets?: readonly string[]
  /** For `policyApplied`: the services of which an instance here admits otherwise from now on. */
  readonly inbound?: readonly string[]
  readonly error?: Error
}
export interface RuntimeEvent extends EventBase {
  readonly type: 'drainStarted' | 'runtimeClosed' | 'listenerFailed'
  /** For `listenerFailed`: whose calls it was about, where that is known. */
  readonly name?: string
  readonly error?: Error
}

/** The event-sink port. Implementations never throw. */
export interface EventSink {
  emit(event: GovernanceEvent): void
}

/** For policies nobody listens to. */
export const NO_EVENTS: EventSink = { emit: () => {} }
