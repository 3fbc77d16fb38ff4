import type { OutlierSlot } from './outlier-detector.ts'
import type { ResolvedOutlierOptions, ResolvedRateOptions } from './outlier-options.ts'

/**
 * Decides who of a service's endpoints stands out at the end of an interval, by comparing their calls of that interval.
 * Pure, over the slots of all endpoints; nobody is judged, and nobody counts for the others, who had too few calls or is
 * ejected already.
 *
 * *Success rate* (Envoy, gRPC A50): an outlier lies below mean − factor · sd, sd that of the whole population. So k of N
 * equally bad endpoints are seen if k / N < 1 / (1 + factor²), whatever their error rate: at 1.9 one of 5, two of 10,
 * and with one of 4 bad nobody, which is why at least 5 endpoints are asked for.
 *
 * *Failure percentage* (Envoy: `>=`): an outlier failed at least the threshold, however the others fare.
 */
export interface IntervalFindings {
  /** Success rates below it are outliers; `-Infinity` where nobody is judged by it. */
  readonly leastSuccessRate: number
  readonly successRateText: string
  /** Failure shares from it on are outliers; `Infinity` where nobody is judged by it. */
  readonly mostFailures: number
}

/** What a mean of equal rates may be off by. */
const NOISE = 1e-9

export function compare(
  slots: readonly OutlierSlot[],
  interval: number,
  { successRate, failurePercentage }: ResolvedOutlierOptions,
): IntervalFindings {
  const percentageHosts = failurePercentage === undefined ? 0 : judged(slots, interval, failurePercentage)
  const judgesPercentage = failurePercentage !== undefined && percentageHosts >= failurePercentage.minimumHosts
  const mostFailures = judgesPercentage ? failurePercentage.threshold : Number.POSITIVE_INFINITY
  const hosts = successRate === undefined ? 0 : judged(slots, interval, successRate)
  if (successRate === undefined || hosts < successRate.minimumHosts) {
    return { leastSuccessRate: Number.NEGATIVE_INFINITY, successRateText: '', mostFailures }
  }
  let sum = 0
  for (const slot of slots) if (isJudged(slot, interval, successRate)) sum += successRateOf(slot)
  const mean = sum / hosts
  let squares = 0
  for (const slot of slots) if (isJudged(slot, interval, successRate)) squares += (successRateOf(slot) - mean) ** 2
  const sd = Math.sqrt(squares / hosts)
  const { stdevFactor } = successRate
  return {
    leastSuccessRate: mean - stdevFactor * sd - NOISE,
    successRateText: `mean ${digits(mean)} less ${stdevFactor} times ${digits(sd)}, of ${hosts} endpoints`,
    mostFailures,
  }
}

/** Who is compared: had enough calls in the interval and is not ejected. */
export function isJudged(slot: OutlierSlot, interval: number, { requestVolume }: ResolvedRateOptions): boolean {
  return !slot.isEjected && slot.interval === interval && slot.calls >= requestVolume
}

export function successRateOf(slot: OutlierSlot): number {
  return (slot.calls - slot.failures) / slot.calls
}

/** For people. */
export function digits(share: number): number {
  return Math.round(share * 1000) / 1000
}

function judged(slots: readonly OutlierSlot[], interval: number, options: ResolvedRateOptions): number {
  let hosts = 0
  for (const slot of slots) if (isJudged(slot, interval, options)) hosts++
  return hosts
}
