/**
 * The simplest distribution that says what the samples say. All keep the mean of the samples exactly, since a topology
 * adds its services' means up.
 *
 * Below 30 samples nothing tells one curve from another: the samples themselves are drawn from. Above, a curve is taken
 * where its distribution function is nowhere further from that of the samples than chance explains at 5 % (Kolmogorov and
 * Smirnov: 1.36/√n), or than a twentieth of all requests; of two that fit, the nearer one. What no curve fits is drawn
 * from at most 100 values, the means of equal shares of the samples.
 */
import type { DistributionData } from '../../model/distributions.ts'
import { normalCdf } from '../../model/normal-quantile.ts'
import { roundedLength } from './rounded-length.ts'

const ENOUGH = 30
const NEAR = 0.05
const MOST_VALUES = 100
/** Standard deviation over mean below which samples are one value. */
const STEADY = 0.02

export type FittedKind = 'constant' | 'exponential' | 'lognormal' | 'empirical'

export interface Fitted {
  readonly kind: FittedKind
  /** Undefined for nothing to do. */
  readonly data: DistributionData | undefined
}

/** `samplesMs` is not empty and holds nothing negative. */
export function fitDistribution(samplesMs: readonly number[]): Fitted {
  const sorted = Float64Array.from(samplesMs).sort()
  const n = sorted.length
  const mean = sum(sorted) / n
  if (mean < 0.0001) return { kind: 'constant', data: undefined }
  const deviation = Math.sqrt(sorted.reduce((total, x) => total + (x - mean) ** 2, 0) / n)
  if (n === 1 || deviation <= STEADY * mean) return { kind: 'constant', data: roundedLength(mean) }
  const nearest = n < ENOUGH ? undefined : nearestCurve(sorted, mean)
  if (nearest !== undefined && nearest.distance <= Math.max(NEAR, 1.36 / Math.sqrt(n))) {
    return { kind: nearest.kind, data: nearest.data }
  }
  const samples = equalShares(sorted, Math.min(n, MOST_VALUES)).map(roundedLength)
  return { kind: 'empirical', data: { empirical: { samples } } }
}

interface Curve extends Fitted {
  readonly distance: number
}

function nearestCurve(sorted: Float64Array, mean: number): Curve {
  const exponential: Curve = {
    kind: 'exponential',
    data: { exponential: { mean: roundedLength(mean) } },
    distance: distanceTo(sorted, (x) => 1 - Math.exp(-x / mean)),
  }
  if ((sorted[0] ?? 0) <= 0) return exponential
  const logs = sorted.map(Math.log)
  const mu = sum(logs) / logs.length
  const sigma = Math.sqrt(logs.reduce((total, x) => total + (x - mu) ** 2, 0) / logs.length)
  // The spread is that of the samples; the median follows from it and their mean.
  const median = mean / Math.exp((sigma * sigma) / 2)
  const lognormal: Curve = {
    kind: 'lognormal',
    data: { lognormal: { median: roundedLength(median), sigma: Math.round(sigma * 1000) / 1000 } },
    distance: distanceTo(sorted, (x) => normalCdf(Math.log(x / median) / sigma)),
  }
  return lognormal.distance < exponential.distance ? lognormal : exponential
}

/** The largest difference between the samples' distribution function and `cdf`. */
function distanceTo(sorted: Float64Array, cdf: (x: number) => number): number {
  const n = sorted.length
  let distance = 0
  for (let i = 0; i < n; i++) {
    const at = cdf(sorted[i] ?? 0)
    distance = Math.max(distance, at - i / n, (i + 1) / n - at)
  }
  return distance
}

/** The means of `count` equal shares of the sorted samples; their mean is that of all. */
export function equalShares(sorted: Float64Array, count: number): number[] {
  const n = sorted.length
  if (count >= n) return [...sorted]
  const size = n / count
  return Array.from({ length: count }, (_, k) => {
    const [from, until] = [k * size, (k + 1) * size]
    let total = 0
    for (let i = Math.floor(from); i < Math.min(n, Math.ceil(until)); i++) {
      total += (sorted[i] ?? 0) * (Math.min(until, i + 1) - Math.max(from, i))
    }
    return total / size
  })
}

function sum(values: Float64Array): number {
  return values.reduce((total, x) => total + x, 0)
}
