import type { Instance, Snapshot } from '../endpoint/endpoint.ts'
import { carryOver, diffSnapshots } from '../endpoint/snapshot.ts'
import type { Random } from '../random/random.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { EventSink, ResolverEvent } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { Registry } from './registry.ts'
import { RetryWait } from './retry-wait.ts'
import { ServiceWatch, type WatchOwner } from './service-watch.ts'

export interface ResolverPorts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
}

/** How long a failed watch is given to come back before the registry is asked anew: first, and at most. */
const GIVE_UP_MS = 5_000
const GIVE_UP_MAX_MS = 60_000

/**
 * Keeps one service's snapshot fresh: one per target.
 *
 * Registries are asked in order, and the first that knows the service answers for it. A later one is asked, and watched,
 * only while every earlier one says it does not know the service (or has failed without ever having answered: then a
 * second registry is what one has a second registry for).
 *
 * A registry that fails leaves the last list standing: old addresses are mostly right, none are always wrong. An empty
 * list that a registry gives is published as empty; "unknown" from all of them is an empty answer too, but takes nothing
 * back that was known.
 */
export class Resolver {
  readonly service: string
  readonly #ports: ResolverPorts
  readonly #first: ((snapshot: Snapshot) => void) | undefined
  readonly #watches: readonly ServiceWatch[]
  readonly #cell: WritableCell<Snapshot>
  readonly #due: DueLoop
  #isSettling = false
  #isUnsettled = false
  #isClosed = false
  #hasFailed = false

  /**
   * Begins to follow at once; a registry that answers inside `watch` has been heard when this returns. `first` is told of
   * each snapshot before the public: nobody who follows the cell meets rows that are older.
   */
  constructor(
    service: string,
    registries: readonly Registry[],
    ports: ResolverPorts,
    first?: (snapshot: Snapshot) => void,
  ) {
    this.#first = first
    const { clock, random } = ports
    this.service = service
    this.#ports = ports
    this.#cell = new WritableCell<Snapshot>({ service, endpoints: [], revision: 0 })
    this.#due = new DueLoop(
      clock,
      (nowMs) => this.#giveUp(nowMs),
      (error) => this.#fail(error),
    )
    const owner: WatchOwner = { service, now: () => clock.now(), onWord: (watch) => this.#hear(watch) }
    this.#watches = registries.map((registry) => {
      const name = `resolver/${service}/${registry.name}`
      return new ServiceWatch(registry, owner, new RetryWait(GIVE_UP_MS, GIVE_UP_MAX_MS, random, name))
    })
    this.#settle()
  }

  get cell(): StateCell<Snapshot> {
    return this.#cell
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#due.close()
    for (const watch of this.#watches) watch.drop()
    this.#cell.complete()
  }

  #hear(watch: ServiceWatch): void {
    if (watch.interruption !== undefined) {
      this.#fail(watch.interruption)
      this.#due.poke(watch.giveUpAtMs)
    }
    this.#settle()
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#emit('resolverFailed', { error })
  }

  /** Asks those anew whose failed watches have had their time; answers when the next one has. */
  #giveUp(nowMs: number): number {
    let nextAtMs = Number.POSITIVE_INFINITY
    for (const watch of this.#watches) {
      if (watch.giveUpAtMs <= nowMs) watch.again()
      nextAtMs = Math.min(nextAtMs, watch.giveUpAtMs)
    }
    return nextAtMs
  }

  /** Registries may answer while they are being asked: such answers are seen to in another round. */
  #settle(): void {
    this.#isUnsettled = true
    if (this.#isSettling) return
    this.#isSettling = true
    while (this.#isUnsettled && !this.#isClosed) {
      this.#isUnsettled = false
      this.#decide()
    }
    this.#isSettling = false
  }

  #decide(): void {
    const last = this.#ask()
    if (this.#isUnsettled) return
    if (last?.state === 'known') {
      for (const watch of this.#watches.slice(this.#watches.indexOf(last) + 1)) watch.drop()
      this.#publish(last.list)
    } else if (this.#cell.value.revision === 0 && this.#watches.every((watch) => watch.state === 'unknown')) {
      this.#publish([])
    }
    if (this.#hasFailed && this.#watches.every((watch) => watch.interruption === undefined)) {
      this.#hasFailed = false
      this.#emit('resolverRecovered', {})
    }
  }

  /** Asks in order up to the first registry that knows or has not answered, and answers with that one. */
  #ask(): ServiceWatch | undefined {
    for (const watch of this.#watches) {
      if (watch.state === 'unasked') watch.begin()
      if (watch.state === 'known' || watch.state === 'pending') return watch
    }
    return undefined
  }

  #publish(instances: readonly Instance[]): void {
    const before = this.#cell.value
    const endpoints = carryOver(before.endpoints, instances)
    if (endpoints === before.endpoints && before.revision > 0) return
    const after: Snapshot = { service: this.service, endpoints, revision: before.revision + 1 }
    this.#first?.(after)
    this.#cell.set(after)
    const { added, updated, removed } = diffSnapshots(before, after)
    if (added.length + updated.length + removed.length === 0) return
    this.#emit('endpointsChanged', { added: idsOf(added), updated: idsOf(updated), removed: idsOf(removed) })
  }

  #emit(type: ResolverEvent['type'], details: Partial<ResolverEvent>): void {
    this.#ports.events.emit({ ...details, type, service: this.service, atMs: this.#ports.clock.now() })
  }
}

function idsOf(instances: readonly Instance[]): readonly string[] {
  return instances.map((instance) => instance.id)
}
