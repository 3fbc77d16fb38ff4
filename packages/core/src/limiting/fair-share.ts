/** Parts of the rate that all together are sure of, however much the others want. */
const SURE = 0.02
/** Parts of it that are divided on top among those who get all they want, as nobody wants the same each second. */
const SLACK = 0.1

/**
 * Decides what one of several gets of a rate: max-min fair by what each wants (attempts a second). Whoever wants less than
 * the others are left with gets what it wants, the rest is divided equally among those who want more; where there is enough
 * for all, what is left over is divided equally on top. Nobody gets less than his part of {@link SURE}, and nobody wants less.
 *
 * A pure function of the demands: of all who compute it from the same ones the shares add up to `rate`. And it is monotonous,
 * which {@link file://./shared-rate-limiter.ts} leans on: who wants more gets no less, and leaves the others no more.
 */
export function fairShare(rate: number, own: number, others: readonly number[]): number {
  const least = (rate * SURE) / (others.length + 1)
  const slack = (rate * SLACK) / (others.length + 1)
  const wanted = Math.max(own, least)
  const demands = [wanted, ...others.map((demand) => Math.max(demand, least))].sort((a, b) => a - b)
  let left = rate
  for (const [served, demand] of demands.entries()) {
    const each = left / (demands.length - served)
    if (demand > each) return Math.min(wanted + slack, each)
    left -= demand
  }
  return wanted + Math.max(left / demands.length, slack)
}
