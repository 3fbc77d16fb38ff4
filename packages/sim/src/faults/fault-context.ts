import type { Fleet } from '../model/fleet.ts'
import type { ServerFault } from '../model/server-faults.ts'
import type { VirtualInstance } from '../model/virtual-instance.ts'
import type { World } from '../model/world.ts'
import { Fact } from '../recording/facts.ts'
import type { FaultTarget } from '../scenario/resolved-scenario.ts'

/** What a fault may reach, and how it says that it has touched something. */
export class FaultContext {
  readonly world: World
  /** Names the coin of a fault that strikes by chance. */
  readonly coin: number
  readonly label: string
  readonly fleet: Fleet
  readonly #touched = new Set<string>()

  constructor(world: World, coin: number, label: string, fleet: Fleet) {
    this.world = world
    this.coin = coin
    this.label = label
    this.fleet = fleet
  }

  /** A fact of the run, the first time the fault touches this thing. */
  touch(what: string): void {
    if (this.#touched.has(what)) return
    this.#touched.add(what)
    this.world.recorder.facts.addNamed(undefined, Fact.fault, what, this.label)
  }

  /** The instances a target stands for. */
  instances(target: FaultTarget): VirtualInstance[] {
    const { world } = this
    if (target.kind === 'service') return [...world.instancesOf(target.service)]
    if (target.kind === 'instance') {
      return world.instancesOf(target.service).filter((instance) => instance.number === target.number)
    }
    if (target.kind === 'zone') return [...world.instances].filter((instance) => instance.host.zone === target.zone)
    return []
  }

  /** Strikes the requests at a target while it is on: at those instances, too, that join meanwhile. */
  atServers(target: FaultTarget, strike: ServerFault): Striking {
    const join = (instance: VirtualInstance): void => {
      if (this.instances(target).includes(instance)) instance.addFault(strike)
    }
    return {
      begin: () => {
        for (const instance of this.instances(target)) instance.addFault(strike)
        this.fleet.newcomers.add(join)
      },
      end: () => {
        for (const instance of this.instances(target)) instance.removeFault(strike)
        this.fleet.newcomers.delete(join)
      },
    }
  }
}

/** Something that begins, and ends again. */
export interface Striking {
  begin(): void
  end(): void
}
