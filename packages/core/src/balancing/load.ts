import type { Load } from './balancer.ts'

/**
 * The slot of an endpoint of which nothing is known yet. It belongs to the row and not to a picker, so what was learnt
 * survives every change of the snapshot, of health and of the algorithm.
 */
export function createLoad(): Load {
  return { inFlight: 0, costMs: -1, costAtMs: 0, failedUntilMs: 0, turn: -1 }
}
