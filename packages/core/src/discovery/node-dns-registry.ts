/**
 * Instances as the name system knows them: the addresses behind a name, or the SRV records of one.
 *
 * A name is asked for once at a time, and at most once per `interval` whatever happens: watchers that come and go, hints,
 * failures (grpc/grpc-node#2023, #1663 tell of storms and of pods that were never found). The records' TTL says when to
 * ask again; where none is told (SRV), `interval`. Each wait is drawn up to a tenth longer, so that clients that began
 * together fall out of step.
 *
 * "No such name" and "no records" are answers, and they are doubted like any list that lacks many: a name without ready
 * instances says the same as a zone that was lost. A server that fails, refuses or is silent has not answered.
 */
import { type Resolver as NodeResolver, Resolver } from 'node:dns/promises'
import { asError } from '../errors/as-error.ts'
import type { Random } from '../random/random.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { Bulletin } from './bulletin.ts'
import type { DnsPlace, ResolvedDnsOptions } from './dns-options.ts'
import { type DnsRecord, instancesOf } from './dns-records.ts'
import { ReadOnlyRegistry } from './read-only-registry.ts'
import type { RegistrySink } from './registry.ts'

interface Question {
  readonly place: DnsPlace
  /** Who is looked for under this name. */
  readonly services: Set<string>
  isAsking: boolean
  askedAtMs: number
  timer: Timer | undefined
}

interface Found {
  readonly records: readonly DnsRecord[]
  /** The shortest of the records'; undefined where none is told. */
  readonly ttlMs?: number
}

/** Nobody says goodbye in the name system. */
const NOBODY: ReadonlySet<string> = new Set()
const NO_RECORDS: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])
const TRIES = 2

export class NodeDnsRegistry extends ReadOnlyRegistry {
  readonly name = 'dns'
  readonly #options: ResolvedDnsOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #bulletin: Bulletin
  readonly #resolver: NodeResolver
  readonly #questions = new Map<string, Question>()
  #isClosed = false

  constructor(
    options: ResolvedDnsOptions,
    { clock, random, events }: { readonly clock: Clock; readonly random: Random; readonly events: EventSink },
  ) {
    super()
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#bulletin = new Bulletin(clock, events)
    this.#resolver = new Resolver({ timeout: Math.ceil(options.timeoutMs / TRIES), tries: TRIES })
    if (options.servers.length > 0) this.#resolver.setServers(options.servers)
  }

  watch(service: string, sink: RegistrySink): Disposable {
    const place = this.#placeOf(service)
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    if (place === undefined) {
      this.#bulletin.none(service)
      return this.#bulletin.follow(service, sink)
    }
    const question = this.#questionOf(place)
    question.services.add(service)
    const handle = this.#bulletin.follow(service, sink, () => this.#leave(question, service))
    this.#askSoon(question)
    return handle
  }

  refresh(service: string): void {
    const place = this.#placeOf(service)
    if (place !== undefined) this.#askSoon(this.#questionOf(place))
  }

  close(): void {
    this.#isClosed = true
    this.#bulletin.clear()
    for (const { timer } of this.#questions.values()) timer?.cancel()
    this.#resolver.cancel()
  }

  #placeOf(service: string): DnsPlace | undefined {
    return Object.hasOwn(this.#options.services, service) ? this.#options.services[service] : undefined
  }

  #questionOf(place: DnsPlace): Question {
    const key = `${place.type} ${place.name.toLowerCase()}`
    let question = this.#questions.get(key)
    if (question === undefined) {
      const askedAtMs = Number.NEGATIVE_INFINITY
      question = { place, services: new Set(), isAsking: false, askedAtMs, timer: undefined }
      this.#questions.set(key, question)
    }
    return question
  }

  #leave(question: Question, service: string): void {
    question.services.delete(service)
    if (question.services.size === 0) question.timer?.cancel()
  }

  /** As soon as the interval allows. */
  #askSoon(question: Question): void {
    if (question.isAsking || question.services.size === 0) return
    const waitMs = question.askedAtMs + this.#options.intervalMs - this.#clock.now()
    if (waitMs > 0) this.#askIn(question, waitMs)
    else this.#ask(question)
  }

  #askIn(question: Question, ms: number): void {
    question.timer?.cancel()
    if (this.#isClosed || question.services.size === 0) return
    const task = { isBackground: true, onTimer: () => this.#ask(question) }
    question.timer = this.#clock.schedule(this.#clock.now() + ms, task)
  }

  #ask(question: Question): void {
    question.timer?.cancel()
    question.isAsking = true
    question.askedAtMs = this.#clock.now()
    this.#find(question.place).then(
      (found) => this.#hear(question, found, undefined),
      (error) => this.#hear(question, undefined, asError(error)),
    )
  }

  #hear(question: Question, found: Found | undefined, error: Error | undefined): void {
    question.isAsking = false
    if (this.#isClosed) return
    for (const service of [...question.services]) this.#tell(service, found, error)
    const { intervalMs, maxIntervalMs } = this.#options
    const nextMs = Math.min(maxIntervalMs, Math.max(intervalMs, found?.ttlMs ?? intervalMs))
    const drawn = 1 + 0.1 * this.#random.stream(`dns/${question.place.name}`).next()
    this.#askIn(question, question.askedAtMs + nextMs * drawn - this.#clock.now())
  }

  #tell(service: string, found: Found | undefined, error: Error | undefined): void {
    const place = this.#placeOf(service)
    if (found === undefined || place === undefined) this.#bulletin.error(service, error ?? new Error('no answer'))
    else if (found.records.length === 0) this.#bulletin.none(service, NOBODY)
    else this.#bulletin.list(service, instancesOf(service, place, found.records), NOBODY)
  }

  async #find({ type, name }: DnsPlace): Promise<Found> {
    try {
      return type === 'srv' ? await this.#findSrv(name) : await this.#findAddresses(name)
    } catch (error) {
      if (NO_RECORDS.has((error as NodeJS.ErrnoException).code)) return { records: [] }
      throw error
    }
  }

  async #findSrv(name: string): Promise<Found> {
    const records = await this.#resolver.resolveSrv(name)
    const there = records.filter((record) => record.name !== '' && record.name !== '.')
    return { records: there.map(({ name: host, port, weight, priority }) => ({ host, port, weight, priority })) }
  }

  /** A name with both kinds of addresses is one instance on each, not two. */
  async #findAddresses(name: string): Promise<Found> {
    let records: { readonly address: string; readonly ttl: number }[]
    try {
      records = await this.#resolver.resolve4(name, { ttl: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENODATA') throw error
      records = await this.#resolver.resolve6(name, { ttl: true })
    }
    return {
      records: records.map(({ address }) => ({ host: address })),
      ttlMs: 1000 * Math.min(...records.map(({ ttl }) => ttl)),
    }
  }
}
