import type { Balancer, PickContext, Picker } from '../balancing/balancer.ts'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { Endpoint, Snapshot } from '../endpoint/endpoint.ts'
import type { OutlierDetector } from '../health/outlier.ts'
import type { Transport } from '../transport/transport.ts'
import { EndpointRow } from './endpoint-row.ts'
import type { Placement } from './route.ts'

/** How long a row outlives its endpoint's absence from the snapshot, so that flapping does not wipe what it learnt. */
const GRACE_MS = 60_000

/** Who knows what a row is made with. */
export interface RowMaker {
  transportFor(protocol: string): Transport | undefined
  /** Undefined where the policy has no breaker per endpoint. */
  createBreaker(row: EndpointRow): CircuitBreaker | undefined
  dropBreaker(breaker: CircuitBreaker): void
}

/**
 * The endpoints of one target: rows by id, and the picker over those of the present snapshot. It is told of snapshots by
 * the resolver's loop and asked by calls.
 */
export class EndpointPlacement implements Placement {
  readonly balancer: Balancer
  readonly transport = undefined
  isClosing = false
  readonly #outliers: OutlierDetector | undefined
  readonly #maker: RowMaker
  /** By id, those in their grace included; made with the first endpoint. */
  #rows: Map<string, EndpointRow> | undefined = undefined
  #present: readonly EndpointRow[] = []
  #picker: Picker<EndpointRow>
  /** One object for all picks: a picker reads it and keeps nothing. */
  readonly #context: Writable<PickContext<EndpointRow>> = { nowMs: 0, key: 0, avoid: undefined }

  constructor(balancer: Balancer, outliers: OutlierDetector | undefined, maker: RowMaker) {
    this.balancer = balancer
    this.#outliers = outliers
    this.#maker = maker
    this.#picker = balancer.picker<EndpointRow>([])
  }

  get size(): number {
    return this.#present.length
  }

  row(id: string): EndpointRow | undefined {
    return this.#rows?.get(id)
  }

  pick(key: number, avoid: EndpointRow | undefined, nowMs: number): EndpointRow | undefined {
    const context = this.#context
    context.nowMs = nowMs
    context.key = key
    context.avoid = avoid
    return this.#picker.pick(context)
  }

  onVerdict(row: EndpointRow, verdict: 'success' | 'failure', nowMs: number): void {
    this.#outliers?.onResult(row, verdict, nowMs)
  }

  /** Takes over a snapshot: keeps the rows it knows, makes those it does not, retires those that have left. */
  update(snapshot: Snapshot, nowMs: number): void {
    if (snapshot.endpoints.length === 0 && this.#present.length === 0) return
    const left = new Set(this.#present)
    const present = snapshot.endpoints.map((endpoint) => {
      const row = this.#rowFor(endpoint)
      left.delete(row)
      return row
    })
    for (const row of left) row.leftAtMs = nowMs
    this.#forget(nowMs)
    this.#present = present
    this.#outliers?.setHosts(present)
    this.#picker = this.balancer.picker(present)
  }

  #rowFor(endpoint: Endpoint): EndpointRow {
    const transport = this.#maker.transportFor(endpoint.protocol)
    this.#rows ??= new Map()
    let row = this.#rows.get(endpoint.id)
    if (row !== undefined) {
      row.update(endpoint, transport)
      return row
    }
    row = new EndpointRow(endpoint, transport)
    row.breaker = this.#maker.createBreaker(row)
    this.#rows.set(endpoint.id, row)
    return row
  }

  #forget(nowMs: number): void {
    for (const [id, row] of this.#rows ?? []) {
      if (row.leftAtMs === undefined || nowMs - row.leftAtMs < GRACE_MS) continue
      this.#rows?.delete(id)
      row.transport?.forget?.(row.endpoint)
      if (row.breaker !== undefined) this.#maker.dropBreaker(row.breaker)
    }
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }
