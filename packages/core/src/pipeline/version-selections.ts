import type { Load, PickContext } from '../balancing/balancer.ts'
import type { Candidate } from '../balancing/candidate.ts'
import { grouped } from '../balancing/grouped.ts'
import type { Selection } from '../balancing/selection.ts'
import type { EndpointRow } from './endpoint-row.ts'

/**
 * The endpoints of a target apart by their version, for calls that are routed to one: each version has a selection of its
 * own, so that health, priorities and zones count within it. What is known of an endpoint stands in its row, once; what a
 * selection writes is its own.
 */
export class VersionSelections {
  readonly #create: (before?: Selection<VersionRow>) => Selection<VersionRow>
  readonly #byVersion = new Map<string, Selection<VersionRow>>()
  #rows = new Map<EndpointRow, VersionRow>()
  readonly #context: { -readonly [Key in keyof PickContext<VersionRow>]: PickContext<VersionRow>[Key] } = {
    nowMs: 0,
    key: 0,
    avoid: undefined,
    keyHash: undefined,
  }

  /** `create` makes the selection of a version, in the place of the one before. */
  constructor(create: (before?: Selection<VersionRow>) => Selection<VersionRow>) {
    this.#create = create
  }

  /** Takes over the rows of a snapshot. */
  setRows(present: readonly EndpointRow[], nowMs: number): void {
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
    for (const [version, selection] of this.#byVersion) {
      if (groups.has(version)) continue
      this.#byVersion.delete(version)
      selection.retire(`version ${version} has no endpoint any more`, nowMs)
    }
    for (const [version, members] of groups) {
      let selection = this.#byVersion.get(version)
      if (selection === undefined) {
        selection = this.#create()
        this.#byVersion.set(version, selection)
      }
      selection.setRows(members)
    }
  }

  /** Makes each selection anew, as when another balancer picks. */
  renew(): void {
    const members = grouped([...this.#rows.values()], ({ row }) => row.endpoint.version)
    for (const [version, before] of this.#byVersion) {
      const selection = this.#create(before)
      selection.setRows(members.get(version) ?? [])
      this.#byVersion.set(version, selection)
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
