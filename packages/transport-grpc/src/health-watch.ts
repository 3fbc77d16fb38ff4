import { status } from '@grpc/grpc-js'
import type { Answer, Endpoint } from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  type Cancel,
  NO_DEADLINE,
  type ProbeSink,
} from '@seakeep/core/spi'
import { healthRequest, servingStatusOf } from './health-message.ts'
import type { MessageStream, Taker } from './message-stream.ts'

/** Sends an attempt whose body is bytes. */
type Ask = (attempt: Attempt, sink: AttemptSink<AttemptResult>) => Cancel
/** Has `told` called when the connection takes no further calls. Answers how to have it not called. */
type Follow = (told: () => void) => (() => void) | undefined

/**
 * `grpc.health.v1.Health/Watch` over the channel that calls go through, for as long as its connection stands: what has
 * said goodbye (GOAWAY) is left, so that no server waits for those who only watch it (grpc-node#1458).
 *
 * A server without it says so once; from then on it is asked.
 */
export class HealthWatch implements AttemptSink<AttemptResult>, Taker, Disposable {
  readonly #told: ProbeSink
  readonly #follow: Follow
  readonly #cancel: Cancel
  #unfollow: (() => void) | undefined = undefined
  #stream: MessageStream | undefined = undefined
  #isOver = false

  constructor(ask: Ask, follow: Follow, endpoint: Endpoint, service: string, told: ProbeSink) {
    this.#told = told
    this.#follow = follow
    const attempt: Attempt = {
      service: endpoint.service,
      endpoint,
      request: { method: 'grpc.health.v1.Health/Watch', body: healthRequest(service), stream: true },
      number: 1,
      key: 0,
      deadlineMs: NO_DEADLINE,
      priority: undefined,
      idempotent: true,
      isProbe: true,
    }
    this.#cancel = ask(attempt, this)
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#end()
    this.#cancel('cancelled')
  }

  #end(): void {
    this.#isOver = true
    this.#unfollow?.()
  }

  #onDisconnected(): void {
    if (this.#isOver) return
    this[Symbol.dispose]()
    this.#told.onEnd(true)
  }

  // ---- AttemptSink ----

  commit(answer: unknown): void {
    this.#stream = (answer as Answer).body as MessageStream
    this.#unfollow = this.#follow(() => this.#onDisconnected())
    this.#stream.take(this)
  }

  settle({ error }: AttemptResult): void {
    if (this.#isOver) return
    this.#end()
    this.#told.onEnd((error as { code?: number } | undefined)?.code !== status.UNIMPLEMENTED)
  }

  // ---- Taker ----

  onMessage(message: unknown): void {
    if (this.#isOver) return
    const said = servingStatusOf(message as Uint8Array)
    this.#told.onResult({ isHealthy: said === 'SERVING', reason: `said ${said ?? 'what is no health status'}` })
    if (!this.#isOver) this.#stream?.take(this)
  }

  /** The attempt is settled as well. */
  onEnd(): void {}
}
