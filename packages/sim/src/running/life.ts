import {
  assembleRuntime,
  type EventSink,
  type GovernanceEvent,
  NO_LOAD,
  NO_SIGNALS,
  requestScope,
} from '@seakeep/core/spi'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { VirtualInstance } from '../model/virtual-instance.ts'
import { VirtualLoad } from '../model/virtual-load.ts'
import { VirtualServers } from '../model/virtual-server.ts'
import { VirtualTransport } from '../model/virtual-transport.ts'
import type { Life } from '../model/workplace.ts'
import type { World } from '../model/world.ts'
import { ON_PAPER, TRANSITIONS } from '../recording/event-names.ts'
import { Fact } from '../recording/facts.ts'

/**
 * Brings a host to life: the runtime of the core, put together by the same `assembleRuntime` that production calls, on
 * ports that belong to this host and this life alone. `workers`: how many requests it works on at once.
 */
export function beginLife(world: World, host: VirtualHost, workers: number = Number.POSITIVE_INFINITY): Life {
  const random = host.createRandom()
  const { policies } = world.scenario
  const { uplinks } = world.network
  const board = uplinks.board(host, world.board.portFor(host))
  const load =
    policies?.inboundFor(host.caller)?.shed === undefined ? undefined : new VirtualLoad(world.kernel, workers)
  const runtime = assembleRuntime(
    { service: host.caller, zone: host.zone, policies },
    {
      clock: host.clock,
      random,
      events: new HostEvents(world, host),
      transports: [new VirtualTransport(world, host)],
      registries: [uplinks.registry(host, world.registry.portFor(host))],
      board,
      servers: [new VirtualServers()],
      load: load ?? NO_LOAD,
      requests: requestScope,
      signals: NO_SIGNALS,
    },
    world.parts,
  )
  host.runtime = runtime
  return { runtime, random, load }
}

/** Has an instance serve as a process does: it is announced, keeps its lease, and can be drained. */
export function serve(world: World, instance: VirtualInstance): void {
  const { host, life, service } = instance
  const { version, weight, failover } = instance.version
  const { ttlMs, heartbeatMs } = world.scenario.registry ?? {}
  const served = life.runtime.serve({
    name: host.caller,
    id: host.name,
    weight,
    ...(version === undefined ? {} : { version }),
    ...(failover === 0 ? {} : { meta: { priority: String(failover) } }),
    ...(service.drain === undefined
      ? {}
      : { drain: { spread: service.drain.spreadMs, finish: service.drain.finishMs } }),
    lease: { ttl: ttlMs, heartbeat: heartbeatMs },
  })
  if (world.scenario.policies?.inboundFor(host.caller) !== undefined) instance.admission = served.admission
  served.attach('sim', instance).announce(instance)
}

/** The event-sink port of a host: what its runtime decides becomes part of the run. */
class HostEvents implements EventSink {
  readonly #world: World
  readonly #host: VirtualHost

  constructor(world: World, host: VirtualHost) {
    this.#world = world
    this.#host = host
  }

  emit(event: GovernanceEvent): void {
    const { recorder } = this.#world
    if (event.type === 'drainStarted') return this.#tell(event.type)
    if (event.type === 'runtimeClosed') return this.#end()
    if (event.type === 'endpointsChanged') return this.#fact(event.service, undefined, event.type)
    if (!('service' in event) || !(TRANSITIONS.has(event.type) || ON_PAPER.has(event.type))) return
    // What is so on paper only has not happened: it is told, and is no fact.
    if (!('isShadow' in event || ON_PAPER.has(event.type))) this.#fact(event.service, event.endpoint, event.type)
    const { atMs: _, ...details } = event
    recorder.log.add({ atMs: this.#world.kernel.nowUs / 1000, caller: this.#host.name, ...details })
  }

  /** A process whose runtime is closed is at its end. */
  #end(): void {
    const instance = this.#world.instanceAt(this.#host.name)
    if (instance === undefined || !this.#host.isUp) return
    this.#tell('instanceStopped')
    this.#host.crash()
    instance.crash()
  }

  #tell(type: string): void {
    const { recorder, kernel } = this.#world
    recorder.log.add({ atMs: kernel.nowUs / 1000, type, endpoint: this.#host.name })
  }

  #fact(service: string, endpoint: string | undefined, type: string): void {
    const { recorder } = this.#world
    const entity = `${this.#host.name}>${endpoint ?? service}`
    recorder.facts.addNamed(recorder.services.get(service)?.facts, Fact.transition, entity, type)
  }
}
