/**
 * From parameters to samples. A sample is a function of its key alone, so it is the same under every policy and however
 * many were drawn before.
 *
 * Wherever a distribution has an inverse, a sample is that inverse at one uniform number made of the key. So a longer
 * mean or a heavier tail moves each sample of a call in the same direction, which makes two runs easy to compare.
 */
import { uniform as drawUniform, mix } from '@seakeep/core/spi'
import type { Distribution } from './distribution.ts'
import { normalCdf, normalDensity, normalQuantile } from './normal-quantile.ts'

/** The purpose of the first draw of a key; further ones follow it. */
const FIRST = 1
/** Makes the key of the part that a mixture has chosen: the draw that chose it must not come again. */
const PART = 0x6d69_7874
/** Stands for a uniform number of 0 where the inverse would be infinite: half of the smallest other one. */
const TINY = 2 ** -54

class InverseSampler implements Distribution {
  readonly meanMs: number
  readonly #inverse: (u: number) => number

  constructor(meanMs: number, inverse: (u: number) => number) {
    this.meanMs = meanMs
    this.#inverse = inverse
  }

  sampleMs(key: number): number {
    return this.#inverse(drawUniform(key, FIRST))
  }
}

/** By far the commonest: as a closure it would be three objects to reach for instead of one. */
class Exponential implements Distribution {
  readonly meanMs: number

  constructor(meanMs: number) {
    this.meanMs = meanMs
  }

  sampleMs(key: number): number {
    return -this.meanMs * Math.log(1 - drawUniform(key, FIRST))
  }
}

export function constant(lengthMs: number): Distribution {
  return { meanMs: lengthMs, sampleMs: () => lengthMs }
}

export function exponential(meanMs: number): Distribution {
  return new Exponential(meanMs)
}

export function uniform(minMs: number, maxMs: number): Distribution {
  return new InverseSampler((minMs + maxMs) / 2, (u) => minMs + u * (maxMs - minMs))
}

/** The normal distribution under the condition that it is not negative; `meanMs` of the result allows for that. */
export function normal(meanMs: number, sdMs: number): Distribution {
  if (sdMs === 0) return constant(meanMs)
  const cut = -meanMs / sdMs
  const below = normalCdf(cut)
  const inverse = (u: number): number =>
    Math.max(0, meanMs + sdMs * normalQuantile(Math.max(TINY, below + u * (1 - below))))
  return new InverseSampler(meanMs + (sdMs * normalDensity(cut)) / (1 - below), inverse)
}

export function lognormal(medianMs: number, sigma: number): Distribution {
  const inverse = (u: number): number => medianMs * Math.exp(sigma * normalQuantile(Math.max(TINY, u)))
  return new InverseSampler(medianMs * Math.exp((sigma * sigma) / 2), inverse)
}

/** The sigma of the lognormal distribution with these two percentiles. */
export function sigmaOf(p50Ms: number, p99Ms: number): number {
  return Math.log(p99Ms / p50Ms) / normalQuantile(0.99)
}

/** Cut at `maxMs`: the distribution under the condition of not being longer. */
export function pareto(minMs: number, alpha: number, maxMs: number = Number.POSITIVE_INFINITY): Distribution {
  if (maxMs === minMs) return constant(minMs)
  const logRatio = Math.log(minMs / maxMs)
  /** The share that is left by the cut, as 1 - ratio^alpha without its cancellation for small exponents. */
  const share = -Math.expm1(alpha * logRatio)
  return new InverseSampler(boundedParetoMean(minMs, alpha, logRatio, share), (u) =>
    Math.min(maxMs, minMs * Math.exp(-Math.log(1 - u * share) / alpha)),
  )
}

function boundedParetoMean(minMs: number, alpha: number, logRatio: number, share: number): number {
  if (logRatio === Number.NEGATIVE_INFINITY) return alpha > 1 ? (minMs * alpha) / (alpha - 1) : Number.POSITIVE_INFINITY
  const over = alpha - 1
  // (1 - ratio^over) / over, which tends to -log(ratio) as alpha tends to 1.
  const factor = over === 0 ? -logRatio : -Math.expm1(over * logRatio) / over
  return (minMs * alpha * factor) / share
}

/** Has no inverse in closed form: `k` draws, the first of which is that of the exponential distribution. */
export function erlang(k: number, meanMs: number): Distribution {
  const phaseMs = meanMs / k
  return {
    meanMs,
    sampleMs(key) {
      let logs = 0
      let product = 1
      for (let i = 0; i < k; i++) {
        product *= 1 - drawUniform(key, FIRST + i)
        // One logarithm for many phases, taken before the product leaves the range of numbers.
        if (product < 1e-250) {
          logs += Math.log(product)
          product = 1
        }
      }
      return -phaseMs * (logs + Math.log(product))
    },
  }
}

/** The draw that chooses the branch is spread over it again, so one is enough. */
export function hyperexponential(meanMs: number, cs2: number): Distribution {
  const often = (1 + Math.sqrt((cs2 - 1) / (cs2 + 1))) / 2
  const shortMs = meanMs / (2 * often)
  const longMs = meanMs / (2 * (1 - often))
  return new InverseSampler(meanMs, (u) =>
    u < often ? -shortMs * Math.log(1 - u / often) : -longMs * Math.log((1 - u) / (1 - often)),
  )
}

/** Sorted, so that the order in which samples were written changes nothing. */
export function empirical(samplesMs: readonly number[]): Distribution {
  const sorted = Float64Array.from(samplesMs).sort()
  const meanMs = sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length
  return new InverseSampler(meanMs, (u) => sorted[Math.floor(u * sorted.length)]!)
}

export function mixture(parts: readonly { readonly weight: number; readonly of: Distribution }[]): Distribution {
  const used = parts.filter((part) => part.weight > 0)
  const total = used.reduce((sum, part) => sum + part.weight, 0)
  const last = used.at(-1) as (typeof used)[number]
  return {
    meanMs: used.reduce((sum, part) => sum + (part.weight / total) * part.of.meanMs, 0),
    sampleMs(key) {
      let left = drawUniform(key, FIRST) * total
      let chosen = last
      for (const part of used) {
        left -= part.weight
        if (left >= 0) continue
        chosen = part
        break
      }
      return chosen.of.sampleMs(mix(key, PART))
    },
  }
}
