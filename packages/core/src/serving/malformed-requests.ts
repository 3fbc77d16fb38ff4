import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'

const TOLD_EVERY_MS = 1000

/**
 * Counts what was no request, over whatever protocol it came, by what was wrong with it, and tells of it at most once a
 * second: floods are cheap to send.
 */
export class MalformedRequests {
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #service: string
  #faults: Record<string, number> = {}
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, events: EventSink, service: string) {
    this.#clock = clock
    this.#events = events
    this.#service = service
  }

  count(fault: string): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1
    const now = this.#clock.now()
    if (now - this.#toldMs < TOLD_EVERY_MS) return
    this.#toldMs = now
    this.#events.emit({ type: 'requestMalformed', atMs: now, service: this.#service, faults: this.#faults })
    this.#faults = {}
  }
}

/** What a server says of a connection that sent nothing it understands. A caller that goes is no fault. */
export function connectionFaultOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string' || code === 'ECONNRESET' || code === 'EPIPE') return undefined
  return code
}
