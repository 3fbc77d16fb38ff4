import { BoundedLimit } from './bounded-limit.ts'
import type { LimitWindow } from './limit-algorithm.ts'

/** Latency may be so many times the baseline before the limit gives way. */
const TOLERANCE = 1.5
/** Share of the way to the new number that one window goes. */
const SMOOTHING = 0.2
/** Fewest places above what the gradient says: without them the limit could not grow. */
const LEAST_QUEUE = 4
/** The most that one window may take away. */
const LEAST_GRADIENT = 0.5

/**
 * Gradient2 (Netflix concurrency-limits, Gradient2Limit.java):
 *
 *     gradient = max(0.5, min(1, 1.5 · baseline / latency))
 *     limit    = limit · 0.8 + (limit · gradient + queue) · 0.2        not grown when less than half of it was used
 *
 * Three things are not as there, each for a defect of it. The baseline is not a long average of the same latencies, which
 * follows overload upwards until the limit stands at its cap (concurrency-limits#134, #141, #165): it is probed. `queue`
 * is √limit, 4 at least, as in Envoy's adaptive concurrency, and while latency says that nothing waits a step up is taken
 * whole: from 20 to 200 in half a minute, not in four (#35). And a window in which most attempts were dropped has no
 * latencies to judge by; it takes the steepest step down.
 */
export class GradientLimit extends BoundedLimit {
  readonly needsBaseline = true

  decide({ samples, meanMs, baselineMs, maxInFlight, drops }: LimitWindow): number {
    const limit = this.estimate
    if (drops > samples) return this.set(limit * (1 - SMOOTHING) + limit * LEAST_GRADIENT * SMOOTHING)
    if (maxInFlight < limit / 2) return limit
    const gradient = Math.max(LEAST_GRADIENT, Math.min(1, (TOLERANCE * baselineMs) / meanMs))
    const wanted = limit * gradient + Math.max(LEAST_QUEUE, Math.sqrt(limit))
    const isIdle = meanMs <= (baselineMs * (1 + TOLERANCE)) / 2
    return this.set(isIdle ? wanted : limit * (1 - SMOOTHING) + wanted * SMOOTHING)
  }
}
