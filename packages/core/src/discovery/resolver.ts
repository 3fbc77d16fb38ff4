import type { Instance, Snapshot } from '../endpoint/endpoint.ts'
import { carryOver, diffSnapshots } from '../endpoint/snapshot.ts'
import type { Random } from '../random/random.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { EventSink, ResolverEvent } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import { type Belief, beliefIn, believe, isLossOfMany, release, releaseAtMs, whyRetained } from './belief.ts'
import { DEFAULT_DISCOVERY_OPTIONS, type ResolvedDiscoveryOptions } from './discovery-options.ts'
import type { Registry } from './registry.ts'
import { RetryWait } from './retry-wait.ts'
import { ServiceWatch, type WatchOwner } from './service-watch.ts'
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts'

export interface ResolverPorts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
}

/** What a resolver may be told beside its registries. */
export interface ResolverSettings {
  readonly options?: ResolvedDiscoveryOptions | undefined
  /** Where last good lists are kept. Absent: nowhere. */
  readonly snapshots?: SnapshotStore | undefined
  /** Told when {@link Resolver.isUndecided} is over. */
  readonly onDecided?: (() => void) | undefined
}

/** How long a failed watch is given to come back before the registry is asked anew: first, and at most. */
const GIVE_UP_MS = 5_000
const GIVE_UP_MAX_MS = 60_000
/** How long registries are given for their first answer before the last list on disk is used. */
const RESTORE_AFTER_MS = 2_000

/**
 * Keeps one service's snapshot fresh: one per target.
 *
 * Registries are asked in order, and the first that knows the service answers for it. A later one is asked, and watched,
 * only while every earlier one says it does not know the service (or has failed without ever having answered: then a
 * second registry is what one has a second registry for).
 *
 * A registry that fails leaves the last list standing: old addresses are mostly right, none are always wrong. What a list
 * lacks is believed as {@link believe} says. "Unknown" from all registries is an empty answer, but takes nothing back that
 * was known.
 *
 * Where none has answered since the start, the last good list is taken from disk, until one answers.
 */
export class Resolver {
  readonly service: string
  readonly #ports: ResolverPorts
  readonly #first: ((snapshot: Snapshot) => void) | undefined
  readonly #watches: readonly ServiceWatch[]
  readonly #cell: WritableCell<Snapshot>
  readonly #due: DueLoop
  readonly #options: ResolvedDiscoveryOptions
  readonly #snapshots: SnapshotStore | undefined
  #belief: Belief = NOTHING
  /** Whose list is believed; undefined for none, and for one from disk. */
  #source: ServiceWatch | undefined = undefined
  /** What was given to be kept on disk last. */
  #saved: readonly Instance[] | undefined = undefined
  /** When the list on disk is asked for; `Infinity` once that is settled. */
  #restoreAtMs: number = Number.POSITIVE_INFINITY
  /** The list on disk has been asked for. */
  #isReading = false
  /** Until it has been said that somebody is there, or that nobody will say it. */
  #onDecided: (() => void) | undefined = undefined
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
    { options = DEFAULT_DISCOVERY_OPTIONS, snapshots, onDecided }: ResolverSettings = {},
  ) {
    this.#first = first
    this.#options = options
    this.#snapshots = snapshots
    const { clock, random } = ports
    this.service = service
    this.#ports = ports
    this.#cell = new WritableCell<Snapshot>({ service, endpoints: [], revision: 0 })
    this.#due = new DueLoop(
      clock,
      (nowMs) => this.#onDue(nowMs),
      (error) => this.#fail(error),
    )
    const owner: WatchOwner = { service, now: () => clock.now(), onWord: (watch) => this.#hear(watch) }
    this.#watches = registries.map((registry) => {
      const name = `resolver/${service}/${registry.name}`
      return new ServiceWatch(registry, owner, new RetryWait(GIVE_UP_MS, GIVE_UP_MAX_MS, random, name))
    })
    this.#settle()
    if (snapshots !== undefined && this.#cell.value.revision === 0) {
      this.#restoreAtMs = clock.now() + RESTORE_AFTER_MS
      this.#restoreWhereAllFail()
      this.#due.poke(this.#restoreAtMs)
    }
    if (this.isUndecided) this.#onDecided = onDecided
  }

  get cell(): StateCell<Snapshot> {
    return this.#cell
  }

  /** Nobody has said yet who is there, and somebody still may. */
  get isUndecided(): boolean {
    if (this.#cell.value.revision > 0 || this.#isClosed) return false
    return this.#isReading || this.#watches.some(({ state }) => state === 'pending')
  }

  /** Passes a hint on that the list may be out of date. */
  refresh(): void {
    this.#source?.registry.refresh?.(this.service)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // The list was good up to now, however long ago it changed.
    if (this.#saved === this.#cell.value.endpoints && this.#source?.interruption === undefined) this.#save()
    this.#due.close()
    for (const watch of this.#watches) watch.drop()
    this.#cell.complete()
    this.#tellDecided()
  }

  #hear(watch: ServiceWatch): void {
    if (watch.interruption !== undefined) {
      this.#fail(watch.interruption)
      this.#due.poke(watch.giveUpAtMs)
    }
    this.#settle()
    this.#restoreWhereAllFail()
    this.#tellDecided()
  }

  #tellDecided(): void {
    if (this.#onDecided === undefined || this.isUndecided) return
    const told = this.#onDecided
    this.#onDecided = undefined
    told()
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#emit('resolverFailed', { error })
  }

  #onDue(nowMs: number): number {
    if (this.#restoreAtMs <= nowMs) this.#restore()
    this.#release(nowMs)
    return Math.min(this.#giveUp(nowMs), this.#restoreAtMs, releaseAtMs(this.#belief, this.#options))
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
      this.#believe(last)
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

  #believe(watch: ServiceWatch): void {
    const before = this.#belief
    const word = { list: watch.list, left: watch.takeLeft(), isOwn: this.#source === watch }
    const after = believe(before, word, this.#ports.clock.now(), this.#options)
    this.#belief = after
    this.#source = watch
    this.#restoreAtMs = Number.POSITIVE_INFINITY
    this.#publish(after.list)
    if (after.retained.size === 0) this.#keep()
    else if (before.retained.size === 0 || (isLossOfMany(after) && !isLossOfMany(before))) {
      const why = whyRetained(after, this.#options)
      this.#emit('endpointsRetained', { retained: [...after.retained.keys()], why })
    }
    this.#due.poke(releaseAtMs(after, this.#options))
  }

  #release(nowMs: number): void {
    const after = release(this.#belief, nowMs, this.#options)
    if (after === this.#belief) return
    this.#belief = after
    this.#publish(after.list)
    // Nobody said that there is none left: what is on disk may be better than nothing.
    if (after.retained.size === 0 && after.list.length > 0) this.#keep()
  }

  /** Where every registry has failed, or does not know the service, nobody is left to wait for. */
  #restoreWhereAllFail(): void {
    if (this.#restoreAtMs === Number.POSITIVE_INFINITY) return
    if (this.#watches.every(({ state }) => state === 'failed' || state === 'unknown')) this.#restore()
  }

  #restore(): void {
    this.#restoreAtMs = Number.POSITIVE_INFINITY
    if (this.#cell.value.revision > 0) return
    this.#isReading = this.#snapshots !== undefined
    this.#snapshots?.load(this.service, (stored) => {
      this.#isReading = false
      this.#onStored(stored)
      this.#tellDecided()
    })
  }

  #onStored(stored: StoredSnapshot | undefined): void {
    if (stored === undefined || stored.instances.length === 0 || this.#isClosed) return
    if (this.#cell.value.revision > 0) return
    this.#belief = beliefIn(stored.instances)
    this.#emit('endpointsRestored', { ageMs: Math.max(0, this.#ports.clock.wallNow() - stored.savedAtMs) })
    this.#publish(stored.instances)
  }

  /** Has the present list kept on disk, unless it is there. */
  #keep(): void {
    const { endpoints } = this.#cell.value
    if (this.#saved === endpoints) return
    this.#saved = endpoints
    this.#save()
  }

  #save(): void {
    this.#snapshots?.save(this.service, this.#cell.value.endpoints, this.#ports.clock.wallNow())
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

const NOTHING: Belief = beliefIn([])

function idsOf(instances: readonly Instance[]): readonly string[] {
  return instances.map((instance) => instance.id)
}
