import type { Attempt, AttemptSink, Cancel } from '../call/call.ts'
import type { AttemptResult } from '../call/outcome.ts'
import { LinkedList } from '../state/linked-list.ts'
import { after, type Clock, type Timer } from '../time/clock.ts'
import { NO_DEADLINE } from '../time/deadline.ts'
import type { Transport } from '../transport/transport.ts'
import { type FarHandler, NOTHING_TO_CANCEL } from './far-side.ts'
import { type ExchangeOwner, MemoryExchange } from './memory-exchange.ts'

export interface MemoryTransportOptions {
  /** Default `memory`. */
  readonly protocol?: string
  /** Largest body of an answer that is read as a whole, in characters. Default unbounded. */
  readonly maxAnswerBytes?: number
}

/**
 * A transport inside the process: an attempt is handed to the handler that stands behind its endpoint, at once and in
 * the same turn. Nothing is copied and nothing waits, so it shows what the pipeline alone does and costs.
 */
export class MemoryTransport implements Transport, ExchangeOwner {
  readonly protocol: string
  readonly #clock: Clock
  readonly #maxAnswerBytes: number
  readonly #handlers = new Map<string, FarHandler>()
  readonly #open = new LinkedList<MemoryExchange>()
  #onEmpty: (() => void) | undefined
  #isClosed = false

  constructor(clock: Clock, options: MemoryTransportOptions = {}) {
    this.#clock = clock
    this.protocol = options.protocol ?? 'memory'
    this.#maxAnswerBytes = options.maxAnswerBytes ?? Number.POSITIVE_INFINITY
  }

  /** Puts a handler behind an endpoint, in the place of the one before; undefined takes it down. */
  serve(endpointId: string, handler: FarHandler | undefined): void {
    if (handler === undefined) this.#handlers.delete(endpointId)
    else this.#handlers.set(endpointId, handler)
  }

  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    const handler = this.#isClosed ? undefined : this.#handlers.get(attempt.endpoint?.id ?? '')
    if (handler === undefined) {
      const error = new Error(`nobody answers at ${attempt.endpoint?.id ?? 'no endpoint'}`)
      sink.settle({ ending: 'unreachable', error })
      return NOTHING_TO_CANCEL
    }
    const left = attempt.deadlineMs === NO_DEADLINE ? undefined : attempt.deadlineMs - this.#clock.now()
    const exchange = new MemoryExchange(attempt, left, sink, this.#maxAnswerBytes, this)
    this.#open.append(exchange)
    handler(exchange)
    return () => exchange.callOff()
  }

  close(deadlineMs: number, done: () => void): void {
    this.#isClosed = true
    if (this.#open.size === 0) {
      done()
      return
    }
    const timer: Timer = after(this.#clock, deadlineMs - this.#clock.now(), () => {
      for (let exchange = this.#open.first; exchange !== undefined; exchange = this.#open.first) exchange.reset()
    })
    this.#onEmpty = () => {
      timer.cancel()
      done()
    }
  }

  /** For the exchange: it has ended. */
  onEnd(exchange: MemoryExchange): void {
    this.#open.remove(exchange)
    if (this.#open.size === 0) this.#onEmpty?.()
  }
}
