import type { AdmissionSink, Admitted, CallOutcome, Cancel, Timer, TimerTask } from '@seakeep/core/spi'
import { mix, uniform } from '@seakeep/core/spi'
import { Fact } from '../recording/facts.ts'
import type { ResolvedOperation, ResolvedStep } from '../scenario/resolved-scenario.ts'
import { AppRun } from './app-run.ts'
import { type Exchange, FAILED, OK, REFUSED, type Reply, type Served } from './exchange.ts'
import type { HandledRequest } from './handled-request.ts'
import { Purpose } from './purpose.ts'
import { strikes } from './server-faults.ts'
import { type CallOwner, type Inherited, SimCall, startOptions } from './sim-call.ts'
import type { Job, Workplace } from './workplace.ts'

const WAITING = 0
const WORKING = 1
const FAILING = 2
const OVER = 3
const NOTHING: Cancel = () => {}

/**
 * One request at its server: waits for a worker, goes through its operation's steps, answers. A list of parallel steps
 * is begun together and has ended when all have; the first failure among them then fails the request.
 *
 * Where its service lets workers go during calls, it has none while it waits for nothing but calls, and goes on when it
 * has been given one again.
 */
export class ServerRequest implements Job, HandledRequest, Served, TimerTask, CallOwner, AdmissionSink {
  readonly instance: Workplace
  readonly exchange: Exchange
  readonly key: number
  readonly arrivedUs: number
  begunUs = -1
  inLine: Job['inLine'] = undefined
  previous: Job | undefined = undefined
  next: Job | undefined = undefined
  joinedUs = 0
  hasWorker = false
  /** Its place in the inbound admission, where there is one. */
  place: Admitted | undefined = undefined
  readonly #epoch: number
  readonly #operation: ResolvedOperation | undefined
  #state = WAITING
  #timer: Timer | undefined = undefined
  #step = 0
  /** Parallel steps that are under way, and how many of them are work. */
  #branches = 0
  #works = 0
  /** Steps are being begun: what ends meanwhile says nothing of those that are still to come. */
  #isBeginning = false
  #hasFailed = false
  /** What faults do to its work: drawn once a request. */
  #addMs = 0
  #factor = 1
  #toMs = -1
  #app: AppRun | undefined = undefined
  /** The calls it has open, where they may have to be called off. */
  #calls: Map<SimCall, Cancel> | undefined = undefined

  constructor(instance: Workplace, exchange: Exchange) {
    this.instance = instance
    this.exchange = exchange
    this.key = exchange.key
    this.arrivedUs = instance.world.kernel.nowUs
    if (exchange.span !== undefined) exchange.span.arrivedUs = this.arrivedUs
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
    this.hasWorker = true
    if (this.begunUs >= 0) return this.#app === undefined ? this.#goOn() : this.#app.onWorker()
    this.#timer?.cancel()
    this.#timer = undefined
    const { instance } = this
    this.#state = WORKING
    this.begunUs = instance.world.kernel.nowUs
    instance.stats.begin(this.begunUs, this.arrivedUs)
    if (this.exchange.span !== undefined) this.exchange.span.begunUs = this.begunUs
    this.exchange.story?.begun(this.begunUs)
    instance.fact(Fact.begun, this, 0)
    if (instance.faults.size > 0) this.#meetFaults()
    const { app } = instance.service
    if (app !== undefined) {
      this.#app = new AppRun(this, app)
      return this.#app.start()
    }
    if ((this.#addMs > 0 || this.#toMs > 0) && !this.#hasWork()) {
      // A slow fault holds the worker of a service without work of its own, too: as a step before the first.
      this.#step = -1
      this.#branches = 1
      return this.#work(this.workMs(0))
    }
    this.#goOn()
  }

  /** Gives its worker away until its calls have ended. */
  letGo(): void {
    this.hasWorker = false
    this.instance.onWorkerFree()
  }

  comeBack(): void {
    this.instance.comeBack(this)
  }

  onTimer(): void {
    this.#timer = undefined
    if (this.#state === WAITING) return this.refuse()
    if (this.#state === FAILING) return this.#fail()
    if (this.#state !== WORKING) return
    this.#works -= 1
    this.#stepEnded()
  }

  onCallEnd(call: SimCall, outcome: CallOutcome): void {
    this.#calls?.delete(call)
    if (outcome.ending !== 'ok' && !call.isOptional) this.#hasFailed = true
    this.#stepEnded()
  }

  /** Answers, and gives the worker back. */
  finish(reply: Reply): void {
    const { hasWorker, instance } = this
    this.#leave(reply.ending === 'ok' ? 'completed' : 'errors')
    instance.fact(Fact.answered, this, reply.ending === 'ok' ? 1 : 2)
    this.exchange.answer(reply)
    if (hasWorker) instance.onWorkerFree()
  }

  /**
   * Nobody waits for its answer any more. It leaves as one that was refused: it has arrived, and nothing was answered.
   * Work that has begun goes on, unless the service aborts it.
   */
  callOff(): void {
    const { hasWorker, instance } = this
    const isAborted = instance.service.onCancel === 'abort'
    if (!this.isAlive || (this.#state !== WAITING && !isAborted)) return
    this.#leave('refused')
    instance.fact(Fact.refused, this, 1)
    this.exchange.answer(REFUSED)
    this.#app?.abort()
    for (const cancel of this.#calls?.values() ?? []) cancel('cancelled')
    if (hasWorker) instance.onWorkerFree()
  }

  /** Is it still the life it began in? */
  get isAlive(): boolean {
    return this.#epoch === this.instance.host.epoch && this.#state !== OVER
  }

  /** What a call made while handling this request inherits; `key` names the place it is made at. */
  inherit(key: number): Inherited {
    const { call, deadlineMs, number, priority, span } = this.exchange
    return {
      key,
      judgeUs: call.judgeUs,
      deadlineMs,
      depth: call.depth + 1,
      maxDepth: call.maxDepth,
      attempt: number,
      priority,
      routingKey: undefined,
      root: call.root,
      span,
      story: this.exchange.story,
    }
  }

  // ---- steps ----

  #goOn(): void {
    const steps = this.#operation?.steps ?? []
    while (this.#state === WORKING) {
      const step = steps[this.#step]
      if (step === undefined || this.#hasFailed) return this.#end()
      this.#branches = 1
      this.#isBeginning = true
      if (step.kind === 'parallel') {
        this.#branches += step.steps.length
        this.#fork(step.steps, this.#stepKey())
      } else {
        this.#branches += 1
        this.#run(step, this.#stepKey())
      }
      // Steps that ended at once are done; where one is under way, its end goes on from here.
      this.#isBeginning = false
      this.#branches -= 1
      if (this.#branches > 0) return this.#mayLetGo()
      this.#step += 1
    }
  }

  /** A step, or one of several in parallel, has ended. */
  #stepEnded(): void {
    if (!this.isAlive) return
    this.#branches -= 1
    if (this.#branches > 0) return this.#mayLetGo()
    this.#step += 1
    if (this.hasWorker) this.#goOn()
    else this.comeBack()
  }

  #mayLetGo(): void {
    if (this.instance.service.holdWorkerDuringCalls || this.#isBeginning) return
    if (this.#works === 0 && this.hasWorker) this.letGo()
  }

  #run(step: ResolvedStep, key: number): void {
    if (step.kind === 'work') return this.#work(this.workMs(step.work.sampleMs(key)))
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

  #work(ms: number): void {
    if (ms <= 0) {
      this.#branches -= 1
      return
    }
    this.#works += 1
    this.#timer = this.instance.work(ms, this)
  }

  #call(step: ResolvedStep & { readonly kind: 'call' }, key: number): void {
    const { depth, maxDepth } = this.exchange.call
    const isDrawn = step.probability >= 1 || uniform(mix(key, Purpose.target), 0) < step.probability
    if (!isDrawn || depth >= maxDepth) {
      this.#branches -= 1
      return
    }
    const { world, host, life, service } = this.instance
    const inherited = this.inherit(key)
    const call = new SimCall(world, host, step.service, step.method, inherited, this)
    call.isOptional = step.optional
    if (service.onCancel !== 'abort') {
      life.runtime.start(step.service, call, startOptions(inherited), call)
      return
    }
    // Listed first: it may have ended before its starting returns.
    this.#calls ??= new Map()
    this.#calls.set(call, NOTHING)
    const cancel = life.runtime.start(step.service, call, startOptions(inherited), call)
    if (this.#calls.has(call)) this.#calls.set(call, cancel)
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
    if (this.inLine !== undefined) instance.leaveLine(this)
    instance.onLeft(this)
    instance.stats.leave(instance.world.kernel.nowUs, this.arrivedUs, this.begunUs, how)
    if (this.exchange.span !== undefined) this.exchange.span.leftUs = instance.world.kernel.nowUs
    this.place?.leave()
  }

  // ---- faults ----

  #meetFaults(): void {
    for (const fault of this.instance.faults) {
      const { change } = fault
      if (change.kind === 'error' || !strikes(fault, this.key)) continue
      fault.touch(this.instance.name)
      this.exchange.story?.struck(fault.label, change)
      if (change.kind === 'add') this.#addMs += change.addMs
      else if (change.kind === 'factor') this.#factor *= change.factor
      else this.#toMs = change.toMs
    }
  }

  #hasWork(): boolean {
    return this.#operation?.steps.some((step) => step.kind === 'work') === true
  }
}
