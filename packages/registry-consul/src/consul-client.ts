/**
 * Questions to one Consul agent: token, datacenter, timeouts on the clock, statuses as errors. It asks once; who wants
 * an answer in spite of an error asks again.
 */
import type { Buffer } from 'node:buffer'
import { type AdapterPorts, after, asError, type Timer } from '@seakeep/core/spi'
import type { Connections, HttpAnswer, HttpSink } from './connections.ts'
import { ConsulError, NoAnswerError, RegistryAnswerError } from './consul-errors.ts'
import type { ResolvedConsulOptions } from './consul-options.ts'
import { later } from './later.ts'
import type { Question, Throttle } from './throttle.ts'

export interface ConsulQuestion {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** Below `/v1`, query included. */
  readonly path: string
  readonly body?: string
  /** Of one that blocks, which a process is not kept alive for. Default: the option `timeout`, and it is. */
  readonly timeoutMs?: number
  /** Where the datacenter is the agent's own, whatever the options say: what concerns the agent itself. */
  readonly isLocal?: boolean
}

/** 2xx, or 404, which is an answer to most questions. */
export interface ConsulAnswer {
  readonly status: number
  readonly body: Buffer
  /** `X-Consul-Index`. */
  readonly index: string | undefined
  /** False where the server that answered knows of no leader. */
  readonly knowsLeader: boolean
}

export type ConsulResult = ConsulAnswer | Error

export class ConsulClient {
  readonly #connections: Connections
  readonly #options: ResolvedConsulOptions
  readonly #ports: AdapterPorts
  readonly #throttle: Throttle

  constructor(connections: Connections, options: ResolvedConsulOptions, ports: AdapterPorts, throttle: Throttle) {
    this.#connections = connections
    this.#options = options
    this.#ports = ports
    this.#throttle = throttle
  }

  /** `done` is told once, unless it was called off by what this returns. */
  ask(question: ConsulQuestion, done: (result: ConsulResult) => void): () => void {
    let token: string
    try {
      token = this.#options.token()
    } catch (thrown) {
      return this.#refuse(asError(thrown), done)
    }
    const { method, path, body } = question
    const { maxAnswerBytes: maxBytes } = this.#options
    const exchange = new Exchange(question, maxBytes, this.#throttle, done)
    const headers = token === '' ? {} : { 'x-consul-token': token }
    const request = { method, path: this.#pathOf(path, question.isLocal), headers, maxBytes }
    const cancel = this.#connections.send(body === undefined ? request : { ...request, body }, exchange)
    exchange.begin(cancel, this.#limit(exchange, question.timeoutMs))
    return () => exchange.cancel()
  }

  close(isHasty: boolean): void {
    this.#connections.close(isHasty)
  }

  /**
   * A timer that fires late was held up by a busy process, and the answer may lie there unread: it is given the time to
   * be read before it counts as missing.
   */
  #limit(exchange: Exchange, blockingMs: number | undefined): Timer {
    const { clock } = this.#ports
    const timeoutMs = blockingMs ?? this.#options.timeoutMs
    const dueMs = clock.now() + timeoutMs
    const arm = blockingMs === undefined ? after : later
    return arm(clock, timeoutMs, () => {
      if (clock.now() - dueMs < LATE_MS) exchange.onTimeout(timeoutMs)
      else exchange.postpone(later(clock, READING_MS, () => exchange.onTimeout(timeoutMs)))
    })
  }

  #pathOf(path: string, isLocal = false): string {
    const { datacenter } = this.#options
    if (datacenter === undefined || isLocal) return `/v1${path}`
    return `/v1${path}${path.includes('?') ? '&' : '?'}dc=${encodeURIComponent(datacenter)}`
  }

  #refuse(error: Error, done: (result: ConsulResult) => void): () => void {
    const timer = later(this.#ports.clock, 0, () => done(error))
    return () => timer.cancel()
  }
}

const LATE_MS = 20
const READING_MS = 100

class Exchange implements HttpSink {
  readonly #question: ConsulQuestion
  readonly #maxBytes: number
  readonly #throttle: Throttle
  readonly #done: (result: ConsulResult) => void
  readonly #asked: Question
  #cancel: (() => void) | undefined = undefined
  #timer: Timer | undefined = undefined
  #isOver = false

  constructor(question: ConsulQuestion, maxBytes: number, throttle: Throttle, done: (result: ConsulResult) => void) {
    this.#question = question
    this.#maxBytes = maxBytes
    this.#throttle = throttle
    this.#done = done
    this.#asked = throttle.begin()
  }

  begin(cancel: () => void, timer: Timer): void {
    this.#cancel = cancel
    this.#timer = timer
    if (this.#isOver) this.#end()
  }

  postpone(timer: Timer): void {
    this.#timer = timer
  }

  cancel(): void {
    if (this.#isOver) return
    this.#end()
    this.#cancel?.()
  }

  onTimeout(timeoutMs: number): void {
    if (this.#isOver) return
    this.cancel()
    this.#done(new NoAnswerError(this.#what, timeoutMs))
  }

  // ---- HttpSink ----

  answer({ status, headers, body }: HttpAnswer): void {
    if (this.#isOver) return
    this.#end()
    if ((status >= 200 && status < 300) || status === 404) {
      const index = headerOf(headers, 'x-consul-index')
      this.#done({ status, body, index, knowsLeader: headerOf(headers, 'x-consul-knownleader') !== 'false' })
      return
    }
    const error = new ConsulError(this.#what, status, body.subarray(0, 300).toString('utf8').trim())
    this.#throttle.onStatus(status, error)
    this.#done(error)
  }

  tooLarge(): void {
    if (this.#isOver) return
    this.#end()
    const problem = `the answer to ${this.#what} is larger than ${this.#maxBytes} bytes (maxAnswerBytes of consul())`
    this.#done(new RegistryAnswerError('', problem))
  }

  error(error: Error, isReset: boolean): void {
    if (this.#isOver) return
    this.#end()
    if (isReset) this.#throttle.onReset(this.#asked, error)
    this.#done(error)
  }

  #end(): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#throttle.end(this.#asked)
  }

  get #what(): string {
    return `${this.#question.method} /v1${this.#question.path.replace(/\?.*/, '')}`
  }
}

function headerOf(headers: HttpAnswer['headers'], name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'object' ? value[0] : value
}
