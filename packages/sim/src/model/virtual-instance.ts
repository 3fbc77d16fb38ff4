import { hashText } from '@seakeep/core/spi'
import { Fact } from '../recording/facts.ts'
import type { ServiceRecord } from '../recording/recorder.ts'
import type { ServerStats } from '../recording/server-stats.ts'
import type { ResolvedOperation, ResolvedService } from '../scenario/resolved-scenario.ts'
import type { Exchange, Receiver } from './exchange.ts'
import { type ServerFault, strikes } from './server-faults.ts'
import { ServerRequest } from './server-request.ts'
import type { Surroundings } from './surroundings.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { Job, Life, Workplace } from './workplace.ts'

/**
 * One simulated instance of a service: workers, a line in front of them, and the requests present. Work takes a worker
 * for as long as the request is handled, calls included.
 */
export class VirtualInstance implements Receiver, Workplace {
  readonly name: string
  readonly number: number
  readonly entity: number
  readonly host: VirtualHost
  readonly world: Surroundings
  readonly service: ResolvedService
  readonly stats: ServerStats
  readonly record: ServiceRecord
  readonly faults: Set<ServerFault> = new Set()
  life: Life
  /** Everybody present: in the line or at work, in the order they came. */
  readonly present: Set<Job> = new Set()
  #busy = 0
  /** The line: a ring that is compacted when its head has moved far. Those who left it are skipped. */
  #line: (Job | undefined)[] = []
  #head = 0
  #waiting = 0
  #isServing = false

  constructor(world: Surroundings, service: ResolvedService, number: number, host: VirtualHost, life: Life) {
    this.world = world
    this.service = service
    this.number = number
    this.name = host.name
    this.entity = hashText(host.name)
    this.host = host
    this.life = life
    this.record = world.recorder.service(service.name)
    this.stats = world.recorder.instance(service.name, host.name, service.concurrency)
  }

  /** A request has arrived: inbound admission, then a fault's answer, then the line. */
  receive(exchange: Exchange): void {
    const request = new ServerRequest(this, exchange)
    this.present.add(request)
    this.stats.arrive(this.world.kernel.nowUs)
    this.fact(Fact.arrived, request, 0)
    const { admission } = this.life
    if (admission === undefined) return this.onAdmitted(request)
    request.place = admission.enter(exchange.deadlineMs, request)
    if (request.isOver) request.place.leave()
  }

  /** Admitted by the inbound policy. */
  onAdmitted(request: Job): void {
    const error = this.#struckByError(request)
    if (error !== undefined) return request.failAfter(error)
    if (this.#busy < this.service.concurrency) return this.#begin(request)
    if (this.#waiting >= this.service.queue) return request.refuse()
    this.#line.push(request)
    this.#waiting += 1
    if (this.service.queueTimeoutMs !== undefined) request.waitAtMost(this.service.queueTimeoutMs)
  }

  /** A worker is free again. */
  onWorkerFree(): void {
    this.#setBusy(this.#busy - 1)
    this.#serve()
  }

  /** It has waited too long. */
  leaveLine(request: Job): void {
    const place = this.#line.indexOf(request, this.#head)
    if (place < 0) return
    this.#line[place] = undefined
    this.#waiting -= 1
  }

  /** The process is gone: whoever was present is told by a reset, and nothing is left of its line. */
  crash(): void {
    const now = this.world.kernel.nowUs
    const lost = [...this.present]
    this.present.clear()
    this.#line = []
    this.#head = 0
    this.#waiting = 0
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
    const { operations } = this.service
    return (method === undefined ? undefined : operations.get(method)) ?? operations.get('')
  }

  fact(kind: number, request: Job, outcome: number): void {
    this.world.recorder.facts.add(this.record.hash, kind, this.entity, request.key, outcome)
  }

  onLeft(job: Job): void {
    this.present.delete(job)
  }

  #begin(request: Job): void {
    this.#setBusy(this.#busy + 1)
    request.begin()
  }

  /** Gives free workers to those who wait: a loop, since work that takes no time frees its worker at once. */
  #serve(): void {
    if (this.#isServing) return
    this.#isServing = true
    while (this.#busy < this.service.concurrency && this.#waiting > 0) {
      const next = this.#line[this.#head]
      this.#line[this.#head] = undefined
      this.#head += 1
      if (next === undefined) continue
      this.#waiting -= 1
      this.#begin(next)
    }
    if (this.#head > 1024 && this.#head * 2 > this.#line.length) {
      this.#line = this.#line.slice(this.#head)
      this.#head = 0
    }
    this.#isServing = false
  }

  #setBusy(busy: number): void {
    this.#busy = busy
    this.stats.busy.set(this.world.kernel.nowUs, busy)
  }

  #struckByError(request: Job): number | undefined {
    if (this.faults.size === 0) return undefined
    for (const fault of this.faults) {
      if (fault.change.kind !== 'error' || !strikes(fault, request.key)) continue
      fault.touch(this.name)
      return fault.change.afterMs
    }
    return undefined
  }
}
