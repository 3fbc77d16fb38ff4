import {
  type Answer,
  isConfigError,
  isSeakeepError,
  type Policy,
  type PolicyOptions,
  type Random,
  type Runtime,
} from '@seakeep/core'
import { type CallOutcome, type CallRequest, type Clock, Deadline, mix, PromisedAnswer } from '@seakeep/core/spi'
import type { AppContext, AppHandler } from '../scenario/app-handler.ts'
import { resolveDistribution } from './distribution-field.ts'
import { type Exchange, FAILED, type Reply } from './exchange.ts'
import { Purpose } from './purpose.ts'
import { type CallOwner, type Inherited, SimCall, startOptions } from './sim-call.ts'
import type { Workplace } from './workplace.ts'

/** A request as its handler's run sees it. */
export interface HandledRequest {
  readonly key: number
  readonly instance: Workplace
  readonly exchange: Exchange
  /** False once its instance has crashed or it has been answered. */
  readonly isAlive: boolean
  inherit(key: number): Inherited
  /** How long work of `sampleMs` takes under the faults it has met. */
  workMs(sampleMs: number): number
  finish(reply: Reply): void
}

/** A request that a service's real handler answers: the handler's promise is the work. */
export class AppRun implements AppContext {
  readonly #request: HandledRequest
  readonly #handler: AppHandler
  /** Calls and waits so far: each has a key of its own, in the order the handler asks for them. */
  #asked = 0
  #controller: AbortController | undefined

  constructor(request: HandledRequest, handler: AppHandler) {
    this.#request = request
    this.#handler = handler
  }

  start(): void {
    const delayMs = this.#request.workMs(0)
    if (delayMs > 0) void this.#wait(delayMs).then(() => this.#handle())
    else this.#handle()
  }

  // ---- AppContext ----

  get clock(): Clock {
    return this.#request.instance.host.clock
  }
  get runtime(): Runtime {
    return this.#request.instance.life.runtime
  }
  get random(): Random {
    return this.#request.instance.life.random
  }
  get deadline(): Deadline {
    return new Deadline(this.clock, this.#request.exchange.deadlineMs)
  }
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  readonly client = (service: string): { call(request: CallRequest): Promise<Answer> } => {
    this.#request.instance.world.requireService(service)
    return { call: (request) => this.#call(service, request) }
  }

  readonly policy = (options: PolicyOptions): Policy => this.runtime.policy(options)

  readonly work = (duration: unknown): Promise<void> => {
    const sampleMs = resolveDistribution(duration, 'work').sampleMs(this.#nextKey())
    return this.#wait(this.#request.workMs(sampleMs))
  }

  // ---- steps ----

  #handle(): void {
    const { call } = this.#request.exchange
    let answer: unknown
    try {
      const { instance } = this.#request
      const request = { method: call.method, body: call.body }
      answer = instance.world.ambience.run(instance, () => this.#handler(request, this))
    } catch (error) {
      return this.#failed(error)
    }
    Promise.resolve(answer).then(
      (value) => this.#finish(replyOf(value)),
      (error: unknown) => this.#failed(error),
    )
  }

  #call(service: string, request: CallRequest): Promise<Answer> {
    const { instance, exchange } = this.#request
    const inherited = this.#request.inherit(this.#nextKey())
    // As a declared step: too deep a call is not made and counts as success.
    if (exchange.call.depth >= exchange.call.maxDepth) return Promise.resolve(NOT_MADE)
    const edge = new PromisedAnswer(service, inherited.key, undefined)
    const owner: CallOwner = { onCallEnd: (_call: SimCall, outcome: CallOutcome) => edge.settle(outcome) }
    const { method, body } = request
    const call = new SimCall(instance.world, instance.host, service, method, inherited, owner, undefined, body)
    instance.life.runtime.start(service, call, startOptions(inherited), call)
    return edge.promise
  }

  #wait(ms: number): Promise<void> {
    const { clock } = this
    return new Promise((resolve) => {
      clock.schedule(clock.now() + ms, { onTimer: () => resolve() })
    })
  }

  #nextKey(): number {
    this.#asked += 1
    return mix(this.#request.key, Purpose.wait + this.#asked)
  }

  #finish(reply: Reply): void {
    if (this.#request.isAlive) this.#request.finish(reply)
  }

  /**
   * A failure of its calls, an error with a status or `fail()` is an answer. A name that is not there, or options that
   * cannot be used, are the scenario's fault, and anything else is a bug of the handler.
   */
  #failed(error: unknown): void {
    if (!this.#request.isAlive) return
    const { service, world } = this.#request.instance
    if (isConfigError(error)) world.kernel.fail(error)
    else if (isSeakeepError(error) || hasStatus(error) || service.onThrow === 'fail') this.#finish(FAILED)
    else world.kernel.fail(new HandlerError(service.name, error))
  }
}

const NOT_MADE: Answer = Object.freeze({ status: 200, headers: Object.freeze({}), body: undefined })

/** A handler threw what is no answer: the run stops. `cause` is what it threw. */
export class HandlerError extends Error {
  readonly service: string

  constructor(service: string, cause: unknown) {
    super(`the handler of ${service} threw: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'HandlerError'
    this.service = service
  }
}

function hasStatus(value: unknown): value is { readonly status: number; readonly body?: unknown } {
  return typeof value === 'object' && value !== null && typeof (value as { status?: unknown }).status === 'number'
}

/**
 * What a handler gave back: an answer with a `status` of its own (one it made, or that of a call it hands on) is taken as
 * it is; anything else is the body of a 200.
 */
function replyOf(value: unknown): Reply {
  if (!hasStatus(value)) return { ending: 'ok', status: 200, body: value }
  const { status, body } = value
  const ending = status === 503 || status === 429 ? 'refused' : status >= 500 ? 'error' : 'ok'
  return { ending, status, body }
}
