/** The faults: `at(t)` gives the verbs, each returning the data form. */
import type { Duration } from '@seakeep/core'
import type {
  CrashData,
  ErrorData,
  FaultData,
  HoldData,
  PauseData,
  RegistryDownData,
  SlowData,
  SurgeData,
} from './scenario-data.ts'

/** What can go wrong at an instant. A target is a service, an instance `orders#3`, a zone `zone:a` or an edge `a>b`. */
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
  /** Multiplies the calls that a workload makes, or all workloads to one service. */
  surge(target: string, options: SurgeData): FaultData
}

/** Kinds that later versions have: written down as data, so that they are refused by name like any other form. */
const LATER = ['partition', 'loss', 'clockSkew', 'drain', 'deploy']

export function at(instant: Duration): FaultsAt {
  const later = LATER.map((kind) => [
    kind,
    (target: unknown, options?: object) => ({ at: instant, [kind]: { target, ...options } }),
  ])
  return {
    ...Object.fromEntries(later),
    slow: (target, options) => ({ at: instant, slow: { target, ...options } }),
    error: (target, options) => ({ at: instant, error: { target, ...options } }),
    crash: (target, options) => ({ at: instant, crash: { target, ...options } }),
    pause: (target, options) => ({ at: instant, pause: { target, ...options } }),
    hold: (target, options) => ({ at: instant, hold: { target, ...options } }),
    registryDown: (options) => ({ at: instant, registryDown: { ...options } }),
    surge: (target, options) => ({ at: instant, surge: { target, ...options } }),
  }
}
