import type { VirtualInstance } from '../model/virtual-instance.ts'
import type { ResolvedFault, ResolvedVersion } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

type Deploy = ResolvedFault & { readonly kind: 'deploy' }

/** Replaces the instances of a service, batch after batch; names stay, each has a new life. */
export function deploy(fault: Deploy, context: FaultContext): Striking {
  return { begin: () => new Rollout(fault, context).begin(), end() {} }
}

/**
 * One rolling replacement. A batch is taken down, started anew, and when all of it is ready again the next one follows
 * after the pause. Who is down when its turn comes stays down, and comes back as what the others have become by then.
 * A rollback stops it where it is and takes those that were replaced back, in the same batches.
 */
class Rollout {
  readonly #fault: Deploy
  readonly #context: FaultContext
  /** Who was replaced, and what it was before. */
  readonly #before: Map<VirtualInstance, ResolvedVersion> = new Map()
  #present: ReadonlySet<VirtualInstance> = new Set()
  #batch = 1
  /** How many are replaced in all; those that join meanwhile with the old version as well, unless it is a canary. */
  #most = 0
  #isGoingBack = false
  /** A batch, or the pause after it, is under way. */
  #isBusy = false

  constructor(fault: Deploy, context: FaultContext) {
    this.#fault = fault
    this.#context = context
  }

  begin(): void {
    const { batch, share, rollbackAfterMs } = this.#fault
    const instances = this.#members()
    this.#present = new Set(instances)
    this.#batch = 'count' in batch ? batch.count : Math.max(1, Math.floor(batch.ratio * instances.length))
    this.#most = share >= 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil(share * instances.length))
    if (rollbackAfterMs !== undefined) {
      this.#context.world.kernel.after(rollbackAfterMs * 1000, { onTimer: () => this.#goBack() })
    }
    this.#next()
  }

  #goBack(): void {
    this.#isGoingBack = true
    this.#log('deployRolledBack')
    if (!this.#isBusy) this.#next()
  }

  #next(): void {
    const all = this.#isGoingBack ? this.#toTakeBack() : this.#toReplace()
    this.#isBusy = all.length > 0
    if (!this.#isBusy) return this.#log('deployFinished')
    let open = 1
    const ready = (): void => {
      open -= 1
      if (open === 0) this.#after(this.#fault.pauseMs, () => this.#next())
    }
    for (const [instance, version] of all.slice(0, this.#batch)) {
      if (this.#isGoingBack) this.#before.delete(instance)
      else this.#before.set(instance, instance.version)
      open += 1
      this.#replace(instance, version, ready)
    }
    ready()
  }

  #replace(instance: VirtualInstance, version: ResolvedVersion, ready: () => void): void {
    const { fleet } = this.#context
    if (!instance.host.isUp) {
      instance.version = version
      return ready()
    }
    this.#context.touch(instance.name)
    fleet.stop(instance, this.#fault.isDrained ? 'drain' : 'crash', () =>
      this.#after(this.#fault.startAfterMs, () => {
        fleet.start(instance, version)
        ready()
      }),
    )
  }

  #toReplace(): (readonly [VirtualInstance, ResolvedVersion])[] {
    const { version } = this.#fault
    const old = this.#members().filter(
      (one) => !this.#before.has(one) && (this.#present.has(one) || (version !== undefined && one.version !== version)),
    )
    return old
      .slice(0, Math.max(0, this.#most - this.#before.size))
      .map((instance) => [instance, version ?? instance.version])
  }

  #toTakeBack(): (readonly [VirtualInstance, ResolvedVersion])[] {
    return [...this.#before].filter(([instance]) => !instance.isRetired)
  }

  #members(): readonly VirtualInstance[] {
    return this.#context.instances(this.#fault.target).filter((instance) => !instance.isRetired)
  }

  #after(ms: number, run: () => void): void {
    this.#context.world.kernel.after(ms * 1000, { onTimer: run })
  }

  #log(type: string): void {
    const { kernel, recorder } = this.#context.world
    const { target, version } = this.#fault
    const what = version === undefined ? {} : { version: version.version }
    recorder.log.add({ atMs: kernel.nowUs / 1000, type, service: target.service, ...what })
  }
}
