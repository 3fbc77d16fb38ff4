import type { Balancer, PickContext } from '../balancing/balancer.ts'
import type { Candidate } from '../balancing/candidate.ts'
import type { Selection } from '../balancing/selection.ts'
import type { CircuitBreaker } from '../breaking/breaker.ts'
import type { Endpoint, Snapshot } from '../endpoint/endpoint.ts'
import { hashText } from '../random/mix.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { Transport } from '../transport/transport.ts'
import { EndpointRow, type HealthFollower } from './endpoint-row.ts'
import { IdleAttempts } from './idle-attempts.ts'
import type { Placement, PlacementWish } from './route.ts'
import type { TargetHealth } from './target-health.ts'
import { VersionSelections } from './version-selections.ts'

/** How long a row outlives its endpoint's absence from the snapshot, so that flapping does not wipe what it learnt. */
const GRACE_MS = 60_000

/** Who knows what a row is made with. */
export interface RowMaker {
  readonly clock: Clock
  readonly events: EventSink
  /** Who among the rows may be picked, in the place of the one who said so before. */
  createSelection<Row extends Candidate>(before?: Selection<Row>): Selection<Row>
  transportFor(protocol: string): Transport | undefined
  /** The row's own, with the policy's numbers, or a new one; undefined where the policy has none per endpoint. */
  breakerOf(row: EndpointRow): CircuitBreaker | undefined
  dropBreaker(breaker: CircuitBreaker): void
}

/**
 * The endpoints of one target: rows by id, and the selection from those of the present snapshot. It is told of snapshots by
 * the resolver's loop and asked by calls.
 */
export class EndpointPlacement implements Placement, HealthFollower {
  // What is read with every call comes first: it lies in one line of the cache.
  #isClosing = false
  /** Made with the first endpoint. */
  #selection: Selection<EndpointRow> | undefined = undefined
  #balancer: Balancer
  readonly #health: TargetHealth | undefined
  readonly transport = undefined
  readonly #maker: RowMaker
  /** By id, those in their grace included; made with the first endpoint. */
  #rows: Map<string, EndpointRow> | undefined = undefined
  #present: readonly EndpointRow[] = []
  /** Made with the first that waits. */
  #idle: IdleAttempts | undefined = undefined
  /** Ends the grace of those who have left; made with the first. */
  #graces: DueLoop | undefined = undefined
  /** Made for the first call that is routed by version. */
  #versions: VersionSelections | undefined = undefined
  constructor(balancer: Balancer, health: TargetHealth | undefined, maker: RowMaker) {
    this.#balancer = balancer
    this.#health = health
    this.#maker = maker
  }

  get isClosing(): boolean {
    return this.#isClosing
  }
  /** Who is in their grace then stays: nothing waits for time any more. */
  set isClosing(isClosing: boolean) {
    this.#isClosing = isClosing
    if (isClosing) this.#graces?.close()
  }
  get idle(): IdleAttempts {
    this.#idle ??= new IdleAttempts()
    return this.#idle
  }
  /** Whoever waits is refused. */
  closeIdle(): void {
    this.#idle?.close()
  }
  get balancer(): Balancer {
    return this.#balancer
  }
  get size(): number {
    return this.#present.length
  }
  get present(): readonly EndpointRow[] {
    return this.#present
  }
  /** The versions that have an endpoint. */
  get versions(): { has(version: string): boolean } {
    if (this.#versions === undefined) {
      this.#versions = new VersionSelections((before) => this.#maker.createSelection(before))
      this.#versions.setRows(this.#present, this.#maker.clock.now())
    }
    return this.#versions
  }

  row(id: string): EndpointRow | undefined {
    return this.#rows?.get(id)
  }

  pick(key: number, avoid: EndpointRow | undefined, nowMs: number, wish: PlacementWish): EndpointRow | undefined {
    const context = spare ?? newContext()
    // Whoever is told of a change within this pick may pick as well.
    spare = undefined
    context.nowMs = nowMs
    context.key = key
    context.avoid = avoid
    // Most balancers do not ask, and a hash costs what the key is long.
    const isHashed = this.#balancer.usesKey === true && wish.key !== undefined
    // Signed, as V8 allocates for integers from 2^31 on.
    context.keyHash = isHashed ? hashText(wish.key as string) | 0 : undefined
    const { version } = wish
    const isVersion = version !== undefined && this.versions.has(version)
    const row = isVersion ? this.#versions?.pick(version, context) : this.#selection?.pick(context)
    context.avoid = undefined
    spare = context
    return row
  }

  onVerdict(row: EndpointRow, verdict: 'success' | 'failure', nowMs: number): void {
    this.#health?.onResult(row, verdict, nowMs)
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
    if (left.size > 0) this.#endGraceAt(nowMs + GRACE_MS)
    this.#present = present
    this.#selection?.setRows(present)
    this.#versions?.setRows(present, nowMs)
    this.#health?.setRows(present, this.#rows)
  }

  /** The policy has changed: each row takes over what is new of it, and keeps what it has learnt. */
  reform(balancer: Balancer | undefined): void {
    if (balancer !== undefined) this.#balancer = balancer
    if (this.#rows === undefined) return
    for (const row of this.#rows.values()) {
      const { breaker } = row
      row.breaker = this.#maker.breakerOf(row)
      if (breaker !== undefined && row.breaker === undefined) this.#maker.dropBreaker(breaker)
      row.refresh()
    }
    if (balancer === undefined) return
    this.#selection = this.#maker.createSelection(this.#selection)
    this.#selection.setRows(this.#present)
    this.#versions?.renew()
  }

  // ---- HealthFollower ----

  markStale(row: EndpointRow): void {
    this.#selection?.markStale(row)
    this.#versions?.markStale(row)
  }

  #rowFor(endpoint: Endpoint): EndpointRow {
    const transport = this.#maker.transportFor(endpoint.protocol)
    this.#rows ??= new Map()
    let row = this.#rows.get(endpoint.id)
    if (row !== undefined) {
      // What leads to the old address is of no use to the new one.
      if (hasMoved(row.endpoint, endpoint)) row.transport?.forget?.(row.endpoint)
      row.update(endpoint, transport)
      return row
    }
    this.#selection ??= this.#maker.createSelection()
    row = new EndpointRow(endpoint, transport, this)
    row.breaker = this.#maker.breakerOf(row)
    this.#rows.set(endpoint.id, row)
    return row
  }

  #endGraceAt(atMs: number): void {
    if (this.#isClosing) return
    const { clock, events } = this.#maker
    this.#graces ??= new DueLoop(
      clock,
      (nowMs) => this.#onGraceOver(nowMs),
      (error, errorAtMs) => events.emit({ type: 'listenerFailed', atMs: errorAtMs, error }),
    )
    this.#graces.poke(atMs)
  }

  /** Also where no snapshot comes any more; returns when somebody's grace is over next. */
  #onGraceOver(nowMs: number): number {
    const nextMs = this.#forget(nowMs)
    this.#health?.setRows(this.#present, this.#rows)
    return nextMs
  }

  /** Lets go of those whose grace is over, and returns when the next one's is. */
  #forget(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const [id, row] of this.#rows ?? []) {
      if (row.leftAtMs === undefined) continue
      const dueMs = row.leftAtMs + GRACE_MS
      if (nowMs < dueMs) {
        nextMs = Math.min(nextMs, dueMs)
        continue
      }
      this.#rows?.delete(id)
      row.transport?.forget?.(row.endpoint)
      if (row.breaker !== undefined) this.#maker.dropBreaker(row.breaker)
    }
    return nextMs
  }
}

/** Whether an endpoint is reached elsewhere than before. */
function hasMoved(before: Endpoint, { address, protocol }: Endpoint): boolean {
  const { host, port } = before.address
  return host !== address.host || port !== address.port || protocol !== before.protocol
}

type Context = { -readonly [K in keyof PickContext<EndpointRow>]: PickContext<EndpointRow>[K] }

/** One object for the picks of all targets: a picker reads it and keeps nothing. */
let spare: Context | undefined

function newContext(): Context {
  return { nowMs: 0.5, key: 0, avoid: undefined, keyHash: undefined }
}
