/** The workloads: one helper a kind, each returning the data form, an object of one key. */
import type { ClosedLoopData, OpenLoopData } from './scenario-data.ts'

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
