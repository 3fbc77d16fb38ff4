import type { Runtime } from '@seakeep/core'
import { mix, uniform } from '@seakeep/core/spi'
import { Purpose } from '../model/purpose.ts'
import { type CallOwner, SimCall, startOptions } from '../model/sim-call.ts'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { World } from '../model/world.ts'
import type { WorkloadStats } from '../recording/workload-stats.ts'
import type { ResolvedWorkload } from '../scenario/resolved-scenario.ts'
import type { CallTraits } from './surge.ts'

/**
 * `client-17`; of a closed workload, the third call of the second user, `client-2.3`; in addition to those, while there
 * is a surge, `client-surge-17`; the second of a user who was not served with the first, `client-17~2`.
 */
function callId(caller: string, number: number, user: number | undefined, traits: CallTraits | undefined): string {
  const by = traits?.tag === undefined ? caller : `${caller}-${traits.tag}`
  const id = user === undefined ? `${by}-${number}` : `${by}-${user + 1}.${number}`
  return traits?.again === undefined ? id : `${id}~${traits.again}`
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
  call(key: number, number: number, owner: CallOwner, user?: number, traits?: CallTraits): void {
    const { world, workload } = this
    const callers = this.#callers
    const firstKey = traits?.firstKey ?? key
    const recorded = traits?.recorded
    const index = user ?? Math.floor(uniform(firstKey, Purpose.caller) * callers.length)
    const caller = callers[index % callers.length] as Caller
    const { service, method } = this.targetOf(firstKey, traits)
    const nowMs = world.kernel.nowUs / 1000
    const { deadlineMs, patience, impatient, maxDepth, priority, priorityOf, keyOf } = workload
    const waitsMs = patience === undefined ? deadlineMs : patience.sampleMs(mix(key, Purpose.patience))
    const judgedByMs = patience === undefined ? this.#record.judgedByMs : (waitsMs ?? Number.POSITIVE_INFINITY)
    const routingKey = recorded?.key ?? keyOf?.(firstKey)
    const inherited = {
      key,
      judgeUs: world.kernel.nowUs + Math.round(judgedByMs * 1000),
      deadlineMs: impatient && waitsMs !== undefined ? nowMs + waitsMs : Number.POSITIVE_INFINITY,
      depth: 1,
      maxDepth: maxDepth ?? Number.POSITIVE_INFINITY,
      attempt: 1,
      priority: recorded?.priority ?? (priorityOf === undefined ? priority : priorityOf(firstKey)),
      routingKey,
      dataKey: routingKey,
      root: world.recorder.witness === undefined ? undefined : callId(workload.callerName, number, user, traits),
      story: world.recorder.keepsStories
        ? world.recorder.openStory(callId(workload.callerName, number, user, traits))
        : undefined,
    }
    const edge = caller.host.edgeTo(service, world.recorder)
    const call = new SimCall(world, caller.host, edge, method, inherited, owner, this.#record)
    caller.runtime.start(service, call, startOptions(inherited), call)
  }

  /** Where the call named by `key` goes. */
  targetOf(key: number, traits?: CallTraits): Callee {
    if (traits?.recorded?.to !== undefined) return traits.recorded.to
    const { to, id } = this.workload
    const [first] = to
    if (first === undefined) throw new Error(`the workload ${id} has no target`)
    if (to.length === 1) return first
    if (traits?.service === undefined) return drawn(to, 1, key) ?? first
    const among = to.filter(({ service }) => service === traits.service)
    return drawn(among, this.shareOf(traits.service), key) ?? first
  }

  /** Of its calls, those that go to a service. */
  shareOf(service: string): number {
    return this.workload.to.reduce((sum, one) => sum + (one.service === service ? one.share : 0), 0)
  }
}

interface Callee {
  readonly service: string
  readonly method: string | undefined
}

function drawn<T extends { readonly share: number }>(among: readonly T[], sum: number, key: number): T | undefined {
  let left = uniform(mix(key, Purpose.target), 0) * sum
  for (const target of among) {
    left -= target.share
    if (left < 0) return target
  }
  return undefined
}
