// What was changed while a registry was broken, and when the client saw it; and what it saw that was not so.
import type { Snapshot, StateCell } from '@seakeep/core'
import type { Fleet } from './fleet.ts'

interface Change {
  readonly id: string
  readonly isThere: boolean
  /** Since when the registry could know; undefined while it could not. */
  knowableMs: number | undefined
  seenMs: number | undefined
}

export class Changes {
  readonly #fleet: Fleet
  readonly #changes: Change[] = []
  #wrongRemovals = 0
  #before: ReadonlySet<string> = new Set()

  constructor(fleet: Fleet, endpoints: StateCell<Snapshot>) {
    this.#fleet = fleet
    this.#look(endpoints.value)
    endpoints.changes$.subscribe((snapshot) => this.#look(snapshot))
  }

  /** An instance comes. The registry may know of it now, or, where it is `broken`, from {@link knowable} on. */
  async add(broken?: 'broken'): Promise<void> {
    this.#expect(await this.#fleet.start(), true, broken)
  }

  /** An instance says goodbye. */
  leave(broken?: 'broken'): void {
    this.#expect(this.#fleet.leave(), false, broken)
  }

  /** From now on the registry can know of all that was changed. */
  knowable(): void {
    for (const change of this.#changes) change.knowableMs ??= performance.now()
  }

  get allSeen(): boolean {
    return this.#changes.every(({ seenMs }) => seenMs !== undefined)
  }

  /** How many were never seen. */
  get lost(): number {
    return this.#changes.filter(({ seenMs }) => seenMs === undefined).length
  }

  /** The latest. One that was seen before anybody could tell that it was possible took no time. */
  get seenAfterMs(): number {
    const took = this.#changes.map(({ knowableMs = 0, seenMs = 0 }) => Math.max(0, seenMs - knowableMs))
    return Math.round(Math.max(...took))
  }

  get wrongRemovals(): number {
    return this.#wrongRemovals
  }

  #expect(id: string, isThere: boolean, broken: 'broken' | undefined): void {
    const nowMs = performance.now()
    const isSeen = this.#before.has(id) === isThere
    const change = { id, isThere, knowableMs: broken ? undefined : nowMs, seenMs: isSeen ? nowMs : undefined }
    this.#changes.push(change)
  }

  #look({ endpoints }: Snapshot): void {
    const now = new Set(endpoints.map(({ id }) => id))
    for (const id of this.#fleet.living) if (this.#before.has(id) && !now.has(id)) this.#wrongRemovals++
    for (const change of this.#changes) {
      if (change.seenMs === undefined && now.has(change.id) === change.isThere) change.seenMs = performance.now()
    }
    this.#before = now
  }
}
