import type { Instance } from '@seakeep/core'
import {
  Admission,
  assembleRuntime,
  type EventSink,
  type GovernanceEvent,
  NO_LOAD,
  NO_SIGNALS,
  Registrar,
  requestScope,
} from '@seakeep/core/spi'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { VirtualInstance } from '../model/virtual-instance.ts'
import { VirtualLoad } from '../model/virtual-load.ts'
import { VirtualTransport } from '../model/virtual-transport.ts'
import type { Life } from '../model/workplace.ts'
import type { World } from '../model/world.ts'
import { Fact } from '../recording/facts.ts'

/**
 * Brings a host to life: the runtime of the core, put together by the same `assembleRuntime` that production calls, on
 * ports that belong to this host and this life alone. `workers`: how many requests it works on at once.
 */
export function beginLife(world: World, host: VirtualHost, workers: number = Number.POSITIVE_INFINITY): Life {
  const random = host.createRandom()
  const { policies } = world.scenario
  const board = world.board.portFor(host)
  const runtime = assembleRuntime(
    { service: host.caller, zone: host.zone, policies },
    {
      clock: host.clock,
      random,
      events: new HostEvents(world, host),
      transports: [new VirtualTransport(world, host)],
      registries: [world.registry.portFor(host)],
      board,
      requests: requestScope,
      servers: [],
      load: NO_LOAD,
      signals: NO_SIGNALS,
    },
    world.parts,
  )
  host.runtime = runtime
  const inbound = policies?.inboundFor(host.caller)
  const load = inbound?.shed === undefined ? undefined : new VirtualLoad(world.kernel, workers)
  const events = new HostEvents(world, host)
  return {
    runtime,
    random,
    admission:
      inbound === undefined
        ? undefined
        : new Admission(inbound, host.clock, {
            random,
            events,
            board,
            service: host.caller,
            createLimit: world.parts.createLimit,
            ...(load && { load }),
          }),
    load,
  }
}

/** Announces an instance through the core's own registrar, which keeps its lease. */
export function announce(world: World, { host, life, version: { version, weight, failover } }: VirtualInstance): void {
  const instance: Instance = {
    id: host.name,
    service: host.caller,
    address: { host: host.name, port: 0 },
    protocol: 'sim',
    weight,
    ...(version === undefined ? {} : { version }),
    ...(failover === 0 ? {} : { meta: { priority: String(failover) } }),
    ...(host.zone === undefined ? {} : { zone: host.zone }),
  }
  const ports = { clock: host.clock, random: life.random, events: new HostEvents(world, host) }
  new Registrar(instance, world.registry.portFor(host), ports).start()
}

/** Which events are transitions: hashed as facts and kept in the run's list. */
const TRANSITIONS: ReadonlySet<GovernanceEvent['type']> = new Set([
  'circuitOpened',
  'circuitHalfOpened',
  'circuitClosed',
  'circuitIsolated',
  'circuitReleased',
  'endpointEjected',
  'endpointReturned',
  'endpointFailedChecks',
  'endpointRecovered',
  'registrationLost',
  'endpointsRetained',
  'resolverFailed',
  'resolverRecovered',
  'retryBudgetExhausted',
  'panicEntered',
  'panicLeft',
  'sheddingStarted',
  'sheddingEnded',
] as const)

/** Kept in the run's list, and no facts: what layers in shadow have counted. */
const ON_PAPER: ReadonlySet<GovernanceEvent['type']> = new Set(['shadowRefused', 'shadowCounted'] as const)

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
    if (event.type === 'endpointsChanged') return this.#fact(event.service, undefined, event.type)
    if (!('service' in event) || !(TRANSITIONS.has(event.type) || ON_PAPER.has(event.type))) return
    // What is so on paper only has not happened: it is told, and is no fact.
    if (!('isShadow' in event || ON_PAPER.has(event.type))) this.#fact(event.service, event.endpoint, event.type)
    const { atMs: _, ...details } = event
    recorder.log.add({ atMs: this.#world.kernel.nowUs / 1000, caller: this.#host.name, ...details })
  }

  #fact(service: string, endpoint: string | undefined, type: string): void {
    const { recorder } = this.#world
    const entity = `${this.#host.name}>${endpoint ?? service}`
    recorder.facts.addNamed(recorder.services.get(service)?.hash, Fact.transition, entity, type)
  }
}
