import type { Fleet } from '../model/fleet.ts'
import { VirtualHost } from '../model/virtual-host.ts'
import { VirtualInstance } from '../model/virtual-instance.ts'
import type { World } from '../model/world.ts'
import type { ResolvedService, ResolvedVersion } from '../scenario/resolved-scenario.ts'
import { beginLife, serve } from './life.ts'

/** Brings instances to life, ends them and starts them anew, each by the core's own runtime. */
export class LivingFleet implements Fleet {
  readonly newcomers: Set<(instance: VirtualInstance) => void> = new Set()
  readonly #world: World
  readonly #seed: number

  constructor(world: World, seed: number) {
    this.#world = world
    this.#seed = seed
  }

  /** An instance that is there from the start, or joins: with the number after the last, and its zone in turn. */
  create(service: ResolvedService, version: ResolvedVersion): VirtualInstance {
    const world = this.#world
    const { name, zones, app, processors } = service
    const number = world.instancesOf(name).length + 1
    const options = { isAsync: app !== undefined, zone: dealt(zones, number), canDrift: world.canDrift }
    const host = new VirtualHost(`${name}#${number}`, name, world.kernel, this.#seed, options)
    world.addHost(host)
    const instance = new VirtualInstance(world, service, version, number, host, beginLife(world, host, processors))
    world.addInstance(instance)
    serve(world, instance)
    return instance
  }

  add(service: ResolvedService, version: ResolvedVersion): VirtualInstance {
    const instance = this.create(service, version)
    for (const tell of this.newcomers) tell(instance)
    this.#tell('instanceStarted', instance)
    return instance
  }

  stop(instance: VirtualInstance, how: 'drain' | 'crash', gone: () => void = () => {}): void {
    const { host, life } = instance
    if (!host.isUp) return gone()
    instance.onGone.add(gone)
    if (how === 'crash') {
      host.crash()
      instance.crash()
      return
    }
    // A process that stands still hears of it when it goes on.
    const close = (): void => void life.runtime.close().catch((error: unknown) => this.#world.kernel.fail(error))
    if (host.isPaused) host.hold({ onTimer: close })
    else close()
  }

  start(instance: VirtualInstance, version: ResolvedVersion = instance.version): void {
    const { host, service } = instance
    if (host.isUp) return
    host.restart()
    instance.version = version
    instance.life = beginLife(this.#world, host, service.processors)
    instance.isDraining = false
    serve(this.#world, instance)
    this.#tell('instanceRestarted', instance)
  }

  #tell(type: string, { name, version: { version } }: VirtualInstance): void {
    const { recorder, kernel } = this.#world
    const what = version === undefined ? {} : { version }
    recorder.log.add({ atMs: kernel.nowUs / 1000, type, endpoint: name, ...what })
  }
}

/** Zones are dealt in turn; `number` counts from 1. */
export function dealt(zones: readonly string[], number: number): string | undefined {
  return zones.length === 0 ? undefined : zones[(number - 1) % zones.length]
}
