/**
 * Distributions of lengths of time as a scenario writes them.
 *
 * Each helper returns its data form, a plain object with one key, so that a scenario in code and one in YAML are the
 * same thing and both can be printed, stored and shrunk. Nothing is checked here: `resolveDistribution` does that, where
 * it can name the path in the scenario.
 */
import type { Duration } from '@seakeep/core'

/** What each form is given. Lengths are durations: a number is milliseconds. */
export interface DistributionForms {
  readonly constant: Duration
  readonly exponential: {
    readonly mean: Duration
  }
  readonly uniform: {
    readonly min: Duration
    readonly max: Duration
  }
  /** Cut at 0: what would be negative is not drawn, so a wide one has a larger mean than `mean`. */
  readonly normal: {
    readonly mean: Duration
    /** Standard deviation (before the cut). */
    readonly sd: Duration
  }
  /** By two percentiles, or by the median and the standard deviation of the natural logarithm. */
  readonly lognormal:
    | { readonly p50: Duration; readonly p99: Duration }
    | { readonly median: Duration; readonly sigma: number }
  readonly pareto: {
    readonly min: Duration
    /** How fast the tail falls, above 0; the smaller, the heavier. */
    readonly alpha: number
    /** Cuts the tail: nothing longer is drawn. Default: no end, and no mean where `alpha` is 1 or less. */
    readonly max?: Duration
  }
  /** The sum of `k` (1 to 1000) equal exponential phases. */
  readonly erlang: {
    readonly k: number
    readonly mean: Duration
  }
  /** Two exponential branches that carry equal shares of the mean ("balanced means"). */
  readonly hyperexponential: {
    readonly mean: Duration
    /** Variance over the mean squared, at least 1; 1 is the exponential distribution. */
    readonly cs2: number
  }
  /** Each of the samples with equal chance; nothing between them. */
  readonly empirical: {
    readonly samples: readonly Duration[]
  }
  /** One of several, chosen by weight. The weights need not add up to 1. */
  readonly mixture: readonly { readonly weight: number; readonly of: DistributionData }[]
}

/** One distribution as an object with one key, say `{ exponential: { mean: '5ms' } }`. */
export type DistributionForm<Name extends keyof DistributionForms = keyof DistributionForms> = {
  [Each in Name]: { readonly [Key in Each]: DistributionForms[Each] }
}[Name]

/** A distribution; a bare duration is a constant. */
export type DistributionData = Duration | DistributionForm

export function constant(length: Duration): DistributionForm<'constant'> {
  return { constant: length }
}
export function exponential(options: DistributionForms['exponential']): DistributionForm<'exponential'> {
  return { exponential: options }
}
export function uniform(options: DistributionForms['uniform']): DistributionForm<'uniform'> {
  return { uniform: options }
}
export function normal(options: DistributionForms['normal']): DistributionForm<'normal'> {
  return { normal: options }
}
export function lognormal(options: DistributionForms['lognormal']): DistributionForm<'lognormal'> {
  return { lognormal: options }
}
export function pareto(options: DistributionForms['pareto']): DistributionForm<'pareto'> {
  return { pareto: options }
}
export function erlang(options: DistributionForms['erlang']): DistributionForm<'erlang'> {
  return { erlang: options }
}
export function hyperexponential(options: DistributionForms['hyperexponential']): DistributionForm<'hyperexponential'> {
  return { hyperexponential: options }
}
export function empirical(options: DistributionForms['empirical']): DistributionForm<'empirical'> {
  return { empirical: options }
}
export function mixture(parts: DistributionForms['mixture']): DistributionForm<'mixture'> {
  return { mixture: parts }
}
