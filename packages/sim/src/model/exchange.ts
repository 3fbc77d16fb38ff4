import type { Attempt, AttemptResult, AttemptSink, CancelReason, TimerTask } from '@seakeep/core/spi'
import type { AttemptSpan } from '../recording/call-span.ts'
import type { AttemptStory } from '../recording/call-story.ts'
import { endingNumber, Fact } from '../recording/facts.ts'
import { Purpose } from './purpose.ts'
import type { SimCall } from './sim-call.ts'
import type { VirtualHost } from './virtual-host.ts'

const ON_ITS_WAY = 0
const AT_SERVER = 1
const COMING_BACK = 2
const OVER = 3

/** What the server answers. */
export type Reply = {
  readonly ending: 'ok' | 'error' | 'refused' | 'unreachable'
  readonly status: number
  readonly body?: unknown
  readonly error?: unknown
}

/** Answers without a body are all alike. */
export const OK: Reply = { ending: 'ok', status: 200 }
export const FAILED: Reply = { ending: 'error', status: 500 }
export const REFUSED: Reply = { ending: 'refused', status: 503 }

/** Who is at the other end. */
export interface Receiver {
  readonly name: string
  readonly entity: number
  readonly host: VirtualHost
  /** True where it wants to be told of callers who give up. */
  readonly hearsOfCancels: boolean
  /** Leaves, and wants no more. */
  readonly isDraining: boolean
  receive(exchange: Exchange): void
}

/** A request that is being served, as far as its caller's giving up concerns it. */
export interface Served {
  callOff(): void
}

/**
 * One attempt on the simulated wire, as its caller sees it: there, at the server, back. Whoever gives up leaves the
 * server's half to itself: what was sent is worked on all the same, unless the server wants to be told.
 */
export class Exchange implements TimerTask {
  readonly call: SimCall
  readonly key: number
  readonly number: number
  readonly deadlineMs: number
  readonly priority: string | undefined
  readonly instance: Receiver
  /** Undefined unless stories are kept. */
  readonly story: AttemptStory | undefined
  /** What it has become at a server that hears of cancels. */
  served: Served | undefined = undefined
  /** Where a run is recorded in detail: what is written down of it. */
  span: AttemptSpan | undefined = undefined
  /** The caller's giving up has overtaken it. */
  isCalledOff = false
  readonly #caller: VirtualHost
  readonly #callerEpoch: number
  readonly #sink: AttemptSink<AttemptResult>
  #place = ON_ITS_WAY
  #isAwaited = true
  #reply: Reply = OK

  constructor(call: SimCall, attempt: Attempt, instance: Receiver, sink: AttemptSink<AttemptResult>) {
    this.call = call
    this.key = attempt.key
    this.number = attempt.number
    this.deadlineMs = attempt.deadlineMs
    this.priority = attempt.priority
    this.instance = instance
    this.#caller = call.host
    this.#callerEpoch = call.host.epoch
    this.#sink = sink
    this.story = call.story?.attempt(attempt.number, instance.name, call.world.kernel.nowUs)
  }

  /** Somebody still waits for the answer. */
  get isAwaited(): boolean {
    return this.#isAwaited
  }

  send(): void {
    const { call, instance } = this
    call.onSend()
    call.world.recorder.witness?.onSent(call, this.number, instance)
    this.span = call.span?.send(this.number, instance.name, call.world.kernel.nowUs)
    call.world.recorder.facts.add(call.record.hash, Fact.sent, instance.entity, this.key, 0)
    call.world.network.send(call.host.caller, call.service, this.key, Purpose.out, this)
  }

  /** The caller has given up. */
  cancel(reason: CancelReason | undefined): void {
    if (this.#place === OVER || !this.#isAwaited) return
    this.#isAwaited = false
    const { call, instance } = this
    const ending = reason === 'timeout' ? 'timeout' : 'cancelled'
    call.onAttemptEnd(ending)
    this.span?.end(call.world.kernel.nowUs, ending)
    this.story?.end(ending, call.world.kernel.nowUs)
    if (!instance.hearsOfCancels) return
    call.world.network.send(call.host.caller, call.service, this.key, Purpose.cancel, new CancelPacket(this))
  }

  /** The server hears that its caller has given up, perhaps before it has the request itself. */
  onCancelArrived(): void {
    const { host } = this.instance
    if (host.isAsync) host.kernel.mark()
    if (this.#place === ON_ITS_WAY) this.isCalledOff = true
    else this.served?.callOff()
  }

  /** The server answers: the reply sets out, unless nobody waits for it. */
  answer(reply: Reply): void {
    this.story?.answered(reply.ending, this.call.world.kernel.nowUs)
    if (!this.#isAwaited) {
      this.#place = OVER
      return
    }
    this.#place = COMING_BACK
    this.#reply = reply
    this.call.world.network.send(this.call.service, this.call.host.caller, this.key, Purpose.back, this)
  }

  /** The server has crashed under it: a reset sets out. */
  reset(): void {
    if (this.#place === ON_ITS_WAY || this.#place === AT_SERVER) {
      this.answer({ ending: 'error', status: 502, error: RESET })
    }
  }

  /** The host that it had reached while it stood still is gone: the server's, or its own caller's. */
  onCrash(): void {
    this.reset()
  }

  onTimer(): void {
    if (this.#place === ON_ITS_WAY) return this.#arrive()
    if (this.#place === COMING_BACK) this.#comeBack()
  }

  #arrive(): void {
    const { host } = this.instance
    if (!host.isUp) {
      this.#place = COMING_BACK
      this.#reply = UNREACHABLE
      if (this.#isAwaited) host.kernel.after(this.call.world.network.delayUs(this.key), this)
      return
    }
    if (host.isPaused) return host.hold(this)
    this.#place = AT_SERVER
    this.story?.arrived(host.kernel.nowUs)
    if (host.isAsync) host.kernel.mark()
    this.instance.receive(this)
  }

  #comeBack(): void {
    const caller = this.#caller
    if (caller.epoch !== this.#callerEpoch || !this.#isAwaited) {
      this.#place = OVER
      return
    }
    if (caller.isPaused) return caller.hold(this)
    this.#place = OVER
    this.#isAwaited = false
    if (caller.isAsync) caller.kernel.mark()
    this.#settle()
  }

  #settle(): void {
    const { call } = this
    const { ending, status, body, error } = this.#reply
    call.onAttemptEnd(ending)
    this.span?.end(call.world.kernel.nowUs, ending)
    this.story?.end(ending, call.world.kernel.nowUs)
    const number = endingNumber(ending)
    call.world.recorder.facts.add(call.record.hash, Fact.settled, this.instance.entity, this.key, number)
    this.#sink.settle({
      ending,
      value: ending === 'unreachable' || error !== undefined ? undefined : { status, headers: NO_HEADERS, body },
      error,
      status: ending === 'unreachable' || error === RESET ? undefined : status,
      retryAfterMs: undefined,
    })
  }
}

/** A caller's giving up, on its way. */
class CancelPacket implements TimerTask {
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  onTimer(): void {
    const { host } = this.#exchange.instance
    if (!host.isUp) return
    if (host.isPaused) host.hold(this)
    else this.#exchange.onCancelArrived()
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})
/** What becomes of a connection to a host that is not up. */
export const NOBODY_LISTENS: Error = new Error('connection refused')
const UNREACHABLE: Reply = { ending: 'unreachable', status: 0, error: NOBODY_LISTENS }
const RESET = new Error('connection reset')
