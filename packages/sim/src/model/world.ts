import { ConfigError } from '@seakeep/core'
import { didYouMean, type RuntimeParts } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import type { Load } from '../workload/surge.ts'
import type { Ambience } from './ambience.ts'
import type { Network } from './network.ts'
import type { Surroundings } from './surroundings.ts'
import type { VirtualBoard } from './virtual-board.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { VirtualInstance } from './virtual-instance.ts'
import type { VirtualRegistry } from './virtual-registry.ts'

/** Everything that is simulated in one run, found by name. */
export class World implements Surroundings {
  readonly scenario: ResolvedScenario
  readonly kernel: Kernel
  readonly recorder: Recorder
  readonly network: Network
  readonly registry: VirtualRegistry
  readonly board: VirtualBoard
  readonly ambience: Ambience
  readonly canDrift: boolean
  /** What the scenario's modules replace of each runtime. */
  readonly parts: Partial<RuntimeParts>
  readonly #instances = new Map<string, VirtualInstance>()
  /** By port. */
  readonly #listening: (VirtualInstance | undefined)[] = [undefined]
  readonly #byService = new Map<string, VirtualInstance[]>()
  readonly #hosts: VirtualHost[] = []
  readonly #loads = new Map<string, Load>()

  constructor(
    scenario: ResolvedScenario,
    kernel: Kernel,
    recorder: Recorder,
    network: Network,
    registry: VirtualRegistry,
    board: VirtualBoard,
    ambience: Ambience,
    parts: Partial<RuntimeParts> = {},
  ) {
    this.scenario = scenario
    this.kernel = kernel
    this.recorder = recorder
    this.network = network
    this.registry = registry
    this.board = board
    this.ambience = ambience
    this.canDrift = scenario.faults.some((fault) => fault.kind === 'clockSkew' && fault.driftPpm !== 0)
    this.parts = parts
  }

  get hosts(): readonly VirtualHost[] {
    return this.#hosts
  }

  get instances(): Iterable<VirtualInstance> {
    return this.#instances.values()
  }

  addHost(host: VirtualHost): void {
    this.#hosts.push(host)
  }

  addInstance(instance: VirtualInstance): void {
    this.#instances.set(instance.name, instance)
    instance.port = this.#listening.push(instance) - 1
    const { name } = instance.service
    const all = this.#byService.get(name)
    if (all === undefined) this.#byService.set(name, [instance])
    else all.push(instance)
  }

  addLoad(workload: string, load: Load): void {
    this.#loads.set(workload, load)
  }

  /** What makes the calls of a workload. */
  loadOf(workload: string): Load | undefined {
    return this.#loads.get(workload)
  }

  /** By name: `orders#3`. Who knows its port as well finds it with a step into a list, instead of the four of a name. */
  instanceAt(name: string, port?: number): VirtualInstance | undefined {
    const near = port === undefined ? undefined : this.#listening[port]
    return near?.name === name ? near : this.#instances.get(name)
  }

  instancesOf(service: string): readonly VirtualInstance[] {
    return this.#byService.get(service) ?? []
  }

  /** @throws ConfigError with a "did you mean" where the topology has no such service. */
  requireService(name: string): void {
    if (this.#byService.has(name)) return
    const near = didYouMean(name, this.#byService.keys())
    throw new ConfigError('client', `${JSON.stringify(name)} is no service of the topology${near}`)
  }
}
