import type { Instance } from '../endpoint/endpoint.ts'
import { asError } from '../errors/as-error.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { RegistrySink } from './registry.ts'

type Word = (sink: RegistrySink) => void

/**
 * What a registry that reads somebody else's catalogue last said of each service, and who listens: a listener hears the
 * present word at once and each one after it. What throws harms neither the registry nor the next listener.
 */
export class Bulletin {
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #services = new Map<string, Column>()

  constructor(clock: Clock, events: EventSink) {
    this.#clock = clock
    this.#events = events
  }

  /** `onEmpty` is called when nobody follows the service any more. */
  follow(service: string, sink: RegistrySink, onEmpty: () => void = () => {}): Disposable {
    const column = this.#column(service)
    const reader = { sink }
    column.readers.add(reader)
    if (column.word !== undefined) this.#tell(column.word, sink)
    return {
      [Symbol.dispose]: () => {
        if (column.readers.delete(reader) && column.readers.size === 0) onEmpty()
      },
    }
  }

  /** Those that are followed. */
  get followed(): readonly string[] {
    return [...this.#services].filter(([, { readers }]) => readers.size > 0).map(([service]) => service)
  }

  /** A service that has instances, or had; `left` as in {@link RegistrySink.instances}. */
  list(service: string, instances: readonly Instance[], left?: ReadonlySet<string>): void {
    this.#column(service).isKnown = true
    this.#say(service, (sink) => sink.instances(instances, left))
  }

  /** A service that is not there: one that was has no instances any more. */
  none(service: string, left?: ReadonlySet<string>): void {
    if (this.#column(service).isKnown) this.list(service, [], left)
    else this.#say(service, (sink) => sink.unknown())
  }

  error(service: string, error: Error): void {
    this.#say(service, (sink) => sink.error(error))
  }

  clear(): void {
    for (const { readers } of this.#services.values()) readers.clear()
  }

  #say(service: string, word: Word): void {
    const column = this.#column(service)
    column.word = word
    for (const reader of [...column.readers]) if (column.readers.has(reader)) this.#tell(word, reader.sink)
  }

  #tell(word: Word, sink: RegistrySink): void {
    try {
      word(sink)
    } catch (thrown) {
      this.#events.emit({ type: 'listenerFailed', atMs: this.#clock.now(), error: asError(thrown) })
    }
  }

  #column(service: string): Column {
    let column = this.#services.get(service)
    if (column === undefined) {
      column = { readers: new Set(), word: undefined, isKnown: false }
      this.#services.set(service, column)
    }
    return column
  }
}

interface Column {
  readonly readers: Set<{ readonly sink: RegistrySink }>
  word: Word | undefined
  /** It has had instances. */
  isKnown: boolean
}
