import type { Subscription } from 'rxjs'
import type { Instance, Snapshot } from '../endpoint/endpoint.ts'
import { carryOver, diffSnapshots } from '../endpoint/snapshot.ts'
import type { Random } from '../random/random.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { EventSink, ResolverEvent } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { Registry } from './registry.ts'
import { followService, type RegistryWord } from './resolver-loop.ts'
import { RetryWait } from './retry-wait.ts'

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
  readonly #sources: readonly Source[]
  readonly #cell: WritableCell<Snapshot>
  #isSettling = false
  #isUnsettled = false
  #isClosed = false
  #hasFailed = false

  constructor(service: string, registries: readonly Registry[], ports: ResolverPorts) {
    this.service = service
    this.#ports = ports
    this.#sources = registries.map((registry) => new Source(registry))
    this.#cell = new WritableCell<Snapshot>({ service, endpoints: [], revision: 0 })
    this.#settle()
  }

  get cell(): StateCell<Snapshot> {
    return this.#cell
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const source of this.#sources) source.drop()
    this.#cell.complete()
  }

  #hear(source: Source, word: RegistryWord): void {
    if (!source.hear(word)) return
    if (word.kind === 'failed' && !this.#hasFailed) {
      this.#hasFailed = true
      this.#emit('resolverFailed', { error: word.error })
    }
    this.#settle()
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
    const asked = this.#ask()
    if (this.#isUnsettled) return
    const last = asked.at(-1)
    if (last?.state === 'known') {
      for (const source of this.#sources.slice(asked.length)) source.drop()
      this.#publish(last.instances)
    } else if (this.#cell.value.revision === 0 && asked.every((source) => source.state === 'unknown')) {
      this.#publish([])
    }
    if (this.#hasFailed && !this.#sources.some((source) => source.isInterrupted)) {
      this.#hasFailed = false
      this.#emit('resolverRecovered', {})
    }
  }

  /** Asks in order up to the first source that knows or has not answered; answers with all up to that one. */
  #ask(): readonly Source[] {
    for (let i = 0; i < this.#sources.length; i++) {
      const source = this.#sources[i] as Source
      if (source.state === 'unasked') this.#follow(source)
      if (source.state === 'known' || source.state === 'pending') return this.#sources.slice(0, i + 1)
    }
    return this.#sources
  }

  #follow(source: Source): void {
    const { clock, random } = this.#ports
    const name = `resolver/${this.service}/${source.registry.name}`
    const waits = new RetryWait(GIVE_UP_MS, GIVE_UP_MAX_MS, random, name)
    source.state = 'pending'
    source.following = followService(source.registry, this.service, waits, clock).subscribe((word) =>
      this.#hear(source, word),
    )
    // Where it was closed or dropped from inside an answer, before there was anything to unsubscribe.
    if (this.#isClosed) source.drop()
  }

  #publish(instances: readonly Instance[]): void {
    const before = this.#cell.value
    const endpoints = carryOver(before.endpoints, instances)
    if (endpoints === before.endpoints && before.revision > 0) return
    const after: Snapshot = { service: this.service, endpoints, revision: before.revision + 1 }
    this.#cell.set(after)
    const { added, updated, removed } = diffSnapshots(before, after)
    if (added.length + updated.length + removed.length === 0) return
    this.#emit('endpointsChanged', { added: idsOf(added), updated: idsOf(updated), removed: idsOf(removed) })
  }

  #emit(type: ResolverEvent['type'], details: Partial<ResolverEvent>): void {
    this.#ports.events.emit({ ...details, type, service: this.service, atMs: this.#ports.clock.now() })
  }
}

/** One registry as this service sees it. `failed` is failed without ever having answered. */
class Source {
  readonly registry: Registry
  state: 'unasked' | 'pending' | 'known' | 'unknown' | 'failed' = 'unasked'
  instances: readonly Instance[] = []
  /** Has failed and not answered since. */
  isInterrupted = false
  following: Subscription | undefined = undefined

  constructor(registry: Registry) {
    this.registry = registry
  }

  /** Takes a word in; answers whether it says anything new. */
  hear(word: RegistryWord): boolean {
    const isKnown = word.kind === 'known' && this.state === 'known' && word.instances === this.instances
    if (isKnown && !this.isInterrupted) return false
    this.isInterrupted = word.kind === 'failed'
    if (word.kind !== 'failed') this.state = word.kind
    else if (this.state === 'pending') this.state = 'failed'
    if (word.kind === 'known') this.instances = word.instances
    return true
  }

  drop(): void {
    this.following?.unsubscribe()
    this.following = undefined
    this.state = 'unasked'
    this.instances = []
    this.isInterrupted = false
  }
}

function idsOf(instances: readonly Instance[]): readonly string[] {
  return instances.map((instance) => instance.id)
}
