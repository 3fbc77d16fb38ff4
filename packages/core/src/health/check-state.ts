import type { ResolvedHealthOptions } from './health-options.ts'

/**
 * Decides what the checks of one endpoint say about it, and when it is asked next. Pure: results, the present and a draw
 * come as arguments.
 *
 * `rise` and `fall` in a row, as everywhere; the first passed check is enough for an endpoint of which nothing is known
 * (Envoy), and until it has failed `fall` times such an endpoint is used: its registration says that it is there.
 *
 * Intervals are those of Envoy (api/envoy/config/core/v3/health_check.proto): a result that is not what was expected
 * (the first failed ones of a healthy endpoint, the first passed ones of an unhealthy one, and the one that decides) is
 * followed by an edge interval, so that what is going on is known sooner than the quiet interval allows. With equal
 * intervals i, a dead endpoint is found after (fall − 1) i + i / 2 + timeout on the average.
 */
export type CheckVerdict = 'unknown' | 'healthy' | 'unhealthy'

/** What the loop keeps of an endpoint: its slot in the pipeline's row. */
export interface CheckSlot {
  verdict: CheckVerdict
  /** The layer is in shadow: an unhealthy verdict sets nobody aside. */
  isShadow: boolean
  /** Results in a row that speak against the verdict. */
  streak: number
  /** What the last check said. */
  reason: string
  startedAtMs: number
  /** When it is asked next; `Infinity` while a check is under way, or while nobody asks. */
  dueAtMs: number
  underWay: Disposable | undefined
  /** Where it is listened to, beside being asked. */
  watch: Disposable | undefined
  watchedSinceMs: number
  /** False once it has shown that it can only be asked. */
  canWatch: boolean
}

export function createCheckSlot(): CheckSlot {
  return {
    verdict: 'unknown',
    isShadow: false,
    streak: 0,
    reason: 'not asked yet',
    startedAtMs: 0,
    dueAtMs: Number.POSITIVE_INFINITY,
    underWay: undefined,
    watch: undefined,
    watchedSinceMs: 0,
    canWatch: true,
  }
}

/** `expected` says what was known, `pending` speaks against it, `changed` has turned it over. */
export type CheckEffect = 'expected' | 'pending' | 'changed'

export function afterCheck(slot: CheckSlot, isHealthy: boolean, { rise, fall }: ResolvedHealthOptions): CheckEffect {
  const verdict: CheckVerdict = isHealthy ? 'healthy' : 'unhealthy'
  if (slot.verdict === verdict) {
    slot.streak = 0
    return 'expected'
  }
  slot.streak++
  const needed = isHealthy ? (slot.verdict === 'unknown' ? 1 : rise) : fall
  if (slot.streak < needed) return 'pending'
  slot.verdict = verdict
  slot.streak = 0
  return 'changed'
}

/**
 * What an endpoint says of itself unasked, as it happens, is no sample of which one may have been unlucky: it counts at
 * once, as gRPC's clients have it (A17).
 */
export function afterWord(slot: CheckSlot, isHealthy: boolean): CheckEffect {
  const verdict: CheckVerdict = isHealthy ? 'healthy' : 'unhealthy'
  slot.streak = 0
  if (slot.verdict === verdict) return 'expected'
  slot.verdict = verdict
  return 'changed'
}

/** From the start of this check to that of the next. `u` in [0, 1). */
export function nextIntervalMs(
  effect: CheckEffect,
  isHealthy: boolean,
  options: ResolvedHealthOptions,
  u: number,
): number {
  const isEdge = effect !== 'expected'
  const healthy = isEdge ? options.healthyEdgeIntervalMs : options.intervalMs
  const unhealthy = isEdge ? options.unhealthyEdgeIntervalMs : options.unhealthyIntervalMs
  return (isHealthy ? healthy : unhealthy) * (1 + options.jitter * (2 * u - 1))
}
