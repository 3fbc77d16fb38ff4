import type { MODULES, PolicyDocument } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import type { RunEvent } from '../recording/run-document.ts'
import type { AppHandler } from './app-handler.ts'
import type { ResolvedAutoscale } from './autoscale.ts'
import type { ResolvedCache } from './cache.ts'
import type { ResolvedColdStart } from './cold-start.ts'
import type { ResolvedContention } from './contention.ts'
import type { ResolvedDrainTimes } from './drain-times.ts'
import type { ResolvedEventLoop } from './event-loop.ts'
import type { RequestFilter } from './faults/request-filter.ts'
import type { InvariantName } from './invariants-data.ts'
import type { StepView } from './properties-data.ts'
import type { ResolvedRegistryOptions } from './registry-options.ts'
import type { ResolvedArrivals } from './resolved-arrivals.ts'
import type { Discipline } from './scenario-data.ts'

/**
 * A scenario after validation: what the simulator builds a world from. Every name is known to exist, every duration is
 * in milliseconds, every default is filled in.
 */
export interface ResolvedScenario {
  readonly name: string
  readonly durationMs: number
  readonly warmupMs: number
  readonly seed: number
  readonly network: ResolvedNetwork
  /** Undefined: what changes is known at once, leases have the core's own lengths. */
  readonly registry?: ResolvedRegistryOptions | undefined
  /** Undefined: one bare attempt, round-robin. */
  readonly policies: PolicyDocument | undefined
  /** Container modules with parts of the user's own. */
  readonly modules: ReturnType<typeof MODULES.resolve>
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly faults: readonly ResolvedFault[]
  readonly thresholds: readonly ResolvedThreshold[]
  readonly properties: readonly ResolvedProperty[]
  readonly invariants: readonly ResolvedInvariant[]
  /** The faults that were drawn for this seed, in words; undefined without swarm. */
  readonly swarm?: readonly string[] | undefined
}

export interface ResolvedNetwork {
  readonly latency: Distribution
  readonly loss: ResolvedLoss
  /** Share of the requests that arrive twice. */
  readonly duplicate: number
  /** Of each direction of each edge; undefined for no limit. */
  readonly bytesPerSecond: number | undefined
  /** What is said of some ways only, the most specific first; what one leaves out the next one says. */
  readonly links: readonly ResolvedLink[]
}

/** Messages that are lost. */
export interface ResolvedLoss {
  readonly ratio: number
  /** How many are lost in a row, on average; undefined where each is lost by itself. */
  readonly burst: number | undefined
}

/** One direction between two ends. */
export interface ResolvedLink {
  readonly from: LinkEnd
  readonly to: LinkEnd
  readonly latency: Distribution | undefined
  readonly loss: ResolvedLoss | undefined
  readonly duplicate: number | undefined
  /** Shared by all that goes this way. */
  readonly bytesPerSecond: number | undefined
}

/** Who is at one end of a way: a service or callers by their name, a zone, or anybody. */
export type LinkEnd =
  | { readonly kind: 'party'; readonly name: string }
  | { readonly kind: 'zone'; readonly zone: string }
  | { readonly kind: 'anywhere' }

/** How long messages are; undefined where it is not said. */
export interface MessageSizes {
  readonly requestBytes?: number | undefined
  readonly responseBytes?: number | undefined
}

export interface ResolvedService {
  readonly name: string
  /** Instances, of all versions together. */
  readonly replicas: number
  /** Workers of each instance; `Infinity` for no limit. */
  readonly concurrency: number
  /** Places in each instance's line; `Infinity` for no limit. */
  readonly queue: number
  /** How long a request waits in the line before it gives up. */
  readonly queueTimeout: Distribution | undefined
  readonly discipline: Discipline
  /** True where a request keeps its worker while it waits for its own calls. */
  readonly holdWorkerDuringCalls: boolean
  readonly eventLoop: ResolvedEventLoop | undefined
  /** What works at once on an instance, and may be busy: its event loop, else its workers. */
  readonly processors: number
  readonly coldStart: ResolvedColdStart | undefined
  readonly contention: ResolvedContention | undefined
  readonly onCancel: 'finish' | 'dequeue' | 'abort'
  /** Zones the instances are dealt to in turn; empty for none. */
  readonly zones: readonly string[]
  /** By method; `''` answers whatever has no entry of its own. */
  readonly operations: ReadonlyMap<string, ResolvedOperation>
  readonly weight: number
  /** 0 is the first to be called. */
  readonly failover: number
  /** In the order in which their instances are numbered, those of deploys last; empty where the service has none. */
  readonly versions: readonly ResolvedVersion[]
  /** A real handler instead of operations. */
  readonly app: AppHandler | undefined
  /** What an exception of the handler which is not an answer does: stops the run (default) or fails the call. */
  readonly onThrow: 'stop' | 'fail'
  /** Undefined: it has as many instances as it began with. */
  readonly autoscale?: ResolvedAutoscale | undefined
  /** Undefined: the core's own. */
  readonly drain?: ResolvedDrainTimes | undefined
}

/** What the instances of one version have of their own; the service's own is laid under it. */
export interface ResolvedVersion {
  readonly version: string | undefined
  readonly replicas: number
  readonly operations: ReadonlyMap<string, ResolvedOperation>
  readonly weight: number
  readonly failover: number
}

export interface ResolvedOperation extends MessageSizes {
  readonly steps: readonly ResolvedStep[]
  /** Share of requests that are answered with an error after their steps. */
  readonly errorRate: number
  readonly cache?: ResolvedCache | undefined
}

export type ResolvedStep =
  | { readonly kind: 'work'; readonly work: Distribution }
  | { readonly kind: 'wait'; readonly wait: Distribution }
  | {
      readonly kind: 'call'
      readonly service: string
      readonly method: string | undefined
      readonly probability: number
      /** Its failure does not fail the request. */
      readonly optional: boolean
      /** Instead of what the called operation says of its messages; undefined where the step says nothing. */
      readonly sizes?: MessageSizes | undefined
    }
  | { readonly kind: 'parallel'; readonly steps: readonly ResolvedStep[] }

export interface ResolvedWorkload {
  /** Unique among the workloads: its `name`, else its target, else that with `#2`, … */
  readonly id: string
  /** What its callers are called on edges: `name`, else `client`. */
  readonly callerName: string
  /** The service whose callers they are, and, for bare topologies, several with their shares. */
  readonly to: readonly { readonly service: string; readonly method: string | undefined; readonly share: number }[]
  readonly arrivals: ResolvedArrivals
  /** Separate callers, each with a runtime of its own. */
  readonly callers: number
  /** How long its users wait: judges goodput; with `impatient` the caller also gives up then. */
  readonly deadlineMs: number | undefined
  /** Instead of one deadline for all: how long each waits before it gives up. */
  readonly patience?: Distribution | undefined
  readonly impatient: boolean
  readonly fromMs: number
  readonly untilMs: number
  /** Calls deeper than this are not made and count as success; undefined where the graph has no circle. */
  readonly maxDepth: number | undefined
  readonly priority: string | undefined
  /** Instead of one class for all: what class a call has, by what names the call. */
  readonly priorityOf?: ((callKey: number) => string) | undefined
  /** What users do whose call failed; undefined for nothing. */
  readonly retry?: { readonly maxAttempts: number; readonly after: Distribution } | undefined
  /** The key of a call, by what names the call; undefined where calls have none. */
  readonly keyOf: ((callKey: number) => string) | undefined
  /** Zones the callers are dealt to in turn; empty for none. */
  readonly zones: readonly string[]
}

/** Who a fault strikes. An edge is one direction: packets from `from` to `to`. */
export type FaultTarget =
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'instance'; readonly service: string; readonly number: number }
  | { readonly kind: 'zone'; readonly zone: string }
  | { readonly kind: 'edge'; readonly from: string; readonly to: string }
  /** As an edge, with a zone or anybody at one end or both. */
  | { readonly kind: 'link'; readonly from: LinkEnd; readonly to: LinkEnd }

/** A target that is one direction of a way. */
export type WayTarget = FaultTarget & { readonly kind: 'edge' | 'link' }

export interface ResolvedDrain {
  readonly kind: 'drain'
  readonly target: FaultTarget
  readonly restartAfterMs: number | undefined
}

export interface ResolvedClockSkew {
  readonly kind: 'clockSkew'
  readonly target: FaultTarget
  readonly offsetMs: number
  readonly stepMs: number
  readonly driftPpm: number
}

export type ResolvedRegistryWeakness =
  | { readonly kind: 'registryStale' | 'registryEmpty' }
  | { readonly kind: 'registryFlap'; readonly target: FaultTarget; readonly everyMs: number }
  | { readonly kind: 'registryPartial'; readonly ratio: number; readonly services: readonly string[] }
  | { readonly kind: 'registryPartition'; readonly zones: readonly string[]; readonly services: readonly string[] }

export type DeployBatch = { readonly count: number } | { readonly ratio: number }

export interface ResolvedDeploy {
  readonly kind: 'deploy'
  readonly target: { readonly kind: 'service'; readonly service: string }
  /** Undefined: each instance keeps its own. */
  readonly version: ResolvedVersion | undefined
  readonly batch: DeployBatch
  readonly pauseMs: number
  readonly startAfterMs: number
  readonly isDrained: boolean
  readonly share: number
  readonly rollbackAfterMs: number | undefined
}

/** Calls that a surge multiplies. */
export interface SurgedLoad {
  readonly workload: string
  /** Only the calls to this service; undefined for all of them. */
  readonly service: string | undefined
}

interface FaultBase {
  readonly atMs: number
  /** `Infinity` for a fault that lasts to the end. */
  readonly untilMs: number
  /** As it was written, for reports: `slow payments +800ms`. */
  readonly label: string
}
export type ResolvedFault = FaultBase &
  (
    | {
        readonly kind: 'slow'
        readonly target: FaultTarget
        readonly change: { readonly addMs: number } | { readonly factor: number } | { readonly toMs: number }
        readonly ratio: number
        /** Which requests; undefined for any. */
        readonly only: RequestFilter | undefined
      }
    | {
        readonly kind: 'error'
        readonly target: FaultTarget
        readonly ratio: number
        readonly only: RequestFilter | undefined
        readonly afterMs: number
        readonly status: number
        readonly retryAfterMs: number | undefined
      }
    | { readonly kind: 'crash'; readonly target: FaultTarget; readonly restartAfterMs: number | undefined }
    | { readonly kind: 'pause'; readonly target: FaultTarget }
    | { readonly kind: 'hold'; readonly target: WayTarget }
    | { readonly kind: 'registryDown' }
    | {
        readonly kind: 'partition'
        readonly target: FaultTarget
        readonly direction: 'both' | 'to' | 'from'
        /** Whether those inside reach the registry no more; false on ways. */
        readonly cutsRegistry: boolean
      }
    | { readonly kind: 'loss'; readonly target: FaultTarget; readonly loss: ResolvedLoss }
    | { readonly kind: 'duplicate'; readonly target: FaultTarget; readonly ratio: number }
    | { readonly kind: 'reset'; readonly target: FaultTarget; readonly ratio: number }
    | { readonly kind: 'bandwidth'; readonly target: FaultTarget; readonly bytesPerSecond: number }
    | ResolvedRegistryWeakness
    | ResolvedDrain
    | ResolvedDeploy
    | ResolvedClockSkew
    | {
        readonly kind: 'hang'
        readonly target: FaultTarget
        readonly ratio: number
        readonly only: RequestFilter | undefined
      }
    | {
        readonly kind: 'capacity'
        readonly target: FaultTarget
        readonly left: { readonly factor: number } | { readonly to: number }
      }
    | { readonly kind: 'flush'; readonly target: FaultTarget }
    | {
        readonly kind: 'surge'
        /** As written: a service or a workload. */
        readonly of: string
        readonly loads: readonly SurgedLoad[]
        readonly factor: number
        /** What its calls are called by: `surge`, of a second one `surge2`. */
        readonly tag: string
      }
  )

export type MetricName =
  | 'goodput'
  | 'errors'
  | 'rejected'
  | 'utilization'
  | 'latency'
  | 'queue'
  | 'amplification'
  | 'offered'
  | 'recovery'

export interface ResolvedThreshold {
  /** As written: `gateway.goodput`. */
  readonly metric: string
  /** As written: `ratio>=0.99 within 1s`. */
  readonly expression: string
  readonly subject:
    | { readonly kind: 'service'; readonly service: string }
    | { readonly kind: 'edge'; readonly from: string; readonly to: string }
    | { readonly kind: 'workload'; readonly workload: string }
    | { readonly kind: 'instance'; readonly service: string; readonly number: number }
  readonly name: MetricName
  readonly aggregate: 'ratio' | 'avg' | 'max' | 'value' | 'count' | 'rate' | 'time' | { readonly percentile: number }
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!='
  /** In milliseconds where the metric is a length of time. */
  readonly bound: number
  readonly withinMs: number | undefined
  readonly fromMs: number | undefined
  readonly untilMs: number | undefined
}

/** A threshold as it is asked of each step of the timeline. */
export type StepCondition = Omit<ResolvedThreshold, 'withinMs' | 'fromMs' | 'untilMs'>
/** What a step is asked. */
type AskedOfSteps = { readonly condition: StepCondition } | { holds(step: StepView): boolean }

export type ResolvedProperty = { readonly text: string } & (
  | ({ readonly kind: 'always'; readonly fromMs: number; readonly untilMs: number } & AskedOfSteps)
  | ({
      readonly kind: 'eventually'
      /** `Infinity` for at any time. */
      readonly withinMs: number
      /** Undefined for after the last fault. */
      readonly afterMs: number | undefined
    } & AskedOfSteps)
  | ({ readonly kind: 'sometimes' } & (
      | { readonly condition: StepCondition; readonly fromMs: number; readonly untilMs: number }
      | { onEvent(event: RunEvent): boolean }
    ))
)

export interface ResolvedInvariant {
  readonly name: InvariantName
  /** As written: `noCallToDead 5s`. */
  readonly text: string
  readonly lengthMs?: number
  /** Instead of what the policies say. */
  readonly limit?: number
}
