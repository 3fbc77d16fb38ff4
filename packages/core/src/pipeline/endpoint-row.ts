import type { Load } from '../balancing/balancer.ts'
import type { Candidate } from '../balancing/candidate.ts'
import { createLoad } from '../balancing/load.ts'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { type CheckSlot, createCheckSlot } from '../health/check-state.ts'
import { createOutlierSlot, type OutlierSlot } from '../health/outlier-detector.ts'
import type { Transport } from '../transport/transport.ts'

/**
 * What a target keeps of one endpoint: a row, not a loop. It is made on first sight, survives changes of the endpoint's
 * weight or address and a short absence from the snapshot, and holds the slots of the concepts, which do not know of
 * each other; {@link refresh} is where their judgements meet.
 */
export class EndpointRow implements Candidate {
  // What is read with every attempt comes first: it lies in one line of the cache.
  eligible = true
  weight: number
  readonly load: Load = createLoad()
  breaker: CircuitBreaker | undefined
  transport: Transport | undefined
  endpoint: Endpoint
  readonly outlier: OutlierSlot = createOutlierSlot()
  readonly check: CheckSlot = createCheckSlot()
  isHealthy = true
  readySinceMs = -1
  /** When it left the snapshot; undefined while it is in. */
  leftAtMs: number | undefined
  readonly #follower: HealthFollower | undefined

  constructor(endpoint: Endpoint, transport: Transport | undefined, follower?: HealthFollower) {
    this.endpoint = endpoint
    this.transport = transport
    this.weight = endpoint.weight
    this.#follower = follower
  }

  get id(): string {
    return this.endpoint.id
  }
  get zone(): string | undefined {
    return this.endpoint.zone
  }
  get fullWeight(): number {
    return this.endpoint.weight
  }
  /** A whole number of at least 0 in `meta.priority`; anything else is 0. */
  get priority(): number {
    const written = Number(this.endpoint.meta?.priority)
    return Number.isSafeInteger(written) && written > 0 ? written : 0
  }
  get isBarred(): boolean {
    return this.breaker !== undefined && !this.breaker.isAdmitting
  }

  /** Takes over what the snapshot says now. */
  update(endpoint: Endpoint, transport: Transport | undefined): void {
    this.endpoint = endpoint
    this.transport = transport
    // Who comes back is a new process, and as cold as one.
    if (this.leftAtMs !== undefined) this.readySinceMs = -1
    this.leftAtMs = undefined
  }

  /** Nobody compares it with the others any more. */
  forgetEjections(): void {
    Object.assign(this.outlier, createOutlierSlot())
    this.refresh()
  }

  /** Nobody checks it any more. */
  forgetChecks(): void {
    Object.assign(this.check, createCheckSlot())
    this.refresh()
  }

  /** Brings `isHealthy` up to date after the breaker, the checks or the outlier detector have changed their mind. */
  refresh(): void {
    const { outlier, check } = this
    const isEjected = outlier.isEjected && !outlier.isShadow
    const isUnhealthy = check.verdict === 'unhealthy' && !check.isShadow
    this.isHealthy = !isEjected && !isUnhealthy && !this.isBarred
    this.#follower?.markStale(this)
  }
}

/** Who is to know that a row's health has changed. */
export interface HealthFollower {
  markStale(row: EndpointRow): void
}
