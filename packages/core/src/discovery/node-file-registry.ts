/**
 * A registry that is a file, YAML or JSON: services and their instances, written by whoever deploys them.
 *
 * The file's folder is watched rather than the file, since editors and Kubernetes put another one in its place; and it is
 * read now and then anyway, since watches miss changes (network file systems, folders made later). A text is believed
 * when two looks have found the same, as one that is cut off in the middle may well be readable, and short. What cannot
 * be read changes nothing: the last good one stays.
 */
import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Instance } from '../endpoint/endpoint.ts'
import { asError } from '../errors/as-error.ts'
import type { Place } from '../options/place.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { Bulletin } from './bulletin.ts'
import { WRITTEN_SERVICES } from './instance-fields.ts'
import { ReadOnlyRegistry } from './read-only-registry.ts'
import type { RegistrySink } from './registry.ts'

export interface FileRegistrySettings {
  readonly path: string
  /** How often the file is read where nothing was noticed. */
  readonly pollMs: number
  /** Reads a text that errors call `source`. */
  readonly parse: (text: string, source: string) => { readonly value: unknown; readonly place: Place }
}

/** Between the two looks at a text that has changed. */
const SETTLE_MS = 50

type Services = ReadonlyMap<string, readonly Instance[]>

export class NodeFileRegistry extends ReadOnlyRegistry {
  readonly name = 'file'
  readonly #path: string
  readonly #settings: FileRegistrySettings
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #bulletin: Bulletin
  /** Undefined until there was a good one. */
  #services: Services | undefined = undefined
  /** Why there is none. */
  #failure: Error | undefined = undefined
  /** The text that was looked at last, and the one that was believed or refused last. */
  #seen: string | undefined = undefined
  #settled: string | undefined = undefined
  #watcher: FSWatcher | undefined = undefined
  #timer: Timer | undefined = undefined
  #isReading = false
  /** Something was noticed while it was being read. */
  #isBehind = false
  #isClosed = false

  constructor(
    settings: FileRegistrySettings,
    { clock, events }: { readonly clock: Clock; readonly events: EventSink },
  ) {
    super()
    this.#path = resolve(settings.path)
    this.#settings = settings
    this.#clock = clock
    this.#events = events
    this.#bulletin = new Bulletin(clock, events)
    this.#look()
  }

  watch(service: string, sink: RegistrySink): Disposable {
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    // Kept up to date only for those that are followed.
    if (this.#services !== undefined) this.#tell(service, this.#services)
    else if (this.#failure !== undefined) this.#bulletin.error(service, this.#failure)
    return this.#bulletin.follow(service, sink)
  }

  close(): void {
    this.#isClosed = true
    this.#watcher?.close()
    this.#timer?.cancel()
    this.#bulletin.clear()
  }

  #look(): void {
    if (this.#isReading) {
      this.#isBehind = true
      return
    }
    this.#isReading = true
    // Before it is read: what changes from here on is noticed.
    this.#watch()
    readFile(this.#path, 'utf8').then(
      (text) => this.#onText(text),
      (error) => this.#onText(undefined, asError(error)),
    )
  }

  #onText(text: string | undefined, error?: Error): void {
    this.#isReading = false
    if (this.#isClosed) return
    const isBehind = this.#isBehind
    this.#isBehind = false
    const isFirst = this.#services === undefined && this.#failure === undefined
    const isSteady = !isBehind && (isFirst || text === this.#seen)
    this.#seen = text
    if (isSteady && (text !== this.#settled || isFirst)) {
      this.#settled = text
      this.#settle(text, error)
    }
    this.#lookIn(isBehind || text !== this.#settled ? SETTLE_MS : this.#settings.pollMs)
  }

  #settle(text: string | undefined, error: Error | undefined): void {
    try {
      if (text === undefined) throw error
      this.#services = this.#read(text)
      this.#failure = undefined
      for (const service of this.#bulletin.followed) this.#tell(service, this.#services)
    } catch (thrown) {
      const failure = asError(thrown)
      const why = `${failure.message}${this.#services === undefined ? '' : '; the last good one stays'}`
      this.#events.emit({ type: 'registryMisspoke', name: this.name, why, atMs: this.#clock.now(), error: failure })
      if (this.#services !== undefined) return
      this.#failure = failure
      for (const service of this.#bulletin.followed) this.#bulletin.error(service, failure)
    }
  }

  #read(text: string): Services {
    const { value, place } = this.#settings.parse(text, this.#path)
    const written = Object.entries(WRITTEN_SERVICES.resolve(value, place))
    return new Map(
      written.map(([service, list]) => [service, Object.freeze(list.map((one): Instance => ({ ...one, service })))]),
    )
  }

  #tell(service: string, services: Services): void {
    const list = services.get(service)
    if (list === undefined) this.#bulletin.none(service)
    else this.#bulletin.list(service, list)
  }

  #lookIn(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(this.#clock.now() + ms, { isBackground: true, onTimer: () => this.#look() })
  }

  /** Where the folder is not there, or cannot be watched, the next look tries again. */
  #watch(): void {
    if (this.#watcher !== undefined || this.#isClosed) return
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, () => this.#lookIn(SETTLE_MS))
      this.#watcher = watcher
      watcher.on('error', () => {
        watcher.close()
        this.#watcher = undefined
      })
    } catch {
      // Polling it is.
    }
  }
}
