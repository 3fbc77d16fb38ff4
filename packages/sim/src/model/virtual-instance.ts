import { type Admission, hashText, type Timer, type TimerTask } from '@seakeep/core/spi'
import type { AttemptStory } from '../recording/call-story.ts'
import { Fact } from '../recording/facts.ts'
import type { ServerStats } from '../recording/server-stats.ts'
import type { TimeAverage } from '../recording/time-average.ts'
import type { ResolvedCache } from '../scenario/cache.ts'
import type { ResolvedOperation, ResolvedService, ResolvedVersion } from '../scenario/resolved-scenario.ts'
import { Collections } from './collections.ts'
import { type EventLoop, type LoopWatcher, OrderedLoop, SharedLoop } from './event-loop.ts'
import type { Exchange, Receiver } from './exchange.ts'
import { InstanceCache } from './instance-cache.ts'
import { createLine } from './lines/create-line.ts'
import type { Line } from './lines/line.ts'
import { concerns, type ServerChange, type ServerFault, strikes, type Traits } from './server-faults.ts'
import { ServerRequest } from './server-request.ts'
import { SharedPace } from './shared-pace.ts'
import type { Surroundings } from './surroundings.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { VirtualLoad } from './virtual-load.ts'
import { WorkPace } from './work-pace.ts'
import type { Job, Life, Workplace } from './workplace.ts'

/**
 * One simulated instance of a service: workers, a line in front of them, and the requests present. A request keeps its
 * worker for as long as it is handled, calls included, unless the service lets workers go during calls. Where it has an
 * event loop the workers are only how many may be in progress: all their work runs on that.
 */
export class VirtualInstance implements Receiver, Workplace, LoopWatcher {
  // What every request looks at comes first, so that it lies in few lines of the cache: in a large world they are all far
  // away when the next request comes.
  readonly name: string
  readonly host: VirtualHost
  readonly entity: number
  readonly world: Surroundings
  /** Its service's number in the log of facts. */
  readonly facts: number
  /** Of a version with one operation, which then is not looked up. */
  #only: ResolvedOperation | undefined
  readonly stats: ServerStats
  faults: readonly ServerFault[] = NO_FAULTS
  readonly hearsOfCancels: boolean
  readonly app: ResolvedService['app']
  readonly onCancel: ResolvedService['onCancel']
  readonly holdWorkerDuringCalls: boolean
  /**
   * Undefined where the document has no `inbound` for the service, until the instance closes: then the model's line alone
   * decides.
   */
  admission: Admission | undefined = undefined
  /** Of its present life. */
  #load: VirtualLoad | undefined
  /** Who came first and last of all that are present, in the line or at work, linked in the order they came. */
  #firstPresent: Job | undefined = undefined
  #lastPresent: Job | undefined = undefined
  #busy = 0
  /** How many there are: fewer than the service says while a fault takes some. */
  #workers: number
  /** Begun and not gone, those included who are without a worker during their calls. */
  #begun = 0
  /** Undefined until somebody has to wait: most never have anybody. */
  #line: Line | undefined
  /** Where the workers are shared by all: then nobody waits, and `queue` says how many more than workers may be there. */
  readonly #shared: SharedPace | undefined
  readonly #loop: EventLoop | undefined
  readonly #pace: WorkPace | undefined
  #life: Life
  #version: ResolvedVersion
  /** How many are at work over time, for who scales by it. */
  meter: TimeAverage | undefined = undefined
  /** Whoever waits for the last request to have left. */
  onEmpty: (() => void) | undefined = undefined
  readonly service: ResolvedService
  readonly number: number
  /** Where it listens: {@link World.instanceAt} finds it by this. */
  port = 0
  /** Leaves: serves what it has, and tells whoever asks that it wants no more. */
  isDraining = false
  /** Taken out of its fleet by autoscaling: nobody starts it but that. */
  isRetired = false
  /** Told, once each, when its present life is over, however it ended. */
  readonly onGone: Set<() => void> = new Set()
  readonly #left = new Map<object, number>()
  #isServing = false
  readonly #caches = new Map<ResolvedCache, InstanceCache>()

  constructor(
    world: Surroundings,
    service: ResolvedService,
    version: ResolvedVersion,
    number: number,
    host: VirtualHost,
    life: Life,
  ) {
    this.world = world
    this.service = service
    this.#version = version
    this.#only = onlyOperation(version)
    this.number = number
    this.name = host.name
    // The same 32 bits as an integer with a sign is kept in the object itself, and not as a number of its own.
    this.entity = hashText(host.name) | 0
    this.host = host
    this.#life = life
    this.#load = life.load
    this.#workers = service.concurrency
    this.facts = world.recorder.service(service.name).facts
    this.hearsOfCancels = service.onCancel !== 'finish'
    this.app = service.app
    this.onCancel = service.onCancel
    this.holdWorkerDuringCalls = service.holdWorkerDuringCalls
    this.#line = firstLine(service.discipline)
    const isShared = service.discipline === 'processor-sharing'
    const isHeld = service.holdWorkerDuringCalls && !isShared && service.eventLoop === undefined
    this.stats = world.recorder.instance(service.name, host.name, service.processors, isHeld)
    this.#shared = isShared ? new SharedPace(host.clock.steady, service.concurrency) : undefined
    const { eventLoop, coldStart, contention } = service
    if (eventLoop !== undefined) {
      const Loop = eventLoop.processor === 'fifo' ? OrderedLoop : SharedLoop
      this.#loop = new Loop(host.clock.steady, this)
    }
    const isUneven = coldStart !== undefined || contention !== undefined
    this.#pace = isUneven ? new WorkPace(host, coldStart, contention) : undefined
    this.#onLife()
  }

  /** What runs here; a deploy gives its next life another. */
  get version(): ResolvedVersion {
    return this.#version
  }
  set version(version: ResolvedVersion) {
    this.#version = version
    this.#only = onlyOperation(version)
  }

  get life(): Life {
    return this.#life
  }

  /** It has been started again. */
  set life(life: Life) {
    this.#life = life
    this.#load = life.load
    this.admission = undefined
    this.#onLife()
  }

  /** A request has arrived: inbound admission, then a fault's answer, then the line. */
  receive(exchange: Exchange): void {
    const request = new ServerRequest(this, exchange)
    this.#enter(request)
    this.stats.arrive(this.world.kernel.nowUs)
    this.fact(Fact.arrived, request, 0)
    this.world.recorder.witness?.onArrived(this.name, request)
    if (this.hearsOfCancels) {
      exchange.served = request
      if (exchange.isCalledOff) return request.callOff()
    }
    const { admission } = this
    if (admission === undefined) return this.onAdmitted(request)
    const { call, priority } = exchange
    const traits = { priority, caller: call.host.caller, key: call.routingKey }
    request.place = admission.enter(exchange.deadlineMs, request, traits)
    if (request.isOver) request.place.leave()
  }

  /** Admitted by the inbound policy. */
  onAdmitted(request: Job): void {
    const { exchange } = request
    if (this.faults.length > 0) {
      const error = this.struckBy('error', request.key, exchange.traits, exchange.story)
      if (error !== undefined) return request.failAfter(error)
    }
    const { service } = this
    if (this.#shared !== undefined) {
      if (this.#begun < this.#workers + service.queue) this.#begin(request)
      else request.refuse()
      return
    }
    const line = this.#line
    const waiting = line === undefined ? 0 : line.size
    const isFree = waiting === 0 && this.#busy < this.#workers
    if (isFree && line?.seesAll !== true) return this.#begin(request)
    if (!isFree && waiting >= service.queue) return request.refuse()
    this.#wait(request)
    if (service.queueTimeout !== undefined) request.waitAtMost(service.queueTimeout)
    this.#serve()
  }

  onWorkerFree(): void {
    this.#setBusy(this.#busy - 1)
    this.#serve()
  }

  /** To the end of the line, however long it is. */
  comeBack(request: Job): void {
    if (this.#shared !== undefined) return this.#begin(request)
    this.#wait(request)
    this.#serve()
  }

  leaveLine(request: Job): void {
    if (request.inLine !== undefined) this.#line?.leave(request)
  }

  work(ms: number, task: TimerTask): Timer {
    if (this.#shared !== undefined) return this.#shared.work(ms, task)
    if (this.#loop !== undefined) return this.#loop.work(ms, task)
    return this.host.pass(ms, task)
  }

  paced(ms: number): number {
    return this.#pace === undefined ? ms : ms * this.#pace.factor(this.#begun)
  }

  /** The process is gone: whoever was present is told by a reset, and nothing is left of its line. */
  crash(): void {
    const now = this.world.kernel.nowUs
    const lost = [...this.present()]
    this.#firstPresent = undefined
    this.#lastPresent = undefined
    this.#line = firstLine(this.service.discipline)
    this.#begun = 0
    this.#shared?.clear()
    this.#loop?.clear()
    this.#caches.clear()
    this.#setBusy(0)
    for (const request of lost) {
      request.cameBefore = undefined
      request.cameAfter = undefined
      this.stats.leave(now, request.arrivedUs, request.begunUs, 'errors')
      request.exchange.reset()
    }
    for (let call = this.host.openCalls; call !== undefined; ) {
      const older = call.olderCall
      call.abandon()
      call = older
    }
    this.onEmpty = undefined
    const told = [...this.onGone]
    this.onGone.clear()
    for (const tell of told) tell()
  }

  operation(method: string | undefined): ResolvedOperation | undefined {
    if (this.#only !== undefined) return this.#only
    const { operations } = this.#version
    return (method === undefined ? undefined : operations.get(method)) ?? operations.get('')
  }

  cache(options: ResolvedCache): InstanceCache {
    let cache = this.#caches.get(options)
    if (cache === undefined) {
      cache = new InstanceCache(options, this.entity, this.host.upSinceUs === 0)
      this.#caches.set(options, cache)
    }
    return cache
  }

  /** What it remembers is gone. False where it has no cache at all. */
  flush(): boolean {
    let hasCache = false
    for (const { cache } of this.version.operations.values()) {
      if (cache === undefined) continue
      hasCache = true
      this.cache(cache).flush()
    }
    return hasCache
  }

  addFault(fault: ServerFault): void {
    this.faults = [...this.faults, fault]
  }

  removeFault(fault: ServerFault): void {
    this.faults = this.faults.filter((one) => one !== fault)
  }

  /** `fault` leaves it so many workers at most; who is at work goes on. */
  loseWorkers(fault: object, left: number): void {
    this.#left.set(fault, left)
    this.#resize()
  }

  regainWorkers(fault: object): void {
    this.#left.delete(fault)
    this.#resize()
  }

  fact(kind: number, request: Job, outcome: number): void {
    this.world.recorder.facts.add(this.facts, kind, this.entity, request.key, outcome)
  }

  onLeft(job: Job): void {
    const { cameBefore, cameAfter } = job
    // Of a life that is over: it is in no list any more.
    if (cameBefore === undefined && job !== this.#firstPresent) return
    if (cameBefore === undefined) this.#firstPresent = cameAfter
    else cameBefore.cameAfter = cameAfter
    if (cameAfter === undefined) this.#lastPresent = cameBefore
    else cameAfter.cameBefore = cameBefore
    this.world.recorder.witness?.onLeft(this.name, job)
    if (job.begunUs >= 0) this.#begun -= 1
    if (this.onEmpty !== undefined && this.#firstPresent === undefined) this.#tellEmpty()
  }

  get isEmpty(): boolean {
    return this.#firstPresent === undefined
  }

  /** Everybody in the line or at work, in the order they came. */
  *present(): Iterable<Job> {
    for (let job = this.#firstPresent; job !== undefined; job = job.cameAfter) yield job
  }

  #enter(job: Job): void {
    job.cameBefore = this.#lastPresent
    if (job.cameBefore === undefined) this.#firstPresent = job
    else job.cameBefore.cameAfter = job
    this.#lastPresent = job
  }

  /** The first fault of this kind that strikes what has this key and these traits. */
  struckBy<Kind extends ServerChange['kind']>(
    kind: Kind,
    key: number,
    traits: Traits,
    story?: AttemptStory,
  ): Extract<ServerChange, { readonly kind: Kind }> | undefined {
    for (const fault of this.faults) {
      const { change } = fault
      if (change.kind !== kind || !concerns(fault, traits) || !strikes(fault, key)) continue
      fault.touch(this.name)
      story?.struck(fault.label, change)
      return change as Extract<ServerChange, { readonly kind: Kind }>
    }
    return undefined
  }

  /** As an event of its own: whoever leaves has yet to answer, and to give its worker back. */
  #tellEmpty(): void {
    const told = this.onEmpty
    this.onEmpty = undefined
    const { clock } = this.host
    clock.schedule(clock.now(), { onTimer: () => told?.() })
  }

  // ---- LoopWatcher ----

  onBusy(isBusy: boolean): void {
    const { nowUs } = this.world.kernel
    this.stats.setBusy(nowUs, isBusy ? 1 : 0)
    this.meter?.set(nowUs, isBusy ? 1 : 0)
    this.#load?.setBusy(nowUs, isBusy ? 1 : 0)
  }

  onTurn(waitedMs: number): void {
    this.#load?.begin(waitedMs * 1000)
  }

  #begin(request: Job): void {
    if (request.begunUs < 0) {
      this.#begun += 1
      this.world.recorder.witness?.onBegun(this.name, request)
      if (this.#loop === undefined) this.#load?.begin(this.world.kernel.nowUs - request.arrivedUs)
    }
    this.#setBusy(this.#busy + 1)
    request.begin()
  }

  #wait(request: Job): void {
    this.#line ??= createLine(this.service.discipline)
    this.#line.join(request, this.world.kernel.nowUs)
  }

  /** Gives free workers to those who wait: a loop, since work that takes no time frees its worker at once. */
  #serve(): void {
    const line = this.#line
    if (line === undefined || this.#isServing || line.size === 0) return
    this.#isServing = true
    while (this.#busy < this.#workers && line.size > 0) {
      const late = line.giveUp(this.world.kernel.nowUs)
      if (late !== undefined) {
        late.refuse()
        continue
      }
      const next = line.next()
      if (next !== undefined) this.#begin(next)
    }
    this.#isServing = false
  }

  #setBusy(busy: number): void {
    this.#busy = busy
    if (this.#loop !== undefined) return
    let workers = busy
    if (this.#shared !== undefined) {
      this.#shared.share(busy)
      workers = Math.min(busy, this.#workers)
    }
    const { nowUs } = this.world.kernel
    this.stats.setBusy(nowUs, workers)
    this.meter?.set(nowUs, workers)
    this.#load?.setBusy(nowUs, workers)
  }
  #resize(): void {
    this.#workers = Math.min(this.service.concurrency, ...this.#left.values())
    this.#shared?.setWorkers(this.#workers)
    if (this.#loop === undefined) this.#load?.setWorkers(this.world.kernel.nowUs, this.#workers)
    this.#setBusy(this.#busy)
    this.#serve()
  }

  #onLife(): void {
    const { eventLoop } = this.service
    if (this.#loop !== undefined && eventLoop?.gc !== undefined) {
      new Collections(eventLoop.gc, this.#loop, this.host).start()
    }
    if (this.#left.size > 0) this.#resize()
  }
}

const NO_FAULTS: readonly ServerFault[] = []

function onlyOperation({ operations }: ResolvedVersion): ResolvedOperation | undefined {
  return operations.size === 1 ? operations.get('') : undefined
}

/** The line of an instance nobody has had to wait at, where there is one: only if those pass through it, too, who need not. */
function firstLine(discipline: ResolvedService['discipline']): Line | undefined {
  const line = createLine(discipline)
  return line.seesAll ? line : undefined
}
