import type { AdapterPorts } from '@seakeep/core/spi'

/**
 * Tells when the agent refuses us for its own limits. Beyond `http_max_conns_per_client` (200 by default, counted per
 * address, so neighbours on one machine share it) older agents reset a connection as soon as it is made, later ones
 * answer 429 first. A reset means that only where others of our connections go on being served: an agent that has gone
 * resets them all.
 */
export class Throttle {
  readonly #ports: AdapterPorts
  readonly #registry: string
  readonly #inFlight = new Set<Question>()
  #silentUntilMs = Number.NEGATIVE_INFINITY

  constructor(ports: AdapterPorts, registry: string) {
    this.#ports = ports
    this.#registry = registry
  }

  begin(): Question {
    const question = { atMs: this.#ports.clock.now() }
    this.#inFlight.add(question)
    return question
  }

  end(question: Question): void {
    this.#inFlight.delete(question)
  }

  onReset(question: Question, error: Error): void {
    const nowMs = this.#ports.clock.now()
    if (nowMs - question.atMs > AT_ONCE_MS) return
    for (const { atMs } of this.#inFlight) {
      if (nowMs - atMs > AT_ONCE_MS) {
        this.#tell('a connection was reset as soon as it was made', error)
        return
      }
    }
  }

  onStatus(status: number, error: Error): void {
    if (status === 429) this.#tell('429', error)
  }

  /** Once a minute at most: while the limit holds, each new connection meets it. */
  #tell(what: string, error: Error): void {
    const { clock, events } = this.#ports
    const atMs = clock.now()
    if (atMs < this.#silentUntilMs) return
    this.#silentUntilMs = atMs + 60_000
    const why = `${what}: more connections from this address than limits.http_max_conns_per_client (200 by default) allows`
    events.emit({ type: 'registryThrottled', atMs, name: this.#registry, why, error })
  }
}

export interface Question {
  readonly atMs: number
}

/** A connection that lasted longer was served. */
const AT_ONCE_MS = 1000
