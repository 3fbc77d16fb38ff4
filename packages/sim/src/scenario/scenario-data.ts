/**
 * The data form of a scenario: what `*.sim.yaml` holds and what the helpers of a `*.sim.ts` return, so that a scenario
 * can be printed, shrunk and sent to a worker. Only a service's `app` is code. What the fields mean, with defaults and
 * bounds, is said here and checked in `resolve-scenario.ts`; features which this version does not have are not typed.
 */
import type { Duration, Ratio } from '@seakeep/core'
import type { DistributionData } from '../model/distributions.ts'
import type { AppHandler } from './app-handler.ts'
import type { InvariantsData } from './invariants-data.ts'
import type { PropertiesData } from './properties-data.ts'
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

export interface NetworkData {
  /** Delay of a message, each way. Default 0.5 ms. */
  readonly latency?: DistributionData
  /** Share of messages lost. Only 0 in this version. */
  readonly loss?: 0
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
}

export type StepData = WorkStepData | CallStepData | readonly StepData[]
export interface WorkStepData {
  readonly work: DistributionData
}
export interface CallStepData {
  /** As `orders` or `orders/POST /charges`. */
  readonly call: string
  /** Share of requests that make this call. Default 1. */
  readonly probability?: Ratio
  /** True: its failure does not fail the request. Default false. */
  readonly optional?: boolean
}

export interface ServiceData extends OperationData {
  /** Instances. Default 1, to 100,000. */
  readonly replicas?: number
  /** Workers of each instance. Default unlimited; 1 to 1e6. */
  readonly concurrency?: number
  /** Places in each instance's waiting line; a request that finds it full is refused. Default unlimited; 0 to 1e9. */
  readonly queue?: number
  /** Refuses who has waited longer. Default never. */
  readonly queueTimeout?: Duration
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
}

export type Discipline = 'fifo' | 'lifo' | 'priority' | 'processor-sharing' | 'codel'

/** What is said here stands instead of what the service says; `steps` instead of its `work` and `calls`, or they instead of it. */
export interface VersionData extends OperationData {
  /** Instances of this version; they are numbered on from those of the version before. Default 1, to 100,000. */
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
export type SlowData = LastingData & SlowChangeData & { readonly ratio?: Ratio }
export interface ErrorData extends LastingData {
  /** Share of requests struck. Default 1. */
  readonly ratio?: Ratio
  /** When the error is answered. Default at once. */
  readonly after?: Duration
}
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

/** A fault strikes a service, an instance `orders#3` (from 1), a zone `zone:a` or an edge `a>b`. */
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
  | { readonly surge: TargetData & SurgeData }
)

type Aggregate = 'ratio' | `p(${number})` | 'avg' | 'max' | 'value' | 'count' | 'rate' | 'time'
type Operator = '<' | '<=' | '>' | '>=' | '==' | '!='
/** As `ratio>=0.99 within 1s`, `p(99)<1500ms`, `time<30s`. */
export type ThresholdExpression = `${Aggregate}${'' | ' '}${Operator}${'' | ' '}${number}${string}`
