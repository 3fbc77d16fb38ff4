import { type Attempt, type AttemptResult, type AttemptSink, type CancelReason, mix } from '@seakeep/core/spi'
import type { AttemptStory } from '../recording/call-story.ts'
import { endingNumber, Fact } from '../recording/facts.ts'
import type { ResolvedOperation } from '../scenario/resolved-scenario.ts'
import type { Packet } from './network.ts'
import { Purpose } from './purpose.ts'
import type { Traits } from './server-faults.ts'
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
  readonly retryAfterMs?: number | undefined
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
  /** What it does with a method, which says how long the messages are. */
  operation(method: string | undefined): ResolvedOperation | undefined
}

/** A request that is being served, as far as its caller's giving up concerns it. */
export interface Served {
  callOff(): void
}

/**
 * One attempt on the simulated wire, as its caller sees it: there, at the server, back. Whoever gives up leaves the
 * server's half to itself: what was sent is worked on all the same, unless the server wants to be told.
 *
 * A message that is lost leaves it where it is, until its caller gives up. A request that arrives twice is served twice, each
 * time under a key of its own, and the first answer counts; the copy is an exchange of which nobody knows but the first one.
 */
export class Exchange implements Packet {
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
  /** The caller's giving up has overtaken it. */
  isCalledOff = false
  readonly #caller: VirtualHost
  readonly #callerEpoch: number
  readonly #sink: AttemptSink<AttemptResult>
  #place = ON_ITS_WAY
  #isAwaited = true
  #reply: Reply = OK
  #copy: Exchange | undefined = undefined
  /** Of a copy: what it was copied from. */
  readonly #original: Exchange | undefined

  constructor(
    call: SimCall,
    attempt: Pick<Attempt, 'key' | 'number' | 'deadlineMs' | 'priority'>,
    instance: Receiver,
    sink: AttemptSink<AttemptResult>,
    original?: Exchange,
  ) {
    this.call = call
    this.key = attempt.key
    this.number = attempt.number
    this.deadlineMs = call.world.canDrift ? travelled(attempt.deadlineMs, call.host, instance.host) : attempt.deadlineMs
    this.priority = attempt.priority
    this.instance = instance
    this.#caller = call.host
    this.#callerEpoch = call.host.epoch
    this.#sink = sink
    this.#original = original
    this.story =
      original !== undefined ? undefined : call.story?.attempt(attempt.number, instance.name, call.world.kernel.nowUs)
  }

  /** What faults for some requests only look at. */
  get traits(): Traits {
    const { dataKey, host, method } = this.call
    return { dataKey, caller: host.caller, method, priority: this.priority }
  }

  /** Somebody still waits for the answer. */
  get isAwaited(): boolean {
    return (this.#original ?? this).#isAwaited
  }

  send(): void {
    const { call, instance } = this
    call.onSend()
    call.world.recorder.witness?.onSent(call, this.number, instance)
    call.world.recorder.facts.add(call.edge.facts, Fact.sent, instance.entity, this.key, 0)
    call.world.network.send(call.host, instance.host, this.key, Purpose.out, this)
  }

  /** The caller has given up. */
  cancel(reason: CancelReason | undefined): void {
    if (this.#place === OVER || !this.#isAwaited) return
    this.#isAwaited = false
    const { call, instance } = this
    const ending = reason === 'timeout' ? 'timeout' : 'cancelled'
    call.onAttemptEnd(ending)
    this.story?.end(ending, call.world.kernel.nowUs)
    if (!instance.hearsOfCancels) return
    call.world.network.send(call.host, instance.host, this.key, Purpose.cancel, new CancelPacket(this))
  }

  /** The server hears that its caller has given up, perhaps before it has the request itself. */
  onCancelArrived(): void {
    const { host } = this.instance
    if (host.isAsync) host.kernel.mark()
    this.#callOff()
    const copy = this.#copy
    if (copy !== undefined) copy.#callOff()
  }

  /** The server answers: the reply sets out, unless nobody waits for it. */
  answer(reply: Reply): void {
    this.story?.answered(reply.ending, this.call.world.kernel.nowUs)
    if (!this.isAwaited) {
      this.#place = OVER
      return
    }
    this.#place = COMING_BACK
    this.#reply = reply
    this.call.world.network.send(this.instance.host, this.call.host, this.key, Purpose.back, this)
  }

  /** The server has crashed under it: a reset sets out. */
  reset(): void {
    if (this.#place === ON_ITS_WAY || this.#place === AT_SERVER) {
      this.answer(RESET_REPLY)
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

  // ---- Packet ----

  onLost(by: string | undefined): void {
    this.#mishap('lost', by)
  }

  onReset(by: string, delayUs: number): void {
    this.#mishap('reset', by)
    this.#place = COMING_BACK
    this.#reply = RESET_REPLY
    this.call.world.kernel.after(delayUs, this)
  }

  copy(): Exchange {
    const key = mix(this.key, Purpose.copy)
    const { number, deadlineMs, priority } = this
    this.#copy = new Exchange(this.call, { key, number, deadlineMs, priority }, this.instance, this.#sink, this)
    return this.#copy
  }

  /** Refusals and errors are short. */
  bytes(purpose: number): number {
    const { call, instance } = this
    const operation = instance.operation(call.method)
    if (purpose === Purpose.out) return call.sizes?.requestBytes ?? operation?.requestBytes ?? 0
    return this.#reply.ending === 'ok' ? (call.sizes?.responseBytes ?? operation?.responseBytes ?? 0) : 0
  }

  #mishap(how: 'lost' | 'reset', by: string | undefined): void {
    const { call, instance, story } = this
    const what = this.#place === COMING_BACK ? 'answer' : 'request'
    const outcome = (what === 'request' ? 1 : 2) + (how === 'lost' ? 0 : 2)
    call.world.recorder.facts.add(call.edge.facts, Fact.lost, instance.entity, this.key, outcome)
    if (story !== undefined) story.mishap = { what, how, by, atUs: call.world.kernel.nowUs }
  }

  #arrive(): void {
    const { host } = this.instance
    if (!host.isUp) {
      this.#place = COMING_BACK
      this.#reply = UNREACHABLE
      if (this.isAwaited) this.call.world.network.send(host, this.call.host, this.key, Purpose.reset, this)
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
    if (caller.epoch !== this.#callerEpoch || !this.isAwaited) {
      this.#place = OVER
      return
    }
    if (caller.isPaused) return caller.hold(this)
    this.#place = OVER
    const first = this.#original ?? this
    first.#isAwaited = false
    if (caller.isAsync) caller.kernel.mark()
    first.#settle(this.#reply)
  }

  #callOff(): void {
    if (this.#place === ON_ITS_WAY) this.isCalledOff = true
    else this.served?.callOff()
  }

  #settle({ ending, status, body, error, retryAfterMs }: Reply): void {
    const { call } = this
    call.onAttemptEnd(ending)
    this.story?.end(ending, call.world.kernel.nowUs)
    const number = endingNumber(ending)
    call.world.recorder.facts.add(call.edge.facts, Fact.settled, this.instance.entity, this.key, number)
    this.#sink.settle({
      ending,
      value: ending === 'unreachable' || error !== undefined ? undefined : { status, headers: NO_HEADERS, body },
      error,
      status: ending === 'unreachable' || error === RESET ? undefined : status,
      retryAfterMs,
    })
  }
}

/** A deadline as the server's clock has it: what travels is how long is left. */
function travelled(deadlineMs: number, from: VirtualHost, to: VirtualHost): number {
  return to.clock.readingAt(from.clock.instantOf(deadlineMs))
}

/** A caller's giving up, on its way. */
class CancelPacket implements Packet {
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
const RESET_REPLY: Reply = { ending: 'error', status: 502, error: RESET }
