import { BoundedLimit } from './bounded-limit.ts'
import type { LimitWindow } from './limit-algorithm.ts'

/**
 * Vegas (TCP Vegas as Netflix concurrency-limits, VegasLimit.java, has it): holds the number that waits at the target,
 * estimated by Little's law, between two bounds that grow with the logarithm of the limit:
 *
 *     queue = ceil(limit · (1 − baseline / latency)),  log = max(1, ⌊log10 limit⌋),  α = 3·log,  β = 6·log
 *     a drop or queue > β: limit − log      queue ≤ log: limit + β      queue < α: limit + log      else: stays
 *
 * It is told means of windows and a probed baseline, where the original compares single latencies with the lowest ever
 * seen: on exponential service times that lowest is next to nothing, and the limit sinks to 6 where 20 are right.
 */
export class VegasLimit extends BoundedLimit {
  readonly needsBaseline = true

  decide({ meanMs, baselineMs, maxInFlight, drops }: LimitWindow): number {
    const limit = this.estimate
    const log = Math.max(1, Math.floor(Math.log10(limit)))
    if (drops > 0) return this.set(limit - log)
    // Attempts that are few for want of calls say nothing against the limit, nor for a greater one.
    if (maxInFlight * 2 < limit) return limit
    const queue = Math.ceil(limit * (1 - baselineMs / meanMs))
    const [alpha, beta] = [3 * log, 6 * log]
    if (queue <= log) return this.set(limit + beta)
    if (queue < alpha) return this.set(limit + log)
    if (queue > beta) return this.set(limit - log)
    return limit
  }
}
