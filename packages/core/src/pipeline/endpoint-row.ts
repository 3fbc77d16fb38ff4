import type { Load, Pickable } from '../balancing/balancer.ts'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { OutlierSlot } from '../health/outlier-detector.ts'
import type { Transport } from '../transport/transport.ts'

/**
 * What a target keeps of one endpoint: a row, not a loop. It is made on first sight, survives changes of the endpoint's
 * weight or address and a short absence from the snapshot, and holds the slots of the concepts, which do not know of
 * each other; {@link refresh} is where their judgements meet.
 */
export class EndpointRow implements Pickable {
  endpoint: Endpoint
  transport: Transport | undefined
  eligible = true
  weight: number
  readonly load: Load = { inFlight: 0, costMs: -1, costAtMs: 0, failedUntilMs: 0 }
  readonly outlier: OutlierSlot = { consecutiveFailures: 0, ejections: 0, isEjected: false, returnsAtMs: 0 }
  breaker: CircuitBreaker | undefined
  /** When it left the snapshot; undefined while it is in. */
  leftAtMs: number | undefined

  constructor(endpoint: Endpoint, transport: Transport | undefined) {
    this.endpoint = endpoint
    this.transport = transport
    this.weight = endpoint.weight
  }

  get id(): string {
    return this.endpoint.id
  }

  /** Takes over what the snapshot says now. */
  update(endpoint: Endpoint, transport: Transport | undefined): void {
    this.endpoint = endpoint
    this.transport = transport
    this.weight = endpoint.weight
    this.leftAtMs = undefined
  }

  /** Brings `eligible` up to date after the breaker or the outlier detector has changed its mind. */
  refresh(): void {
    this.eligible = !this.outlier.isEjected && (this.breaker === undefined || this.breaker.isAdmitting)
  }
}
