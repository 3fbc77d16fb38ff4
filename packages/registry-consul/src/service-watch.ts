import type { Instance } from '@seakeep/core'
import { type AdapterPorts, asError, carryOver, type RegistrySink } from '@seakeep/core/spi'
import { parseAnswer } from './answer-reader.ts'
import type { ConsulAnswer } from './consul-client.ts'
import { RegistryAnswerError } from './consul-errors.ts'
import { readHealthAnswer } from './health-answer.ts'
import { LongPoll, type PollParts, type PollSink } from './long-poll.ts'

/**
 * One service, for all of a registry who watch it: one poll, one frozen list.
 *
 * An answer is told where it says something new: Consul's index moves without a change, and a re-read after an error
 * tells all anew. Nothing at all where nothing was known is `unknown`: Consul answers the same for a service that has
 * never been, and for one that an anonymous client may not see. Where a list was known, it is an empty list with nobody
 * who said goodbye, which is for the resolver to believe or not.
 */
export class ServiceWatch implements PollSink {
  readonly #service: string
  readonly #registry: string
  readonly #protocol: string
  readonly #ports: AdapterPorts
  readonly #poll: LongPoll
  readonly #watchers = new Set<Watcher>()
  /** Undefined where Consul has said nothing yet, or that it knows of no such service. */
  #list: readonly Instance[] | undefined = undefined
  #isUnknown = false
  #left: ReadonlySet<string> = new Set()
  #interruption: Error | undefined = undefined
  /** What was told of entries that cannot be read, so that it is told once. */
  #problem = ''

  constructor(service: string, registry: string, protocol: string, parts: PollParts) {
    this.#service = service
    this.#registry = registry
    this.#protocol = protocol
    this.#ports = parts.ports
    this.#poll = new LongPoll(`/health/service/${encodeURIComponent(service)}?stale`, this, parts)
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0
  }

  start(): void {
    this.#poll.start()
  }

  /** Tells what is known at once. */
  add(sink: RegistrySink): Watcher {
    const watcher: Watcher = { sink }
    this.#watchers.add(watcher)
    if (this.#list !== undefined || this.#isUnknown) this.#tell(watcher)
    const interruption = this.#interruption
    if (interruption !== undefined) this.#guard(watcher, () => sink.error(interruption))
    return watcher
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  close(): void {
    this.#watchers.clear()
    this.#poll.close()
  }

  // ---- PollSink ----

  answer({ body }: ConsulAnswer, isDegraded: boolean): void {
    const { instances, left, isEmpty, problems } = readHealthAnswer(this.#service, parseAnswer(body), this.#protocol)
    if (isDegraded && (this.#list !== undefined || isEmpty)) return
    this.#report(problems)
    const hasRecovered = this.#interruption !== undefined
    this.#interruption = undefined
    if (isEmpty && this.#list === undefined) {
      const isNews = !this.#isUnknown || hasRecovered
      this.#isUnknown = true
      if (isNews) this.#tellAll()
      return
    }
    const before = this.#list
    const hasNewlyLeft = [...left].some((id) => !this.#left.has(id))
    this.#list = carryOver(before ?? Object.freeze([]), Object.freeze(instances))
    this.#left = left
    this.#isUnknown = false
    if (before !== this.#list || hasNewlyLeft || hasRecovered) this.#tellAll()
  }

  error(error: Error): void {
    if (this.#interruption !== undefined) return
    this.#interruption = error
    if (error instanceof RegistryAnswerError) this.#misspeak(error, error.message)
    for (const watcher of [...this.#watchers]) this.#guard(watcher, () => watcher.sink.error(error))
  }

  #report(problems: readonly RegistryAnswerError[]): void {
    const problem = problems.map(({ message }) => message).join('; ')
    if (problem === this.#problem) return
    this.#problem = problem
    const [first] = problems
    if (first === undefined) return
    const more = problems.length === 1 ? '' : `, and ${problems.length - 1} more`
    this.#misspeak(first, `an entry of ${this.#service} was left out: ${first.message}${more}`)
  }

  #misspeak(error: Error, why: string): void {
    const { clock, events } = this.#ports
    events.emit({ type: 'registryMisspoke', atMs: clock.now(), name: this.#registry, why, error })
  }

  /** Who joins while others are told has been told already, who leaves is told nothing more. */
  #tellAll(): void {
    for (const watcher of [...this.#watchers]) this.#tell(watcher)
  }

  #tell(watcher: Watcher): void {
    const list = this.#list
    this.#guard(watcher, () => {
      if (list === undefined) watcher.sink.unknown()
      else watcher.sink.instances(list, this.#left)
    })
  }

  /** A watcher that throws harms neither the registry nor the next watcher. */
  #guard(watcher: Watcher, tell: () => void): void {
    if (!this.#watchers.has(watcher)) return
    try {
      tell()
    } catch (thrown) {
      const { clock, events } = this.#ports
      events.emit({ type: 'listenerFailed', atMs: clock.now(), error: asError(thrown) })
    }
  }
}

export interface Watcher {
  readonly sink: RegistrySink
}
