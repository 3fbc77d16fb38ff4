import type { AdmissionSink, Admitted, CallOutcome, Timer, TimerTask } from '@seakeep/core/spi'
import { mix, uniform } from '@seakeep/core/spi'
import { Fact } from '../recording/facts.ts'
import type { ResolvedOperation, ResolvedStep } from '../scenario/resolved-scenario.ts'
import { AppRun, type HandledRequest } from './app-run.ts'
import { type Exchange, FAILED, OK, REFUSED, type Reply } from './exchange.ts'
import { Purpose } from './purpose.ts'
import { strikes } from './server-faults.ts'
import { type CallOwner, type Inherited, SimCall, startOptions } from './sim-call.ts'
import type { Job, Workplace } from './workplace.ts'

const WAITING = 0
const WORKING = 1
const FAILING = 2
const OVER = 3

/**
 * One request at its server: waits for a worker, goes through its operation's steps, answers. A list of parallel steps
 * is begun together and has ended when all have; the first failure among them then fails the request.
 */
export class ServerRequest implements Job, HandledRequest, TimerTask, CallOwner, AdmissionSink {
  readonly instance: Workplace
  readonly exchange: Exchange
  readonly key: number
  readonly arrivedUs: number
  begunUs = -1
  /** Its place in the inbound admission, where there is one. */
  place: Admitted | undefined = undefined
  readonly #epoch: number
  readonly #operation: ResolvedOperation | undefined
  #state = WAITING
  #timer: Timer | undefined = undefined
  #step = 0
  /** Parallel steps that are under way. */
  #branches = 0
  #hasFailed = false
  /** What faults do to its work: drawn once a request. */
  #addMs = 0
  #factor = 1
  #toMs = -1

  constructor(instance: Workplace, exchange: Exchange) {
    this.instance = instance
    this.exchange = exchange
    this.key = exchange.key
    this.arrivedUs = instance.world.kernel.nowUs
    this.#epoch = instance.host.epoch
    this.#operation = instance.operation(exchange.call.method)
  }

  get isOver(): boolean {
    return this.#state === OVER
  }

  // ---- AdmissionSink: the inbound policy ----

  admit(): void {
    this.instance.onAdmitted(this)
  }

  // ---- in the line ----

  refuse(): void {
    this.#leave('refused')
    this.instance.fact(Fact.refused, this, 0)
    this.exchange.answer(REFUSED)
  }

  waitAtMost(queueTimeoutMs: number): void {
    const { clock } = this.instance.host
    this.#timer = clock.schedule(clock.now() + queueTimeoutMs, this)
  }

  /** An `error` fault answers, without a worker. */
  failAfter(afterMs: number): void {
    this.#state = FAILING
    if (afterMs === 0) return this.#fail()
    const { clock } = this.instance.host
    this.#timer = clock.schedule(clock.now() + afterMs, this)
  }

  // ---- at work ----

  /** A worker has taken it. */
  begin(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const { instance } = this
    this.#state = WORKING
    this.begunUs = instance.world.kernel.nowUs
    instance.stats.begin(this.begunUs, this.arrivedUs)
    instance.fact(Fact.begun, this, 0)
    if (instance.faults.size > 0) this.#meetFaults()
    const { app } = instance.service
    if (app !== undefined) return new AppRun(this, app).start()
    if ((this.#addMs > 0 || this.#toMs > 0) && !this.#hasWork()) {
      // A slow fault holds the worker of a service without work of its own, too: as a step before the first.
      this.#step = -1
      this.#branches = 1
      return this.#hold(this.workMs(0))
    }
    this.#goOn()
  }

  onTimer(): void {
    this.#timer = undefined
    if (this.#state === WAITING) {
      this.instance.leaveLine(this)
      return this.refuse()
    }
    if (this.#state === FAILING) return this.#fail()
    if (this.#state === WORKING) this.#stepEnded()
  }

  onCallEnd(call: SimCall, outcome: CallOutcome): void {
    if (outcome.ending !== 'ok' && !call.isOptional) this.#hasFailed = true
    this.#stepEnded()
  }

  /** Answers, and gives the worker back. */
  finish(reply: Reply): void {
    this.#leave(reply.ending === 'ok' ? 'completed' : 'errors')
    this.instance.fact(Fact.answered, this, reply.ending === 'ok' ? 1 : 2)
    this.exchange.answer(reply)
    this.instance.onWorkerFree()
  }

  /** Is it still the life it began in? */
  get isAlive(): boolean {
    return this.#epoch === this.instance.host.epoch && this.#state !== OVER
  }

  /** What a call made while handling this request inherits; `key` names the place it is made at. */
  inherit(key: number): Inherited {
    const { call, deadlineMs, number } = this.exchange
    return { key, judgeUs: call.judgeUs, deadlineMs, depth: call.depth + 1, maxDepth: call.maxDepth, attempt: number }
  }

  // ---- steps ----

  #goOn(): void {
    const steps = this.#operation?.steps ?? []
    while (this.#state === WORKING) {
      const step = steps[this.#step]
      if (step === undefined || this.#hasFailed) return this.#end()
      this.#branches = 1
      if (step.kind === 'parallel') {
        this.#branches += step.steps.length
        this.#fork(step.steps, this.#stepKey())
      } else {
        this.#branches += 1
        this.#run(step, this.#stepKey())
      }
      // Steps that ended at once are done; where one is under way, its end goes on from here.
      this.#branches -= 1
      if (this.#branches > 0) return
      this.#step += 1
    }
  }

  /** A step, or one of several in parallel, has ended. */
  #stepEnded(): void {
    if (!this.isAlive) return
    this.#branches -= 1
    if (this.#branches > 0) return
    this.#step += 1
    this.#goOn()
  }

  #run(step: ResolvedStep, key: number): void {
    if (step.kind === 'work') return this.#hold(this.workMs(step.work.sampleMs(key)))
    if (step.kind === 'call') return this.#call(step, key)
    // A list within a parallel list: its members join the others.
    this.#branches += step.steps.length - 1
    this.#fork(step.steps, key)
  }

  #fork(steps: readonly ResolvedStep[], key: number): void {
    for (let i = 0; i < steps.length; i++) this.#run(steps[i] as ResolvedStep, mix(key, i + 1))
  }

  /** How long work of `sampleMs` takes under the faults this request has met. What they add is added once. */
  workMs(sampleMs: number): number {
    if (this.#toMs >= 0) {
      const toMs = this.#toMs
      this.#toMs = 0
      return toMs
    }
    const workMs = sampleMs * this.#factor + this.#addMs
    this.#addMs = 0
    return workMs
  }

  #hold(ms: number): void {
    if (ms <= 0) {
      this.#branches -= 1
      return
    }
    const { clock } = this.instance.host
    this.#timer = clock.schedule(clock.now() + ms, this)
  }

  #call(step: ResolvedStep & { readonly kind: 'call' }, key: number): void {
    const { depth, maxDepth } = this.exchange.call
    const isDrawn = step.probability >= 1 || uniform(mix(key, Purpose.target), 0) < step.probability
    if (!isDrawn || depth >= maxDepth) {
      this.#branches -= 1
      return
    }
    const { world, host, life } = this.instance
    const inherited = this.inherit(key)
    const call = new SimCall(world, host, step.service, step.method, inherited, this)
    call.isOptional = step.optional
    life.runtime.start(step.service, call, startOptions(inherited), call)
  }

  #stepKey(): number {
    return mix(this.key, Purpose.step + this.#step)
  }

  #end(): void {
    const errorRate = this.#operation?.errorRate ?? 0
    const isBroken = errorRate > 0 && uniform(mix(this.key, Purpose.failure), 0) < errorRate
    this.finish(this.#hasFailed || isBroken ? FAILED : OK)
  }

  #fail(): void {
    this.#leave('errors')
    this.instance.fact(Fact.answered, this, 2)
    this.exchange.answer(FAILED)
  }

  #leave(how: 'completed' | 'errors' | 'refused'): void {
    this.#state = OVER
    this.#timer?.cancel()
    this.#timer = undefined
    const { instance } = this
    instance.onLeft(this)
    instance.stats.leave(instance.world.kernel.nowUs, this.arrivedUs, this.begunUs, how)
    this.place?.leave()
  }

  // ---- faults ----

  #meetFaults(): void {
    for (const fault of this.instance.faults) {
      const { change } = fault
      if (change.kind === 'error' || !strikes(fault, this.key)) continue
      fault.touch(this.instance.name)
      if (change.kind === 'add') this.#addMs += change.addMs
      else if (change.kind === 'factor') this.#factor *= change.factor
      else this.#toMs = change.toMs
    }
  }

  #hasWork(): boolean {
    return this.#operation?.steps.some((step) => step.kind === 'work') === true
  }
}
