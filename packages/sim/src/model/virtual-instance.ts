import { hashText, type Timer, type TimerTask } from '@seakeep/core/spi'
import type { AttemptStory } from '../recording/call-story.ts'
import { Fact } from '../recording/facts.ts'
import type { ServiceRecord } from '../recording/recorder.ts'
import type { ServerStats } from '../recording/server-stats.ts'
import type { ResolvedOperation, ResolvedService, ResolvedVersion } from '../scenario/resolved-scenario.ts'
import type { Exchange, Receiver } from './exchange.ts'
import { createLine } from './lines/create-line.ts'
import type { Line } from './lines/line.ts'
import { type ServerFault, strikes } from './server-faults.ts'
import { ServerRequest } from './server-request.ts'
import { SharedPace } from './shared-pace.ts'
import type { Surroundings } from './surroundings.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { Job, Life, Workplace } from './workplace.ts'

/**
 * One simulated instance of a service: workers, a line in front of them, and the requests present. A request keeps its
 * worker for as long as it is handled, calls included, unless the service lets workers go during calls.
 */
export class VirtualInstance implements Receiver, Workplace {
  readonly name: string
  readonly number: number
  readonly entity: number
  readonly host: VirtualHost
  readonly world: Surroundings
  readonly service: ResolvedService
  readonly version: ResolvedVersion
  readonly stats: ServerStats
  readonly record: ServiceRecord
  readonly faults: Set<ServerFault> = new Set()
  readonly hearsOfCancels: boolean
  life: Life
  /** Leaves: serves what it has, and tells whoever asks that it wants no more. */
  isDraining = false
  /** Everybody present: in the line or at work, in the order they came. */
  readonly present: Set<Job> = new Set()
  #busy = 0
  /** Begun and not gone, those included who are without a worker during their calls. */
  #begun = 0
  #line: Line
  #isServing = false
  /** Where the workers are shared by all: then nobody waits, and `queue` says how many more than workers may be there. */
  readonly #shared: SharedPace | undefined

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
    this.version = version
    this.number = number
    this.name = host.name
    this.entity = hashText(host.name)
    this.host = host
    this.life = life
    this.record = world.recorder.service(service.name)
    this.stats = world.recorder.instance(service.name, host.name, service.concurrency)
    this.hearsOfCancels = service.onCancel !== 'finish'
    this.#line = createLine(service.discipline)
    const isShared = service.discipline === 'processor-sharing'
    this.#shared = isShared ? new SharedPace(host.clock, service.concurrency) : undefined
  }

  /** A request has arrived: inbound admission, then a fault's answer, then the line. */
  receive(exchange: Exchange): void {
    const request = new ServerRequest(this, exchange)
    this.present.add(request)
    this.stats.arrive(this.world.kernel.nowUs)
    this.fact(Fact.arrived, request, 0)
    this.world.recorder.witness?.onArrived(this.name, request)
    if (this.hearsOfCancels) {
      exchange.served = request
      if (exchange.isCalledOff) return request.callOff()
    }
    const { admission } = this.life
    if (admission === undefined) return this.onAdmitted(request)
    const { call, priority } = exchange
    const traits = { priority, caller: call.host.caller, key: call.routingKey }
    request.place = admission.enter(exchange.deadlineMs, request, traits)
    if (request.isOver) request.place.leave()
  }

  /** Admitted by the inbound policy. */
  onAdmitted(request: Job): void {
    const error = this.struckByError(request.key, request.exchange.story)
    if (error !== undefined) return request.failAfter(error)
    const { service } = this
    if (this.#shared !== undefined) {
      if (this.#begun < service.concurrency + service.queue) this.#begin(request)
      else request.refuse()
      return
    }
    const line = this.#line
    const isFree = line.size === 0 && this.#busy < service.concurrency
    if (isFree && !line.seesAll) return this.#begin(request)
    if (!isFree && line.size >= service.queue) return request.refuse()
    line.join(request, this.world.kernel.nowUs)
    if (service.queueTimeoutMs !== undefined) request.waitAtMost(service.queueTimeoutMs)
    this.#serve()
  }

  onWorkerFree(): void {
    this.#setBusy(this.#busy - 1)
    this.#serve()
  }

  /** To the end of the line, however long it is. */
  comeBack(request: Job): void {
    if (this.#shared !== undefined) return this.#begin(request)
    this.#line.join(request, this.world.kernel.nowUs)
    this.#serve()
  }

  leaveLine(request: Job): void {
    if (request.inLine !== undefined) this.#line.leave(request)
  }

  work(ms: number, task: TimerTask): Timer {
    if (this.#shared !== undefined) return this.#shared.work(ms, task)
    const { clock } = this.host
    return clock.schedule(clock.now() + ms, task)
  }

  /** The process is gone: whoever was present is told by a reset, and nothing is left of its line. */
  crash(): void {
    const now = this.world.kernel.nowUs
    const lost = [...this.present]
    this.present.clear()
    this.#line = createLine(this.service.discipline)
    this.#begun = 0
    this.#shared?.clear()
    this.#setBusy(0)
    for (const request of lost) {
      this.stats.leave(now, request.arrivedUs, request.begunUs, 'errors')
      request.exchange.reset()
    }
    for (let call = this.host.openCalls; call !== undefined; ) {
      const older = call.olderCall
      call.abandon()
      call = older
    }
  }

  operation(method: string | undefined): ResolvedOperation | undefined {
    const { operations } = this.version
    return (method === undefined ? undefined : operations.get(method)) ?? operations.get('')
  }

  fact(kind: number, request: Job, outcome: number): void {
    this.world.recorder.facts.add(this.record.hash, kind, this.entity, request.key, outcome)
  }

  onLeft(job: Job): void {
    this.present.delete(job)
    this.world.recorder.witness?.onLeft(this.name, job)
    if (job.begunUs >= 0) this.#begun -= 1
  }

  /** After how long an `error` fault answers what has this key; undefined where none strikes it. */
  struckByError(key: number, story?: AttemptStory): number | undefined {
    if (this.faults.size === 0) return undefined
    for (const fault of this.faults) {
      if (fault.change.kind !== 'error' || !strikes(fault, key)) continue
      fault.touch(this.name)
      story?.struck(fault.label, fault.change)
      return fault.change.afterMs
    }
    return undefined
  }

  #begin(request: Job): void {
    if (request.begunUs < 0) {
      this.#begun += 1
      this.world.recorder.witness?.onBegun(this.name, request)
      this.life.load?.begin(this.world.kernel.nowUs - request.arrivedUs)
    }
    this.#setBusy(this.#busy + 1)
    request.begin()
  }

  /** Gives free workers to those who wait: a loop, since work that takes no time frees its worker at once. */
  #serve(): void {
    const line = this.#line
    if (this.#isServing || line.size === 0) return
    this.#isServing = true
    while (this.#busy < this.service.concurrency && line.size > 0) {
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
    let workers = busy
    if (this.#shared !== undefined) {
      this.#shared.share(busy)
      workers = Math.min(busy, this.service.concurrency)
    }
    const { nowUs } = this.world.kernel
    this.stats.busy.set(nowUs, workers)
    this.life.load?.setBusy(nowUs, workers)
  }
}
