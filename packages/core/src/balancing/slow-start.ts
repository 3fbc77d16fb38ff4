/**
 * The part of its weight that an endpoint gets `sinceMs` after it became ready: max(minWeight, (t / window)^(1/aggression)),
 * as in Envoy (docs …/upstream/load_balancing/slow_start). Caches, pools and just-in-time compilers warm up under little
 * traffic. With aggression 1 it grows evenly, above 1 fast at first. Where all are new, all get the same part, so nothing
 * is held back from a service that has just started.
 */
export interface SlowStart {
  readonly windowMs: number
  readonly aggression: number
  readonly minWeight: number
}

export function rampFactor(sinceMs: number, { windowMs, aggression, minWeight }: SlowStart): number {
  if (sinceMs >= windowMs) return 1
  return Math.max(minWeight, (sinceMs / windowMs) ** (1 / aggression))
}
