import { type AdapterPorts, asError, RetryWait, type Timer } from '@seakeep/core/spi'
import type { ConsulAnswer, ConsulClient } from './consul-client.ts'
import { NoLeaderError, RegistryAnswerError } from './consul-errors.ts'
import { later } from './later.ts'
import { Pace } from './pace.ts'
import type { Turns, TurnTaker } from './turns.ts'
import { answerTimeoutMs, blockingQuery, NO_INDEX, stepOf, type WatchIndex } from './watch-index.ts'

export interface PollSink {
  /**
   * What is there now, perhaps without a change. `isDegraded`: from a server that knows of no leader; it is believed only
   * by who knows nothing better. May throw a RegistryAnswerError.
   */
  answer(answer: ConsulAnswer, isDegraded: boolean): void
  /** Told with each failure; asked again after a wait. The next good answer is told in any case. */
  error(error: Error): void
}

export interface PollParts {
  readonly client: ConsulClient
  readonly turns: Turns
  readonly ports: AdapterPorts
}

/** Waits after a failure: what an agent's restart takes, and what an agent that is down can bear from all its clients. */
const RETRY_MS = 200
const MAX_RETRY_MS = 3000

/**
 * One place of Consul, followed for ever by blocking queries: there is no answer after which it stops asking
 * (silas/node-consul#51, #160: a watch that ended for good at a 400, and one that stayed silent after a restart).
 */
export class LongPoll implements TurnTaker {
  readonly #parts: PollParts
  readonly #path: string
  readonly #sink: PollSink
  readonly #waits: RetryWait
  readonly #pace = new Pace()
  #index: WatchIndex = NO_INDEX
  #cancel: (() => void) | undefined = undefined
  #timer: Timer | undefined = undefined
  #isClosed = false

  /** `path` below `/v1`, with a query that has at least one part. */
  constructor(path: string, sink: PollSink, parts: PollParts) {
    this.#path = path
    this.#sink = sink
    this.#parts = parts
    this.#waits = new RetryWait(RETRY_MS, MAX_RETRY_MS, parts.ports.random, `consul${path}`)
  }

  start(): void {
    this.#parts.turns.join(this)
    this.#askIn(0)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    this.#cancel?.()
    this.#parts.turns.leave(this)
  }

  // ---- TurnTaker ----

  get isFresh(): boolean {
    return this.#index === NO_INDEX
  }

  take(waitMs: number): void {
    const path = this.#path + blockingQuery(this.#index, waitMs)
    const blocking = this.isFresh ? {} : { timeoutMs: answerTimeoutMs(waitMs) }
    this.#cancel = this.#parts.client.ask({ method: 'GET', path, ...blocking }, (result) => this.#hear(result))
  }

  interrupt(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#parts.turns.end(this)
    if (!this.#isClosed) this.#parts.turns.request(this)
  }

  #hear(result: ConsulAnswer | Error): void {
    this.#cancel = undefined
    const error = result instanceof Error ? result : this.#read(result)
    if (error === undefined) this.#waits.reset()
    else {
      this.#index = NO_INDEX
      this.#sink.error(error)
    }
    // Whoever was told may have ended it.
    if (this.#isClosed) return
    this.#parts.turns.end(this)
    this.#askIn(error === undefined ? this.#pace.next(this.#parts.ports.clock.now()) : this.#waits.next())
  }

  #read(answer: ConsulAnswer): Error | undefined {
    try {
      if (!answer.knowsLeader) {
        this.#sink.answer(answer, true)
        return new NoLeaderError()
      }
      const step = stepOf(this.#index, answer.index)
      if (step === undefined) {
        return new RegistryAnswerError('X-Consul-Index', `${JSON.stringify(answer.index) ?? 'none'} is no index`)
      }
      if (!step.isUnchanged) this.#sink.answer(answer, false)
      this.#index = step.next
      return undefined
    } catch (thrown) {
      return asError(thrown)
    }
  }

  #askIn(delayMs: number): void {
    const { turns, ports } = this.#parts
    if (delayMs === 0) turns.request(this)
    else this.#timer = later(ports.clock, delayMs, () => turns.request(this))
  }
}
