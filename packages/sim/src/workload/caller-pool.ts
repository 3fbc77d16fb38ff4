import type { Runtime } from '@seakeep/core'
import { mix, uniform } from '@seakeep/core/spi'
import { Purpose } from '../model/purpose.ts'
import { type CallOwner, SimCall, startOptions } from '../model/sim-call.ts'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { World } from '../model/world.ts'
import type { WorkloadStats } from '../recording/workload-stats.ts'
import type { ResolvedWorkload } from '../scenario/resolved-scenario.ts'

/** `client-17`; of a closed workload, the third call of the second user, `client-2.3`. */
function callId(caller: string, number: number, user: number | undefined): string {
  return user === undefined ? `${caller}-${number}` : `${caller}-${user + 1}.${number}`
}

/** One caller of a workload: a host with a runtime of its own. */
export interface Caller {
  readonly host: VirtualHost
  readonly runtime: Runtime
}

/** The callers of one workload, and how a call of its users is made. */
export class CallerPool {
  readonly world: World
  readonly workload: ResolvedWorkload
  readonly #callers: readonly Caller[]
  readonly #record: WorkloadStats

  constructor(world: World, workload: ResolvedWorkload, callers: readonly Caller[], record: WorkloadStats) {
    this.world = world
    this.workload = workload
    this.#callers = callers
    this.#record = record
  }

  /** Makes the call named by `key`, the `number`-th of its user. `user` chooses the caller; without one it is drawn uniformly. */
  call(key: number, number: number, owner: CallOwner, user?: number): void {
    const { world, workload } = this
    const callers = this.#callers
    const index = user ?? Math.floor(uniform(key, Purpose.caller) * callers.length)
    const caller = callers[index % callers.length] as Caller
    const { service, method } = this.#target(key)
    const nowMs = world.kernel.nowUs / 1000
    const { deadlineMs, impatient, maxDepth, priority, keyOf } = workload
    const routingKey = keyOf?.(key)
    const inherited = {
      key,
      judgeUs: world.kernel.nowUs + Math.round(this.#record.judgedByMs * 1000),
      deadlineMs: impatient && deadlineMs !== undefined ? nowMs + deadlineMs : Number.POSITIVE_INFINITY,
      depth: 1,
      maxDepth: maxDepth ?? Number.POSITIVE_INFINITY,
      attempt: 1,
      priority,
      story: world.recorder.keepsStories
        ? world.recorder.openStory(callId(workload.callerName, number, user))
        : undefined,
      routingKey,
      dataKey: routingKey,
    }
    const call = new SimCall(world, caller.host, service, method, inherited, owner, this.#record)
    caller.runtime.start(service, call, startOptions(inherited), call)
  }

  #target(key: number): { readonly service: string; readonly method: string | undefined } {
    const { to } = this.workload
    const [first] = to
    if (first === undefined) throw new Error(`the workload ${this.workload.id} has no target`)
    if (to.length === 1) return first
    let left = uniform(mix(key, Purpose.target), 0)
    for (const target of to) {
      left -= target.share
      if (left < 0) return target
    }
    return first
  }
}
