import type { AdmissionSink, Admitted, CallOutcome, Cancel, Timer, TimerTask } from '@seakeep/core/spi'
import { mix, uniform } from '@seakeep/core/spi'
import { Fact } from '../recording/facts.ts'
import type { ResolvedOperation, ResolvedStep } from '../scenario/resolved-scenario.ts'
import { AppRun } from './app-run.ts'
import type { Distribution } from './distribution.ts'
import { type Exchange, FAILED, OK, REFUSED, type Reply, type Served } from './exchange.ts'
import type { HandledRequest } from './handled-request.ts'
import type { Fetch, Fetched, Follower, InstanceCache } from './instance-cache.ts'
import { Purpose } from './purpose.ts'
import { concerns, type ErrorChange, strikes } from './server-faults.ts'
import { type CallOwner, type Inherited, SimCall, startOptions } from './sim-call.ts'
import { StruckWork } from './struck-work.ts'
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
 *
 * Where its operation has a cache it may find its answer there, or wait for another request that fetches the same.
 */
export class ServerRequest implements Job, HandledRequest, Served, TimerTask, CallOwner, AdmissionSink, Follower {
  readonly instance: Workplace
  readonly exchange: Exchange
  readonly key: number
  readonly arrivedUs: number
  begunUs = -1
  inLine: Job['inLine'] = undefined
  previous: Job | undefined = undefined
  next: Job | undefined = undefined
  cameBefore: Job | undefined = undefined
  cameAfter: Job | undefined = undefined
  joinedUs = 0
  hasWorker = false
  /** Its place in the inbound admission, where there is one. */
  place: Admitted | undefined = undefined
  readonly #epoch: number
  readonly #operation: ResolvedOperation | undefined
  #state = WAITING
  #timer: Timer | undefined = undefined
  /** The others, where steps run in parallel. */
  #timers: Timer[] | undefined = undefined
  #steps: readonly ResolvedStep[]
  #step = 0
  /** Parallel steps that are under way, and how many of them are work. */
  #branches = 0
  #works = 0
  /** Steps are being begun: what ends meanwhile says nothing of those that are still to come. */
  #isBeginning = false
  #hasFailed = false
  #struck: StruckWork | undefined = undefined
  /** What an `error` fault answers. */
  #error: ErrorChange | undefined = undefined
  /** Its own fetch of what the cache does not have. */
  #fetch: Fetch | undefined = undefined
  #app: AppRun | undefined = undefined
  /** The calls it has open, where they may have to be called off. */
  #calls: Map<SimCall, Cancel> | undefined = undefined

  constructor(instance: Workplace, exchange: Exchange) {
    this.instance = instance
    this.exchange = exchange
    this.key = exchange.key
    this.arrivedUs = instance.world.kernel.nowUs
    this.#epoch = instance.host.epoch
    this.#operation = instance.operation(exchange.call.method)
    this.#steps = this.#operation?.steps ?? NO_STEPS
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

  waitAtMost(patience: Distribution): void {
    const { clock } = this.instance.host
    this.#timer = clock.schedule(clock.now() + patience.sampleMs(mix(this.key, Purpose.patience)), this)
  }

  /** An `error` fault answers, without a worker. */
  failAfter(error: ErrorChange): void {
    const { afterMs } = error
    this.#state = FAILING
    this.#error = error
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
    this.exchange.story?.begun(this.begunUs)
    instance.fact(Fact.begun, this, 0)
    if (instance.faults.length > 0 && this.#meetFaults()) return
    const { app } = instance
    if (app !== undefined) {
      this.#app = new AppRun(this, app)
      return this.#app.start()
    }
    const cache = this.#operation?.cache
    if (cache !== undefined && this.#lookUp(instance.cache(cache))) return
    if (this.#struck?.isWork === true && !this.#hasWork()) {
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

  /** A step that waits has waited. */
  onWaitEnd(): void {
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
    const isAborted = instance.onCancel === 'abort'
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
    const { call, deadlineMs, number, priority } = this.exchange
    return {
      key,
      judgeUs: call.judgeUs,
      deadlineMs,
      depth: call.depth + 1,
      maxDepth: call.maxDepth,
      attempt: number,
      priority,
      routingKey: undefined,
      dataKey: call.dataKey,
      root: call.root,
      story: this.exchange.story,
    }
  }

  // ---- the cache ----

  /** True where another's fetch of the same is waited for. */
  #lookUp(cache: InstanceCache): boolean {
    const { dataKey } = this.exchange.call
    if (dataKey === undefined) return false
    const { stats, world } = this.instance
    const isThere = cache.has(dataKey, world.kernel.nowUs)
    stats.lookUp(this.arrivedUs, isThere)
    if (isThere) {
      this.#steps = cache.hitSteps
      return false
    }
    const underWay = cache.underWay(dataKey)
    if (underWay === undefined) {
      this.#fetch = cache.fetch(dataKey)
      return false
    }
    this.#branches = 1
    underWay.join(this)
    this.#mayLetGo()
    return true
  }

  onFetched(how: Fetched, { cache }: Fetch, own?: Fetch): void {
    if (how === 'failed') return this.finish(FAILED)
    if (how === 'there') this.#steps = cache.hitSteps
    this.#fetch = own
    if (this.hasWorker) this.#goOn()
    else this.comeBack()
  }

  // ---- steps ----

  #goOn(): void {
    const steps = this.#steps
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
    if (this.instance.holdWorkerDuringCalls || this.#isBeginning) return
    if (this.#works === 0 && this.hasWorker) this.letGo()
  }

  #run(step: ResolvedStep, key: number): void {
    if (step.kind === 'work') return this.#work(this.workMs(step.work.sampleMs(key)))
    if (step.kind === 'call') return this.#call(step, key)
    if (step.kind === 'wait') return this.#wait(step.wait.sampleMs(key))
    // A list within a parallel list: its members join the others.
    this.#branches += step.steps.length - 1
    this.#fork(step.steps, key)
  }

  #fork(steps: readonly ResolvedStep[], key: number): void {
    for (let i = 0; i < steps.length; i++) this.#run(steps[i] as ResolvedStep, mix(key, i + 1))
  }

  /** How long work of `sampleMs` takes here and now, under the faults this request has met. */
  workMs(sampleMs: number): number {
    const ms = this.instance.paced(sampleMs)
    return this.#struck === undefined ? ms : this.#struck.lengthMs(ms)
  }

  #work(ms: number): void {
    if (ms <= 0) {
      this.#branches -= 1
      return
    }
    this.#works += 1
    this.#keep(this.instance.work(ms, this))
  }

  #wait(ms: number): void {
    if (ms <= 0) {
      this.#branches -= 1
      return
    }
    const { clock } = this.instance.host
    this.#keep(clock.schedule(clock.now() + ms, new Wait(this)))
  }

  #keep(timer: Timer): void {
    if (this.#branches <= 2) this.#timer = timer
    else {
      this.#timers ??= []
      this.#timers.push(timer)
    }
  }

  #call(step: ResolvedStep & { readonly kind: 'call' }, key: number): void {
    const { depth, maxDepth } = this.exchange.call
    const isDrawn = step.probability >= 1 || uniform(mix(key, Purpose.target), 0) < step.probability
    if (!isDrawn || depth >= maxDepth) {
      this.#branches -= 1
      return
    }
    const { world, host, life, onCancel } = this.instance
    const inherited = this.inherit(key)
    const call = new SimCall(world, host, host.edgeOf(step, world.recorder), step.method, inherited, this)
    call.isOptional = step.optional
    call.sizes = step.sizes
    if (onCancel !== 'abort') {
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
    const isHit = this.#operation !== undefined && this.#steps !== this.#operation.steps
    const errorRate = isHit ? 0 : (this.#operation?.errorRate ?? 0)
    const isBroken = errorRate > 0 && uniform(mix(this.key, Purpose.failure), 0) < errorRate
    this.finish(this.#hasFailed || isBroken ? FAILED : OK)
  }

  #fail(): void {
    this.#leave('errors')
    this.instance.fact(Fact.answered, this, 2)
    this.exchange.answer(this.#error === undefined ? FAILED : replyOf(this.#error))
  }

  #leave(how: 'completed' | 'errors' | 'refused'): void {
    this.#state = OVER
    this.#timer?.cancel()
    this.#timer = undefined
    for (const timer of this.#timers ?? []) timer.cancel()
    const { instance } = this
    if (this.inLine !== undefined) instance.leaveLine(this)
    instance.onLeft(this)
    instance.stats.leave(instance.world.kernel.nowUs, this.arrivedUs, this.begunUs, how)
    this.place?.leave()
    this.#fetch?.end(HOW_FETCHED[how], instance.world.kernel.nowUs)
  }

  // ---- faults ----

  /** True where it hangs: it is never answered, and its worker never free. */
  #meetFaults(): boolean {
    const { instance, exchange } = this
    const { traits } = exchange
    let isHung = false
    for (const fault of instance.faults) {
      const { change } = fault
      if (change.kind === 'error' || !concerns(fault, traits) || !strikes(fault, this.key)) continue
      fault.touch(instance.name)
      exchange.story?.struck(fault.label, change)
      if (change.kind === 'hang') isHung = true
      else {
        this.#struck ??= new StruckWork()
        this.#struck.meet(change)
      }
    }
    return isHung
  }

  #hasWork(): boolean {
    return this.#steps.some((step) => step.kind === 'work')
  }
}

/** A step that waits: time passes, and nothing is worked on. */
class Wait implements TimerTask {
  readonly #request: ServerRequest

  constructor(request: ServerRequest) {
    this.#request = request
  }

  onTimer(): void {
    this.#request.onWaitEnd()
  }
}

const NO_STEPS: readonly ResolvedStep[] = []
const HOW_FETCHED = { completed: 'there', errors: 'failed', refused: 'given up' } as const

function replyOf({ status, retryAfterMs }: ErrorChange): Reply {
  if (status === 500) return FAILED
  return { ending: status === 503 || status === 429 ? 'refused' : 'error', status, retryAfterMs }
}
