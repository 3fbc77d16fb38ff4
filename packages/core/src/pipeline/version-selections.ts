import type { Load, PickContext } from '../balancing/balancer.ts'
import type { Candidate } from '../balancing/candidate.ts'
import type { Selection } from '../balancing/selection.ts'
import type { EndpointRow } from './endpoint-row.ts'

/**
 * The endpoints of a target apart by their version, for calls that are routed to one: each version has a selection of its
 * own, so that health, priorities and zones count within it. What is known of an endpoint stands in its row, once; what a
 * selection writes is its own.
 */
export class VersionSelections {
  readonly #create: () => Selection<VersionRow>
  readonly #byVersion = new Map<string, Selection<VersionRow>>()
  #rows = new Map<EndpointRow, VersionRow>()
  readonly #context: { -readonly [Key in keyof PickContext<VersionRow>]: PickContext<VersionRow>[Key] } = {
    nowMs: 0,
    key: 0,
    avoid: undefined,
    keyHash: undefined,
  }

  constructor(create: () => Selection<VersionRow>) {
    this.#create = create
  }

  /** Takes over the rows of a snapshot. */
  setRows(present: readonly EndpointRow[]): void {
    const before = this.#rows
    this.#rows = new Map()
    const groups = new Map<string, VersionRow[]>()
    for (const row of present) {
      const { version } = row.endpoint
      if (version === undefined) continue
      const member = before.get(row) ?? new VersionRow(row)
      this.#rows.set(row, member)
      const group = groups.get(version)
      if (group === undefined) groups.set(version, [member])
      else group.push(member)
    }
    for (const version of this.#byVersion.keys()) if (!groups.has(version)) this.#byVersion.delete(version)
    for (const [version, members] of groups) {
      let selection = this.#byVersion.get(version)
      if (selection === undefined) {
        selection = this.#create()
        this.#byVersion.set(version, selection)
      }
      selection.setRows(members)
    }
  }

  /** Whether the version has an endpoint. */
  has(version: string): boolean {
    return this.#byVersion.has(version)
  }

  markStale(row: EndpointRow): void {
    const member = this.#rows.get(row)
    if (member !== undefined) this.#byVersion.get(row.endpoint.version ?? '')?.markStale(member)
  }

  pick(version: string, { nowMs, key, avoid, keyHash }: PickContext<EndpointRow>): EndpointRow | undefined {
    const context = this.#context
    context.nowMs = nowMs
    context.key = key
    context.avoid = avoid === undefined ? undefined : this.#rows.get(avoid)
    context.keyHash = keyHash
    return this.#byVersion.get(version)?.pick(context)?.row
  }
}

/** An endpoint among those of its version. */
export class VersionRow implements Candidate {
  readonly row: EndpointRow
  eligible = true
  weight: number
  readySinceMs = -1

  constructor(row: EndpointRow) {
    this.row = row
    this.weight = row.fullWeight
  }

  get id(): string {
    return this.row.id
  }
  get load(): Load {
    return this.row.load
  }
  get zone(): string | undefined {
    return this.row.zone
  }
  get fullWeight(): number {
    return this.row.fullWeight
  }
  get priority(): number {
    return this.row.priority
  }
  get isHealthy(): boolean {
    return this.row.isHealthy
  }
  get isBarred(): boolean {
    return this.row.isBarred
  }
}
