import {
  type Answer,
  isConfigError,
  isSeakeepError,
  type Policy,
  type PolicyOptions,
  type Random,
  type Runtime,
} from '@seakeep/core'
import {
  type CallOutcome,
  type CallRequest,
  type Cancel,
  type Clock,
  Deadline,
  mix,
  promisedAnswer,
  requestScope,
} from '@seakeep/core/spi'
import type { AppContext, AppHandler } from '../scenario/app-handler.ts'
import { recallDistribution } from './distribution-field.ts'
import { FAILED, type Reply } from './exchange.ts'
import type { HandledRequest } from './handled-request.ts'
import { HandlerHold } from './handler-hold.ts'
import { Purpose } from './purpose.ts'
import { SimCall, startOptions } from './sim-call.ts'

/** A request that a service's real handler answers: the handler's promise is the work. */
export class AppRun implements AppContext {
  readonly #request: HandledRequest
  readonly #handler: AppHandler
  /** Calls and waits so far: each has a key of its own, in the order the handler asks for them. */
  #asked = 0
  #controller: AbortController | undefined
  /** Undefined where a worker is held to the end. */
  readonly #hold: HandlerHold | undefined
  /** How what is under way is ended, where it may have to be. */
  readonly #underWay: Set<() => void> | undefined

  constructor(request: HandledRequest, handler: AppHandler) {
    this.#request = request
    this.#handler = handler
    const { holdWorkerDuringCalls, onCancel } = request.instance
    this.#hold = holdWorkerDuringCalls ? undefined : new HandlerHold(request)
    this.#underWay = onCancel === 'abort' ? new Set() : undefined
  }

  start(): void {
    const delayMs = this.#request.workMs(0)
    if (delayMs > 0)
      this.#work(delayMs).then(
        () => this.#handle(),
        () => {},
      )
    else this.#handle()
  }

  /** It has a worker again. */
  onWorker(): void {
    this.#hold?.onWorker()
  }

  /** The caller has given up: the handler's signal is aborted, its work and its calls end with an error. */
  abort(): void {
    const { instance } = this.#request
    this.#controller ??= new AbortController()
    const controller = this.#controller
    instance.world.ambience.run(instance, () => controller.abort())
    for (const end of [...(this.#underWay ?? [])]) end()
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
    const sampleMs = recallDistribution(duration, 'work').sampleMs(this.#nextKey())
    return this.#work(this.#request.workMs(sampleMs))
  }

  // ---- steps ----

  #handle(): void {
    const { call, deadlineMs, number, priority } = this.#request.exchange
    let answer: unknown
    try {
      const { instance } = this.#request
      const request = { method: call.method, body: call.body }
      // As the server side of production does it.
      answer = requestScope.run({ deadlineMs, attempt: number, priority }, () =>
        instance.world.ambience.run(instance, () => this.#handler(request, this)),
      )
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
    const edge = promisedAnswer(service, inherited.key, undefined)
    const underWay = this.#underWay
    if (underWay !== undefined) {
      // Ended with the request, it fails quietly, if the handler no longer looks at it.
      edge.promise.catch(() => {})
      if (this.#controller?.signal.aborted === true) {
        edge.reject(this.signal.reason)
        return edge.promise
      }
    }
    let cancel: Cancel | undefined
    let isOver = false
    const onCallEnd = (_call: SimCall, outcome: CallOutcome): void => {
      isOver = true
      if (cancel !== undefined) underWay?.delete(cancel)
      if (this.#hold === undefined) edge.settle(outcome)
      else this.#hold.callEnded(() => edge.settle(outcome))
    }
    const { method, body } = request
    const { world, host } = instance
    const stats = host.edgeTo(service, world.recorder)
    const call = new SimCall(world, host, stats, method, inherited, { onCallEnd }, undefined, body)
    call.headers = request.headers
    this.#hold?.callBegan()
    cancel = instance.life.runtime.start(service, call, startOptions(inherited), call)
    if (!isOver) underWay?.add(cancel)
    return edge.promise
  }

  #work(ms: number): Promise<void> {
    const { instance } = this.#request
    return this.#endable((resolve, reject, ended) => {
      let cancel = (): void => {}
      const begin = (): void => {
        const onTimer = (): void => {
          ended()
          this.#hold?.workEnded()
          resolve()
        }
        const timer = instance.work(ms, { onTimer })
        cancel = () => timer.cancel()
      }
      if (this.#hold === undefined) begin()
      else this.#hold.workBegan(begin)
      return () => {
        cancel()
        reject(this.signal.reason)
      }
    })
  }

  /**
   * A promise for what `start` begins and says how to end. Where the service aborts, it is ended with the request, and
   * fails: quietly, if the handler no longer looks at it.
   */
  #endable<T>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void, ended: () => void) => Cancel,
  ): Promise<T> {
    const underWay = this.#underWay
    if (underWay === undefined) return new Promise((resolve, reject) => void start(resolve, reject, () => {}))
    const promise = new Promise<T>((resolve, reject) => {
      if (this.#controller?.signal.aborted === true) return reject(this.signal.reason)
      let isOver = false
      const end = (): void => cancel()
      const ended = (): void => {
        isOver = true
        underWay.delete(end)
      }
      const cancel = start(resolve, reject, ended)
      if (!isOver) underWay.add(end)
    })
    promise.catch(() => {})
    return promise
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
