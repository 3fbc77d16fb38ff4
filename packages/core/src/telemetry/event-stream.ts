import { type Observable, Subject } from 'rxjs'
import type { EventSink, GovernanceEvent } from './events.ts'

/**
 * Where the events of one runtime come together: the stream people follow, and the sink port of the host. A listener
 * that throws is reported by RxJS and harms neither the call nor the next listener.
 */
export class EventStream implements EventSink {
  readonly #sink: EventSink
  #subject: Subject<GovernanceEvent> | undefined

  constructor(sink: EventSink) {
    this.#sink = sink
  }

  /** Hot: tells what happens from the subscription on. Completes when the runtime has closed. */
  get events$(): Observable<GovernanceEvent> {
    this.#subject ??= new Subject<GovernanceEvent>()
    return this.#subject.asObservable()
  }

  emit(event: GovernanceEvent): void {
    this.#sink.emit(event)
    this.#subject?.next(event)
  }

  complete(): void {
    this.#subject?.complete()
  }
}
