import type { MetricName, ResolvedScenario } from '../scenario/resolved-scenario.ts'

/** Below this many calls before the first fault, nothing is said about the steady state. */
export const MINIMUM_CALLS = 100

/** The instant of the first fault in ms; undefined where there is none. */
export function firstFaultMs({ faults }: ResolvedScenario): number | undefined {
  return faults.length === 0 ? undefined : Math.min(...faults.map((fault) => fault.atMs))
}

/** Metrics that say whether the system was well before anything was done to it. */
export function speaksOfSteadyState(name: MetricName): boolean {
  return name === 'goodput' || name === 'errors' || name === 'latency'
}
