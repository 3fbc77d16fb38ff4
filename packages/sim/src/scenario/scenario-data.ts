/**
 * The data form of a scenario: what `*.sim.yaml` holds and what the helpers of a `*.sim.ts` return, so that a scenario
 * can be printed, shrunk and sent to a worker. Only a service's `app` is code. What the fields mean, with defaults and
 * bounds, is said here and checked in `resolve-scenario.ts`; features which this version does not have are not typed.
 */
import type { Duration, Ratio } from '@seakeep/core'
import type { DistributionData } from '../model/distributions.ts'
import type { AppHandler } from './app-handler.ts'
import type { AutoscaleData } from './autoscale.ts'
import type { CacheData } from './cache.ts'
import type { ColdStartData } from './cold-start.ts'
import type { ContentionData } from './contention.ts'
import type { DrainTimesData } from './drain-times.ts'
import type { EventLoopData } from './event-loop.ts'
import type {
  ClockSkewData,
  DrainData,
  RegistryEmptyData,
  RegistryFlapData,
  RegistryPartialData,
  RegistryPartitionData,
  RegistryStaleData,
} from './faults/fleet-data.ts'
import type { RequestFilterData } from './faults/request-filter.ts'
import type { InvariantsData } from './invariants-data.ts'
import type {
  BandwidthData,
  DuplicateData,
  LossFaultData,
  NetworkData,
  PartitionData,
  ResetData,
} from './network-data.ts'
import type { PropertiesData } from './properties-data.ts'
import type { RegistryData } from './registry-options.ts'
import type { Bytes } from './resolving/byte-fields.ts'
import type { SwarmData } from './swarm/swarm-data.ts'
import type { WorkloadData } from './workload-data.ts'

export interface ScenarioData {
  /** What the run is called in reports. Default: the file's name. */
  readonly name?: string
  /** What its readers should know, as an importer leaves it; changes nothing. */
  readonly notes?: readonly string[]
  /** Length of the run in virtual time. Default 60 s, above 0. */
  readonly duration?: Duration
  /** What is offered before this instant is not measured. Default 0, below `duration`. */
  readonly warmup?: Duration
  /** All chance of the run follows from it. Default 1; 0 to 2^53-1. */
  readonly seed?: number | `0x${string}`
  readonly network?: NetworkData
  /** Default: what changes is known at once. */
  readonly registry?: RegistryData
  /** A policy document: a file's path, relative to the scenario's file, or the document itself. Default: none. */
  readonly policies?: string | Readonly<Record<string, unknown>>
  /** Parts of one's own (balancer, limit algorithm, classifier) as inversify modules, for every runtime. Code only. */
  readonly modules?: readonly object[]
  readonly topology: TopologyData | ForeignTopologyData
  /** Who calls. Required, unless the topology was imported. */
  readonly workload?: readonly WorkloadData[]
  readonly faults?: readonly FaultData[]
  /** By metric, as `gateway.goodput`; a run in which one does not hold has failed. */
  readonly thresholds?: Readonly<Record<string, ThresholdExpression | readonly ThresholdExpression[]>>
  /** What must hold always, at last or at some time; a run in which one does not has failed. */
  readonly properties?: PropertiesData
  /** What no system may do, as `['noCallToDead', { deadline: '5ms' }]` or `all`; broken, the run has failed. */
  readonly invariants?: InvariantsData
  /** Faults that each seed draws for itself, beside those of `faults`; `true` for any. Default: none. */
  readonly swarm?: boolean | SwarmData
}

export type TopologyData = Readonly<Record<string, ServiceData>>

/** A service graph in isotope's format, by its file's path, relative to the scenario's file. */
export interface IsotopeData {
  readonly isotope: string
}

/** Traces of Jaeger, or of OpenTelemetry in JSON, by their file's path, relative to the scenario's file. */
export interface JaegerData {
  readonly jaeger: string
}
export interface OtlpData {
  readonly otlp: string
}
/** A dependency graph of Jaeger, `[{ parent, child, callCount }]`, by its file's path, relative to the scenario's file. */
export interface JaegerDependenciesData {
  readonly jaegerDependencies: string
}
export type ForeignTopologyData = IsotopeData | JaegerData | JaegerDependenciesData | OtlpData

/** What a service, or one of its methods, does with a request. */
export interface OperationData {
  /** Service time, held on a worker. Default none. */
  readonly work?: DistributionData
  /** Services called one after another when the work is done, as `orders` or `orders/POST /charges`. */
  readonly calls?: readonly string[]
  /** Instead of `work` and `calls`: what is done, in order; a list inside runs in parallel. */
  readonly steps?: readonly StepData[]
  /** Share of requests answered with an error after their steps. Default 0. */
  readonly errorRate?: Ratio
  /** Length of the requests. Counts where the network has a bandwidth. Default 0. */
  readonly requestBytes?: Bytes
  /** Length of the answers, errors and refusals excepted. Counts where the network has a bandwidth. Default 0. */
  readonly responseBytes?: Bytes
  /** Answers it remembers, by the key of the user's call; see `CacheData`. Default none. */
  readonly cache?: CacheData
}

export type StepData = WorkStepData | WaitStepData | CallStepData | readonly StepData[]
export interface WorkStepData {
  readonly work: DistributionData
}
/** Time passes (a timer, a disk): the worker is held all the same, unless `holdWorkerDuringCalls` is false. */
export interface WaitStepData {
  readonly wait: DistributionData
}
export interface CallStepData {
  /** As `orders` or `orders/POST /charges`. */
  readonly call: string
  /** Share of requests that make this call. Default 1. */
  readonly probability?: Ratio
  /** True: its failure does not fail the request. Default false. */
  readonly optional?: boolean
  /** Length of the request. Default what the operation that is called says. */
  readonly requestBytes?: Bytes
  /** Length of its answer. Default what the operation that is called says. */
  readonly responseBytes?: Bytes
}

export interface ServiceData extends OperationData {
  /** Instances. Default 1, to 100,000. */
  readonly replicas?: number
  /** Workers of each instance. Default unlimited; 1 to 1e6. */
  readonly concurrency?: number
  /** Places in each instance's waiting line; a request that finds it full is refused. Default unlimited; 0 to 1e9. */
  readonly queue?: number
  /** Refuses who has waited longer: a length for all, or one drawn for each request. Default never. */
  readonly queueTimeout?: DistributionData
  /** Zones the instances are dealt to in turn. Default none. */
  readonly zones?: readonly string[]
  /** By method, as `POST /charges`; a request for another is answered by the service's own work or steps. */
  readonly methods?: Readonly<Record<string, OperationData>>
  /** By version, instead of `replicas`: instances that differ in what is said here. All else is the service's. */
  readonly versions?: Readonly<Record<string, VersionData>>
  /** Share of the traffic of each instance, relative to the others'. Default 1, from 0 to 1e6. */
  readonly weight?: number
  /**
   * Failover level of the instances (Envoy's priority, announced as `meta.priority`): those of level 1 are called as far as
   * too few of level 0 are healthy, and so on. Default 0, to 100.
   */
  readonly failover?: number
  /** The service's real code, instead of work, calls, steps and methods. */
  readonly app?: AppHandler
  /** What an exception of `app` does which is no answer: stop the run (default), or fail the call. */
  readonly onThrow?: 'stop' | 'fail'
  /** Default: it has as many instances as it began with. */
  readonly autoscale?: AutoscaleData
  /** How long its instances take to leave where they are drained: by `drain`, `deploy` and autoscaling. */
  readonly drain?: DrainTimesData
  /**
   * Who is next when a worker is free. Default `fifo`. `priority`: by the calls' class, `sheddable` after `default` after
   * all others, in order within a class, and nobody at work is interrupted. `codel`: under overload (the shortest wait of
   * 100 ms was above 5 ms) the newest first, and who has waited above 10 ms is refused. `processor-sharing`: nobody waits,
   * all present share the workers equally, none above one worker's speed; `queue` bounds how many may be present beyond
   * them. All but `fifo` need `concurrency`.
   */
  readonly discipline?: Discipline
  /**
   * False: a worker is free for others while the request it worked on waits for nothing but its own calls; after them the
   * request comes back to the end of the line, where it is neither refused nor timed out. Default true.
   */
  readonly holdWorkerDuringCalls?: boolean
  /**
   * What becomes of a request whose caller has given up, as soon as the server hears of it. `finish` (default): nothing;
   * `dequeue`: it leaves the line, but work begun is finished; `abort`: its work and its own calls are ended, too.
   */
  readonly onCancel?: 'finish' | 'dequeue' | 'abort'
  /**
   * Each instance is a Node process: all `work` runs on its one event loop, a piece at a time, while `wait` and calls pass
   * beside it, and requests take turns between their steps. `concurrency` bounds the requests in progress. Utilisation, and
   * what inbound shedding reads, are the loop's. Default false.
   */
  readonly eventLoop?: boolean | EventLoopData
  /** Work takes longer while an instance is young. Default no. */
  readonly coldStart?: ColdStartData
  /** Work takes longer the more requests are in progress on the instance. Default no. */
  readonly contention?: ContentionData
}

export type Discipline = 'fifo' | 'lifo' | 'priority' | 'processor-sharing' | 'codel'

/** What is said here stands instead of what the service says; `steps` instead of its `work` and `calls`, or they instead of it. */
export interface VersionData extends OperationData {
  /**
   * Instances of this version; they are numbered on from those of the version before. Default 1, from 0 (for one that a
   * deploy brings) to 100,000.
   */
  readonly replicas?: number
  /** By method: laid over the service's entry for the same method. */
  readonly methods?: Readonly<Record<string, OperationData>>
  /** Default: the service's. */
  readonly weight?: number
  /** Default: the service's. */
  readonly failover?: number
}

/** How long a fault lasts. Default: to the end of the run. */
interface LastingData {
  readonly for?: Duration
}
/** How much slower: exactly one of the three. On an edge it is the packets' delay, else the work. */
export type SlowChangeData =
  | { readonly add: Duration; readonly factor?: never; readonly to?: never }
  | { readonly factor: number; readonly add?: never; readonly to?: never }
  | { readonly to: Duration; readonly add?: never; readonly factor?: never }
export type SlowData = LastingData & SlowChangeData & RequestFilterData & { readonly ratio?: Ratio }
export interface ErrorData extends LastingData, RequestFilterData {
  /** Share of requests struck. Default 1. */
  readonly ratio?: Ratio
  /** When the error is answered. Default at once. */
  readonly after?: Duration
  /** Default 500; 429, or 500 to 599. 429 and 503 are a server's refusal. */
  readonly status?: number
  /** With 429 and 503: how long callers are asked to wait. Default nothing is said. */
  readonly retryAfter?: Duration
}
export interface HangData extends LastingData, RequestFilterData {
  /** Share of requests struck. Default 1. */
  readonly ratio?: Ratio
}
/** How many workers each instance has left: exactly one of the two. A share is rounded up; who is at work goes on. */
export type CapacityData = LastingData &
  (
    | { /** 0 to 1. */ readonly factor: number; readonly to?: never }
    | { /** 0 or more, below `concurrency`. */ readonly to: number; readonly factor?: never }
  )
export interface CrashData {
  /** Default: it stays away. */
  readonly restartAfter?: Duration
}
export type PauseData = LastingData
export type HoldData = LastingData
export type RegistryDownData = LastingData
export interface SurgeData extends LastingData {
  /** Calls that are made, over those that would be without it. Required, 0 to 1e6; below 1 some are not made. */
  readonly factor: number
}

/**
 * A rolling replacement of a service's instances. The new version is one of the service's `versions`, or a new one, which
 * differs from the service in what is said here; without `version` all restart as they are.
 */
export interface DeployData extends OperationData {
  readonly version?: string
  /** Instances replaced at once: a number, or a share of all, rounded down and at least one. Default 25 %. */
  readonly batch?: number | Ratio
  /** Between a batch that is ready and the next. Default 0. */
  readonly pause?: Duration
  /** From when an old instance is gone until the new one is ready. Default 0. */
  readonly startAfter?: Duration
  /** False: the old ones are killed instead of drained. Default true. */
  readonly drain?: boolean
  /** A canary: only this share of the instances is replaced, rounded up. Default 1. */
  readonly share?: Ratio
  /** When, after its begin, it is stopped and what was replaced is taken back, in the same batches. Default never. */
  readonly rollbackAfter?: Duration
  readonly methods?: Readonly<Record<string, OperationData>>
  readonly weight?: number
  readonly failover?: number
}

/**
 * A fault strikes a service, an instance `orders#3` (from 1), a zone `zone:a`, or one direction of a way: an edge `a>b`, or
 * `zone:a>zone:b`, `zone:a>*`.
 */
interface TargetData {
  readonly target: string
}
export type FaultData = { readonly at: Duration } & (
  | { readonly slow: TargetData & SlowData }
  | { readonly error: TargetData & ErrorData }
  | { readonly crash: TargetData & CrashData }
  | { readonly pause: TargetData & PauseData }
  | { readonly hold: TargetData & HoldData }
  | { readonly registryDown: RegistryDownData }
  | { readonly partition: TargetData & PartitionData }
  | { readonly loss: TargetData & LossFaultData }
  | { readonly duplicate: TargetData & DuplicateData }
  | { readonly bandwidth: TargetData & BandwidthData }
  | { readonly reset: TargetData & ResetData }
  | { readonly registryStale: RegistryStaleData }
  | { readonly registryFlap: TargetData & RegistryFlapData }
  | { readonly registryPartial: RegistryPartialData }
  | { readonly registryEmpty: RegistryEmptyData }
  | { readonly registryPartition: RegistryPartitionData }
  | { readonly drain: TargetData & DrainData }
  | { readonly deploy: TargetData & DeployData }
  | { readonly clockSkew: TargetData & ClockSkewData }
  | { readonly hang: TargetData & HangData }
  | { readonly capacity: TargetData & CapacityData }
  | { readonly flush: TargetData }
  | { readonly surge: TargetData & SurgeData }
)

type Aggregate = 'ratio' | `p(${number})` | 'avg' | 'max' | 'value' | 'count' | 'rate' | 'time'
type Operator = '<' | '<=' | '>' | '>=' | '==' | '!='
/** As `ratio>=0.99 within 1s`, `p(99)<1500ms`, `time<30s`. */
export type ThresholdExpression = `${Aggregate}${'' | ' '}${Operator}${'' | ' '}${number}${string}`
