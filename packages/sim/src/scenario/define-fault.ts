/** The faults: `at(t)` gives the verbs, each returning the data form. */
import type { Duration } from '@seakeep/core'
import type {
  ClockSkewData,
  DrainData,
  RegistryEmptyData,
  RegistryFlapData,
  RegistryPartialData,
  RegistryPartitionData,
  RegistryStaleData,
} from './faults/fleet-data.ts'
import type { BandwidthData, DuplicateData, LossFaultData, PartitionData, ResetData } from './network-data.ts'
import type {
  CapacityData,
  CrashData,
  DeployData,
  ErrorData,
  FaultData,
  HangData,
  HoldData,
  PauseData,
  RegistryDownData,
  SlowData,
  SurgeData,
} from './scenario-data.ts'

/**
 * What can go wrong at an instant. A target is a service, an instance `orders#3`, a zone `zone:a`, or one direction of a way:
 * an edge `a>b`, or `zone:a>zone:b`, `zone:a>*`.
 */
export interface FaultsAt {
  /** Lengthens the target's work, or on an edge the delay of packets. */
  slow(target: string, options: SlowData): FaultData
  /** Answers with an error without taking a worker. */
  error(target: string, options?: ErrorData): FaultData
  /** Open calls are reset, new ones refused; the registry learns by TTL. */
  crash(target: string, options?: CrashData): FaultData
  /** Nothing answers and timers fire late (a long GC, a frozen process). */
  pause(target: string, options?: PauseData): FaultData
  /** Packets of the edge `a>b` wait, then all arrive. */
  hold(target: `${string}>${string}`, options?: HoldData): FaultData
  /** The registry does not answer. */
  registryDown(options?: RegistryDownData): FaultData
  /** Messages are lost in both directions of an edge, or between the target and all others, the registry among them. */
  partition(target: string, options?: PartitionData): FaultData
  /** Messages are lost, each by itself or in bursts; only a timeout notices. */
  loss(target: string, options?: LossFaultData): FaultData
  /** Requests arrive twice; both are worked on. */
  duplicate(target: string, options?: DuplicateData): FaultData
  /** Messages go one after the other through what is left of the bandwidth. */
  bandwidth(target: string, options: BandwidthData): FaultData
  /** Connections are reset, which the caller hears one way-delay later. */
  reset(target: string, options?: ResetData): FaultData
  /** The registry shows nothing new. */
  registryStale(options?: RegistryStaleData): FaultData
  /** The target's instances vanish from the registry's lists and come back, over and over. */
  registryFlap(target: string, options: RegistryFlapData): FaultData
  /** The registry's lists miss a share of the instances. */
  registryPartial(options: RegistryPartialData): FaultData
  /** The registry has lost its data, and lists nobody. */
  registryEmpty(options?: RegistryEmptyData): FaultData
  /** Zones or services cannot reach the registry. */
  registryPartition(options: RegistryPartitionData): FaultData
  /** What a SIGTERM does: not ready, deregister, let it spread, finish, close. */
  drain(target: string, options?: DrainData): FaultData
  /** Replaces a service's instances batch after batch. */
  deploy(service: string, options?: DeployData): FaultData
  /** The target's clocks are wrong. */
  clockSkew(target: string, options: ClockSkewData): FaultData
  /** Requests are taken and never answered, nor is their worker free again before the process ends. */
  hang(target: string, options?: HangData): FaultData
  /** Workers are lost: each instance of the target has only so many left. */
  capacity(target: string, options: CapacityData): FaultData
  /** What the target's caches hold is forgotten. */
  flush(target: string): FaultData
  /** Multiplies the calls that a workload makes, or all workloads to one service. */
  surge(target: string, options: SurgeData): FaultData
}

export function at(instant: Duration): FaultsAt {
  return {
    slow: (target, options) => ({ at: instant, slow: { target, ...options } }),
    error: (target, options) => ({ at: instant, error: { target, ...options } }),
    crash: (target, options) => ({ at: instant, crash: { target, ...options } }),
    pause: (target, options) => ({ at: instant, pause: { target, ...options } }),
    hold: (target, options) => ({ at: instant, hold: { target, ...options } }),
    registryDown: (options) => ({ at: instant, registryDown: { ...options } }),
    partition: (target, options) => ({ at: instant, partition: { target, ...options } }),
    loss: (target, options) => ({ at: instant, loss: { target, ...options } }),
    duplicate: (target, options) => ({ at: instant, duplicate: { target, ...options } }),
    bandwidth: (target, options) => ({ at: instant, bandwidth: { target, ...options } }),
    reset: (target, options) => ({ at: instant, reset: { target, ...options } }),
    registryStale: (options) => ({ at: instant, registryStale: { ...options } }),
    registryFlap: (target, options) => ({ at: instant, registryFlap: { target, ...options } }),
    registryPartial: (options) => ({ at: instant, registryPartial: { ...options } }),
    registryEmpty: (options) => ({ at: instant, registryEmpty: { ...options } }),
    registryPartition: (options) => ({ at: instant, registryPartition: { ...options } }),
    drain: (target, options) => ({ at: instant, drain: { target, ...options } }),
    deploy: (target, options) => ({ at: instant, deploy: { target, ...options } }),
    clockSkew: (target, options) => ({ at: instant, clockSkew: { target, ...options } }),
    hang: (target, options) => ({ at: instant, hang: { target, ...options } }),
    capacity: (target, options) => ({ at: instant, capacity: { target, ...options } }),
    flush: (target) => ({ at: instant, flush: { target } }),
    surge: (target, options) => ({ at: instant, surge: { target, ...options } }),
  }
}
