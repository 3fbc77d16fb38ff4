import { ConfigError, type Endpoint } from '@seakeep/core'
import {
  type AdapterPorts,
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  after,
  type Cancel,
  type EndpointProbe,
  type ProbeResult,
  type Transport,
} from '@seakeep/core/spi'
import { unreachable } from './answer-result.ts'
import { EndpointPool, originOf, userOf } from './endpoint-pool.ts'
import { FetchAttempt } from './fetch-attempt.ts'
import { FetchRequest } from './fetch-request.ts'
import { HttpAttempt } from './http-attempt.ts'
import type { ResolvedHttpOptions } from './http-options.ts'
import { fetchHead, requestHead } from './request-head.ts'
import { checkConnection } from './tcp-check.ts'

export type HttpProtocol = 'http' | 'https'

/**
 * Sends attempts over HTTP/1.1 and HTTP/2 with one undici pool an address. It goes below `Pool.request` to `dispatch`: the attempt
 * itself is undici's handler, so that no promise, no async resource and no Readable is made for a unary answer.
 */
export class HttpTransport implements Transport {
  readonly protocol: HttpProtocol
  readonly #ports: AdapterPorts
  readonly #options: ResolvedHttpOptions
  readonly #pools = new Map<string, EndpointPool>()
  /** Endpoints are immutable, so what was found for one stays right until its pool is closed. */
  readonly #poolOf = new WeakMap<Endpoint, EndpointPool>()
  /** Pools that were taken out and have requests under way. */
  readonly #leaving = new Set<EndpointPool>()
  #isClosed = false

  constructor(ports: AdapterPorts, options: ResolvedHttpOptions, protocol: HttpProtocol = 'http') {
    this.protocol = protocol
    this.#ports = ports
    this.#options = options
  }

  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    const { endpoint } = attempt
    const { clock } = this.#ports
    if (endpoint === undefined || this.#isClosed) {
      const why = this.#isClosed ? 'the transport is closed' : 'HTTP needs an endpoint to send to'
      sink.settle(unreachable(new Error(why)))
      return NOTHING
    }
    const known = this.#poolOf.get(endpoint)
    const pool = known !== undefined && !known.isClosed ? known : this.#poolFor(endpoint)
    if (attempt.request instanceof FetchRequest) return this.#sendAsIs(attempt, attempt.request, sink, pool)
    const sent = new HttpAttempt(attempt, sink, clock, this.#options.maxAnswerBytes, pool)
    try {
      const head = requestHead(attempt, clock.now(), this.#options.codec)
      if (pool.servername !== undefined) head.servername = pool.servername
      pool.pool.dispatch(head, sent)
    } catch (error) {
      sent.onResponseError(null, error as Error)
    }
    return this.#cancelOf(sent, pool)
  }

  /** A request of undici's clients, whose answer is handed out untouched. */
  #sendAsIs(attempt: Attempt, request: FetchRequest, sink: AttemptSink<AttemptResult>, pool: EndpointPool): Cancel {
    const { clock } = this.#ports
    const sent = new FetchAttempt(attempt, sink, clock, this.#options.maxAnswerBytes, pool)
    try {
      if (request.isSecure && this.protocol !== 'https') throw notSecure(attempt)
      const head = fetchHead(attempt, request, pool.origin, clock.now())
      if (request.dispatch !== undefined) request.dispatch(head, sent)
      else {
        if (pool.servername !== undefined) head.servername = pool.servername
        pool.pool.dispatch(head, sent)
      }
    } catch (error) {
      sent.onResponseError(null, error as Error)
    }
    return this.#cancelOf(sent, pool)
  }

  /**
   * Where requests share a connection, one that timed out leaves it open; if no answer has come since it was sent, whoever
   * comes next must not be sent into the same hole (a half-open connection is noticed by nobody else for minutes).
   */
  #cancelOf(sent: HttpAttempt | FetchAttempt, pool: EndpointPool): Cancel {
    if (!pool.isMultiplexed) return (reason) => sent.cancel(reason)
    const { answers } = pool
    return (reason) => {
      sent.cancel(reason)
      if (reason === 'timeout' && pool.answers === answers) this.#retire(pool)
    }
  }

  /** Not used from here on; what is under way over it ends as it would. */
  #retire(pool: EndpointPool): void {
    if (pool.isClosed) return
    if (this.#pools.get(pool.origin) === pool) this.#pools.delete(pool.origin)
    this.#leaving.add(pool)
    pool.close(() => this.#leaving.delete(pool))
  }

  check(endpoint: Endpoint, probe: EndpointProbe, timeoutMs: number, told: (result: ProbeResult) => void): Disposable {
    if (probe.kind === 'tcp') return checkConnection(endpoint, timeoutMs, this.#ports.clock, told)
    told({ isHealthy: undefined, reason: `HTTP makes no ${probe.kind} checks` })
    return { [Symbol.dispose]: () => {} }
  }

  forget(endpoint: Endpoint): void {
    const known = this.#pools.get(originOf(endpoint))
    if (known === undefined || !known.users.delete(userOf(endpoint)) || known.users.size > 0) return
    this.#retire(known)
  }

  close(deadlineMs: number, done: () => void): void {
    this.#isClosed = true
    const { clock } = this.#ports
    const pools = [...this.#pools.values(), ...this.#leaving]
    this.#pools.clear()
    let open = pools.length
    if (open === 0) {
      done()
      return
    }
    const force = after(clock, deadlineMs - clock.now(), () => {
      for (const pool of pools) pool.destroy()
    })
    for (const pool of pools) {
      pool.close(() => {
        open -= 1
        if (open > 0) return
        force.cancel()
        done()
      })
    }
  }

  #poolFor(endpoint: Endpoint): EndpointPool {
    const origin = originOf(endpoint)
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      pool = new EndpointPool(origin, this.#options)
      this.#pools.set(origin, pool)
    }
    pool.users.add(userOf(endpoint))
    this.#poolOf.set(endpoint, pool)
    return pool
  }
}

const NOTHING: Cancel = () => {}

function notSecure({ service, endpoint }: Attempt): ConfigError {
  const problem = `the URL says https, and ${endpoint?.id} of ${service} speaks http`
  return new ConfigError('request', problem, { service, endpoint: endpoint?.id })
}
