import type { ServiceIdentifier } from 'inversify'
import type { BalancerFactory } from '../balancing/balancer.ts'
import type { Classifier } from '../call/classification.ts'
import type { PolicySource } from '../config/policy-source.ts'
import type { Registry } from '../discovery/registry.ts'
import type { LimitAlgorithmFactory } from '../limiting/limit-algorithm.ts'
import type { Lock } from '../locking/lock.ts'
import type { Random } from '../random/random.ts'
import type { LoadMonitor } from '../serving/load-monitor.ts'
import type { RequestScope } from '../serving/request-scope.ts'
import type { ServerAdapter } from '../serving/server-adapter.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { Transport } from '../transport/transport.ts'
import type { Edge } from './edge.ts'
import type { ProcessSignals } from './process-signals.ts'

/**
 * A typed name for what a module binds. The return type keeps `T`: a bare symbol annotated in place would lose it.
 */
export function token<T>(name: string): ServiceIdentifier<T> {
  return Symbol.for(`@seakeep/core/${name}`)
}

/** Made from the ports of time, chance and events: what an adapter needs to live in virtual and real time alike. */
export interface AdapterPorts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
  /** Where inbound requests are found without being handed on. Default: the process's. */
  readonly requests?: RequestScope | undefined
}

/**
 * What modules may bind. Transports, registries, servers and edges add up (bind them with `bind`); of every other token the
 * binding of the last module counts (bind them with `rebind`).
 */
export interface TokenTable {
  readonly clock: ServiceIdentifier<Clock>
  readonly random: ServiceIdentifier<Random>
  readonly events: ServiceIdentifier<EventSink>
  readonly load: ServiceIdentifier<LoadMonitor>
  readonly signals: ServiceIdentifier<ProcessSignals>
  readonly classifier: ServiceIdentifier<Classifier>
  readonly balancer: ServiceIdentifier<BalancerFactory>
  readonly limit: ServiceIdentifier<LimitAlgorithmFactory>
  readonly board: ServiceIdentifier<(ports: AdapterPorts) => SharedBoard>
  readonly transport: ServiceIdentifier<(ports: AdapterPorts) => Transport>
  readonly registry: ServiceIdentifier<(ports: AdapterPorts) => Registry>
  readonly policySource: ServiceIdentifier<(ports: AdapterPorts) => PolicySource>
  readonly lock: ServiceIdentifier<(ports: AdapterPorts) => Lock>
  readonly server: ServiceIdentifier<(ports: AdapterPorts) => ServerAdapter>
  readonly edge: ServiceIdentifier<(ports: AdapterPorts) => Edge>
  readonly requests: ServiceIdentifier<RequestScope>
}

export const Tokens: TokenTable = {
  clock: token('clock'),
  random: token('random'),
  events: token('events'),
  load: token('load'),
  signals: token('signals'),
  classifier: token('classifier'),
  balancer: token('balancer'),
  limit: token('limit'),
  board: token('board'),
  transport: token('transport'),
  registry: token('registry'),
  policySource: token('policy-source'),
  lock: token('lock'),
  server: token('server'),
  edge: token('edge'),
  requests: token('requests'),
}
