import type { BalancerFactory } from '../balancing/balancer.ts'
import type { Classifier } from '../call/classification.ts'
import type { PolicyDocument } from '../config/policy-document.ts'
import type { PolicyOrigin } from '../config/policy-follower.ts'
import type { ResolvedDiscoveryOptions } from '../discovery/discovery-options.ts'
import type { Registry } from '../discovery/registry.ts'
import type { SnapshotStore } from '../discovery/snapshot-store.ts'
import type { LimitAlgorithmFactory } from '../limiting/limit-algorithm.ts'
import type { Random } from '../random/random.ts'
import type { LoadMonitor } from '../serving/load-monitor.ts'
import type { RequestScope } from '../serving/request-scope.ts'
import type { ServerAdapter } from '../serving/server-adapter.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import type { Transport } from '../transport/transport.ts'
import type { Edge } from './edge.ts'
import type { ResolvedExplainOptions } from './explain-options.ts'
import type { ProcessSignals } from './process-signals.ts'

/** The doors through which the outside comes in. Production and simulation differ in these and in nothing else. */
export interface RuntimePorts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
  /** One per protocol; an endpoint's `protocol` picks. */
  readonly transports: readonly Transport[]
  /** Asked in this order: the first that knows a service answers for it. */
  readonly registries: readonly Registry[]
  /** Where last good lists outlive the process. Absent: nowhere. */
  readonly snapshots?: SnapshotStore | undefined
  /** Where the instances of a service leave notes for each other. Absent: each decides alone. */
  readonly board?: SharedBoard | undefined
  readonly servers: readonly ServerAdapter[]
  /** Members that packages add to the runtime. */
  readonly edges?: readonly Edge[] | undefined
  /** Where inbound requests are found without being handed on. Absent: nowhere. */
  readonly requests?: RequestScope | undefined
  readonly load: LoadMonitor
  readonly signals: ProcessSignals
}

/** What a user may replace. */
export interface RuntimeParts {
  readonly classifier: Classifier
  readonly createBalancer: BalancerFactory
  /** Undefined: the built-in algorithms. */
  readonly createLimit: LimitAlgorithmFactory | undefined
  /** How far registries are believed. Undefined: the defaults. */
  readonly discovery?: ResolvedDiscoveryOptions | undefined
  /** Which calls are explained. Undefined: none. */
  readonly explain?: ResolvedExplainOptions | undefined
}

/** Who the runtime speaks for, and by which policies. */
export interface RuntimeIdentity {
  /** The service this process is an instance of: the `a` of `a>b`. */
  readonly service: string
  /** Where the process runs, for zone-aware balancing. */
  readonly zone?: string | undefined
  /** Undefined: one bare attempt, round-robin, no timeout. */
  readonly policies: PolicyDocument | undefined
  /** Where they came from; absent for what was given in code. */
  readonly policiesFrom?: PolicyOrigin | undefined
}
