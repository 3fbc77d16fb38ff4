import { BoundedLimit } from './bounded-limit.ts'
import type { LimitWindow } from './limit-algorithm.ts'

/** What a window with a drop leaves of the limit. */
const BACKOFF = 0.9
/** A mean latency beyond this is as bad as a drop. */
const TOO_SLOW_MS = 5000

/**
 * Additive increase, multiplicative decrease (Netflix concurrency-limits, AIMDLimit.java): a window with a drop, or one
 * slower than 5 s, leaves nine tenths; any other in which at least half of the limit was used adds one for each round of
 * `limit` attempts, as TCP adds a segment for each window of them. It looks at nothing but drops, so it needs a server
 * that refuses, or timeouts that are well chosen.
 */
export class AimdLimit extends BoundedLimit {
  readonly needsBaseline = false

  decide({ samples, meanMs, maxInFlight, drops }: LimitWindow): number {
    const limit = this.estimate
    if (drops > 0 || meanMs > TOO_SLOW_MS) return this.set(limit * BACKOFF)
    if (maxInFlight * 2 < limit) return limit
    return this.set(limit + Math.max(1, Math.floor(samples / limit)))
  }
}
