import type { Random, Runtime } from '@seakeep/core'
import type { Timer, TimerTask } from '@seakeep/core/spi'
import type { ServerStats } from '../recording/server-stats.ts'
import type { ResolvedCache } from '../scenario/cache.ts'
import type { ResolvedOperation, ResolvedService } from '../scenario/resolved-scenario.ts'
import type { Distribution } from './distribution.ts'
import type { Exchange } from './exchange.ts'
import type { InstanceCache } from './instance-cache.ts'
import type { ErrorChange, ServerFault } from './server-faults.ts'
import type { Surroundings } from './surroundings.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { VirtualLoad } from './virtual-load.ts'

/** What lives on a host from its start to its crash: the runtime of the core, its chance, and the load it looks at. */
export interface Life {
  readonly runtime: Runtime
  readonly random: Random
  /** Undefined where nothing is shed. */
  readonly load: VirtualLoad | undefined
}

/** A request as its instance sees it. The links belong to the line it waits in. */
export interface Job {
  readonly key: number
  readonly exchange: Exchange
  readonly arrivedUs: number
  /** When a worker first took it; below 0 before. */
  readonly begunUs: number
  /** The list it waits in; undefined where it does not wait. */
  inLine: { leave(job: Job): void } | undefined
  previous: Job | undefined
  next: Job | undefined
  /** Its neighbours among all that are present. */
  cameBefore: Job | undefined
  cameAfter: Job | undefined
  /** Written by lines that look at how long one has waited. */
  joinedUs: number
  /** A worker has taken it: for the first time, or after its calls. */
  begin(): void
  /** It finds no place, or has waited too long. */
  refuse(): void
  /** Its patience in the line is drawn from this. */
  waitAtMost(patience: Distribution): void
  /** An `error` fault answers, without a worker. */
  failAfter(error: ErrorChange): void
  /** Its caller has given up, and the server hears of it. */
  callOff(): void
}

/** An instance as the requests at work there see it. */
export interface Workplace {
  readonly name: string
  readonly host: VirtualHost
  readonly world: Surroundings
  readonly service: ResolvedService
  readonly stats: ServerStats
  readonly faults: readonly ServerFault[]
  /** Of its service, what is looked at with every request. */
  readonly app: ResolvedService['app']
  readonly onCancel: ResolvedService['onCancel']
  readonly holdWorkerDuringCalls: boolean
  readonly life: Life
  operation(method: string | undefined): ResolvedOperation | undefined
  /** What it remembers of this operation's answers. */
  cache(options: ResolvedCache): InstanceCache
  /** How long work of this length takes there now. */
  paced(ms: number): number
  fact(kind: number, job: Job, outcome: number): void
  /** The inbound policy has let it in. */
  onAdmitted(job: Job): void
  leaveLine(job: Job): void
  /** It has ended in whatever way. */
  onLeft(job: Job): void
  /** Nobody holds its worker any more. */
  onWorkerFree(): void
  /** It wants a worker again that it had let go. */
  comeBack(job: Job): void
  /** Work on a worker that takes `ms` where the worker has nothing else to do. */
  work(ms: number, task: TimerTask): Timer
}
