/**
 * What pairs of figures say of their difference, whatever its distribution is: the median, and an interval for it out of
 * the ordered averages of all pairs of differences (Hodges and Lehmann 1963; the interval inverts Wilcoxon's signed-rank
 * test, whose distribution is counted out exactly up to 50 pairs, and is taken as normal beyond).
 */

export interface Paired {
  readonly pairs: number
  readonly median: number
  /** Ends of the interval for the centre of the differences. */
  readonly low: number
  readonly high: number
  /** How sure the interval is, at most what was asked; few pairs cannot be surer. */
  readonly confidence: number
}

/** `differences`: one a seed, not empty. */
export function paired(differences: readonly number[], confidence = 0.99): Paired {
  const sorted = [...differences].sort((a, b) => a - b)
  const pairs = sorted.length
  const { rank, reached } = rankFor(pairs, 1 - confidence)
  const averages = walshAverages(sorted)
  return {
    pairs,
    median: medianOf(sorted),
    low: averages[rank] as number,
    high: averages[averages.length - 1 - rank] as number,
    confidence: reached,
  }
}

export function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  return Number.isInteger(middle)
    ? ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
    : (sorted[Math.floor(middle)] as number)
}

/** Averages of each two, and of each with itself, in order. */
function walshAverages(values: readonly number[]): readonly number[] {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2)
  let n = 0
  for (let i = 0; i < values.length; i++) {
    for (let j = i; j < values.length; j++) averages[n++] = ((values[i] as number) + (values[j] as number)) / 2
  }
  return [...averages.sort()]
}

/** How many averages lie outside of the interval on each side, where at most `alpha` is to be missed in all. */
function rankFor(pairs: number, alpha: number): { readonly rank: number; readonly reached: number } {
  if (pairs > 50) {
    const mean = (pairs * (pairs + 1)) / 4
    const sd = Math.sqrt((pairs * (pairs + 1) * (2 * pairs + 1)) / 24)
    return { rank: Math.max(0, Math.floor(mean - quantileOfNormal(1 - alpha / 2) * sd)), reached: 1 - alpha }
  }
  const chances = signedRankChances(pairs)
  let rank = -1
  let below = 0
  while (below + (chances[rank + 1] as number) <= alpha / 2) {
    rank += 1
    below += chances[rank] as number
  }
  // The sum of ranks is at most `rank` with the chance `below`: the interval leaves out as many averages on each side.
  return rank < 0 ? { rank: 0, reached: 1 - 2 ** (1 - pairs) } : { rank, reached: 1 - 2 * below }
}

/** The chance of each sum of positive ranks, where each rank is positive or negative alike. */
function signedRankChances(pairs: number): readonly number[] {
  let chances = [1]
  for (let rank = 1; rank <= pairs; rank++) {
    const next = Array.from({ length: chances.length + rank }, () => 0)
    chances.forEach((chance, sum) => {
      next[sum] = (next[sum] as number) + chance / 2
      next[sum + rank] = (next[sum + rank] as number) + chance / 2
    })
    chances = next
  }
  return chances
}

/** Abramowitz and Stegun 26.2.23, exact to 4.5e-4: for a rank of thousands that is enough. */
function quantileOfNormal(p: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - p))
  const numerator = 2.515517 + 0.802853 * t + 0.010328 * t * t
  return t - numerator / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
}
