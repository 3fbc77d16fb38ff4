/** What the rounds of a run come to. Medians throughout: a round in which the machine was busy elsewhere moves nothing. */

export function median(values: readonly number[]): number {
  const sorted = sortedOf(values)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * Half the width of the 95 % interval of the median, from the order of the values alone (binomial, by its normal limit):
 * nothing is assumed about how they are spread. Below six values no such interval exists and the range stands for it.
 */
export function noiseOf(values: readonly number[]): number {
  const [low, high] = intervalOf(values)
  return (high - low) / 2
}

/** The ends of that interval. */
export function intervalOf(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = sortedOf(values)
  const low = Math.max(0, Math.floor(sorted.length / 2 - 0.98 * Math.sqrt(sorted.length)))
  return [sorted[low]!, sorted[sorted.length - 1 - low]!]
}

function sortedOf(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('no values were measured')
  return values.toSorted((a, b) => a - b)
}
