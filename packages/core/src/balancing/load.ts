import type { Load } from './balancer.ts'

/**
 * The slot of an endpoint of which nothing is known yet. It belongs to the row and not to a picker, so what was learnt
 * survives every change of the snapshot, of health and of the algorithm.
 */
export function createLoad(): Load {
  // Fractions from the start: V8 then keeps the three beside the slot, and not each where it is changed first.
  return { inFlight: 0, costMs: -0.5, costAtMs: -0.5, failedUntilMs: -0.5, turn: -1 }
}
