import type { Load, Pickable } from './balancer.ts'

/**
 * What a failure does to an endpoint's standing: for a while it loses against every one whose latest answer was none.
 *
 * Errors are often fast and leave nothing in flight, so an endpoint that answers 429 or 503 at once looks idle and
 * quick, and would attract the traffic it then fails (the black hole of linkerd/website PR 2126). Linkerd's load biaser
 * records a made-up latency of that length instead; under load that does not hold, as the sample is averaged away.
 */

/** How long an endpoint counts as failing after a failure that named no wait of its own. Linkerd's load biaser. */
const FAILED_MS = 5_000
/** The longest wait a server may name. As Linkerd's. */
const LONGEST_FAILED_MS = 300_000

/** An attempt failed. A longer wait that was named before stays; only an answer ends it early. */
export function holdFailure(load: Load, retryAfterMs: number | undefined, nowMs: number): void {
  const forMs = Math.min(retryAfterMs ?? FAILED_MS, LONGEST_FAILED_MS)
  load.failedUntilMs = Math.max(load.failedUntilMs, nowMs + forMs)
}

/** The one of two that has not just failed; undefined where they are alike in this. */
export function unfailed(first: Pickable, second: Pickable, nowMs: number): Pickable | undefined {
  const hasFirstFailed = nowMs < first.load.failedUntilMs
  if (hasFirstFailed === nowMs < second.load.failedUntilMs) return undefined
  return hasFirstFailed ? second : first
}
