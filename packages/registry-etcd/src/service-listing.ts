import type { Instance } from '@seakeep/core'
import { asError, type RegistrySink } from '@seakeep/core/spi'
import { type ListedInstance, MalformedValueError, readInstance } from './instance-value.ts'
import type { Change } from './range-state.ts'
import type { RangeSink } from './range-watch.ts'

/**
 * The instances of one service, for all who watch it. A key that says it leaves is gone at once, and as one that said
 * goodbye; a key that is only gone is missing: its lease ran out, or somebody deleted it.
 *
 * What cannot be read is passed over, with an event: a key keeps the last instance it could be read as.
 */
export class ServiceListing implements RangeSink {
  readonly service: string
  readonly #keyOf: (instance: Instance) => string
  readonly #misspoke: (error: MalformedValueError) => void
  readonly #sinks = new Set<RegistrySink>()
  readonly #listed = new Map<string, ListedInstance>()
  #list: readonly Instance[] | undefined = undefined
  /** A key of the service was there once, be it that nobody could read it. */
  #wasSeen = false
  #interruption: Error | undefined = undefined

  constructor(service: string, keyOf: (instance: Instance) => string, misspoke: (error: MalformedValueError) => void) {
    this.service = service
    this.#keyOf = keyOf
    this.#misspoke = misspoke
  }

  get isWatched(): boolean {
    return this.#sinks.size > 0
  }

  /** Told at once what is known already. */
  add(sink: RegistrySink): void {
    this.#sinks.add(sink)
    if (this.#list !== undefined) this.#tellTo(sink, new Set())
    if (this.#interruption !== undefined && this.#sinks.has(sink)) sink.error(this.#interruption)
  }

  delete(sink: RegistrySink): void {
    this.#sinks.delete(sink)
  }

  // ---- RangeSink ----

  changed(changes: readonly Change[]): void {
    this.#interruption = undefined
    const left = new Set<string>()
    const isFirst = this.#list === undefined
    let isNews = isFirst
    for (const change of changes) isNews = this.#change(change, left) || isNews
    if (!isNews) return
    const keys = [...this.#listed.keys()].sort()
    const present = keys.map((key) => this.#listed.get(key)!).filter(({ isLeaving }) => !isLeaving)
    this.#list = Object.freeze(present.map(({ instance }) => instance))
    this.#tell(left)
  }

  resumed(): void {
    this.#interruption = undefined
    this.#tell(new Set())
  }

  error(error: Error): void {
    this.#interruption = error
    for (const sink of [...this.#sinks]) if (this.#sinks.has(sink)) sink.error(error)
  }

  /** Whether the list is another now. */
  #change({ key, kv }: Change, left: Set<string>): boolean {
    const known = this.#listed.get(key)
    if (kv === undefined) {
      this.#listed.delete(key)
      return known !== undefined && !known.isLeaving
    }
    this.#wasSeen = true
    let listed: ListedInstance
    try {
      listed = this.#read(kv.value, key)
    } catch (error) {
      this.#misspoke(asError(error) as MalformedValueError)
      return false
    }
    this.#listed.set(key, listed)
    const { id } = listed.instance
    if (listed.isLeaving) left.add(id)
    else left.delete(id)
    return !listed.isLeaving || known?.isLeaving === false
  }

  #read(value: Uint8Array, key: string): ListedInstance {
    const listed = readInstance(value, key)
    if (this.#keyOf(listed.instance) === key) return listed
    const { service, id } = listed.instance
    throw new MalformedValueError(key, 'id', `the value is that of ${service}/${id}`)
  }

  #tell(left: ReadonlySet<string>): void {
    for (const sink of [...this.#sinks]) if (this.#sinks.has(sink)) this.#tellTo(sink, left)
  }

  #tellTo(sink: RegistrySink, left: ReadonlySet<string>): void {
    const list = this.#list ?? []
    if (list.length === 0 && !this.#wasSeen) sink.unknown()
    else sink.instances(list, left)
  }
}
