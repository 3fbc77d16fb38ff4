/** The workloads: one helper a kind, each returning the data form, an object of one key. */
import type {
  BurstsData,
  ClosedLoopData,
  DiurnalData,
  OpenLoopData,
  RampingData,
  ReplayData,
  SpikeData,
} from './workload-data.ts'

/** Calls at fixed intervals. */
export function constantArrivalRate(options: OpenLoopData): { readonly constantArrivalRate: OpenLoopData } {
  return { constantArrivalRate: options }
}

/** Calls that come independently of each other, as those of many users do. */
export function poisson(options: OpenLoopData): { readonly poisson: OpenLoopData } {
  return { poisson: options }
}

/** Users who call, wait for the answer, think, and call again: the load falls when answers are slow. */
export function closedLoop(options: ClosedLoopData): { readonly closedLoop: ClosedLoopData } {
  return { closedLoop: options }
}

/** Calls whose rate goes from stage to stage in straight lines; it ends with the last (k6's ramping-arrival-rate). */
export function rampingArrivalRate(options: RampingData): { readonly rampingArrivalRate: RampingData } {
  return { rampingArrivalRate: options }
}

/** Calls at one rate, and for a while at another. */
export function spike(options: SpikeData): { readonly spike: SpikeData } {
  return { spike: options }
}

/** Calls that come in bursts of random length, at random times. */
export function bursts(options: BurstsData): { readonly bursts: BurstsData } {
  return { bursts: options }
}

/** Calls whose rate goes up and down, as by day and night. */
export function diurnal(options: DiurnalData): { readonly diurnal: DiurnalData } {
  return { diurnal: options }
}

/** Calls at instants that were recorded. */
export function replay(options: ReplayData): { readonly replay: ReplayData } {
  return { replay: options }
}
