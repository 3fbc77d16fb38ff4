/**
 * How much of the traffic each priority gets, and where health is not believed any more. Pure; Envoy's arithmetic (docs
 * …/upstream/load_balancing/priority and …/panic_threshold), in fractions where Envoy cuts off to whole percents.
 */

/** How many rows a priority has, and how many of them are healthy. */
export interface PriorityCount {
  readonly total: number
  readonly healthy: number
}

export interface PriorityShare {
  /** Of all traffic; the shares of all priorities make 1. */
  readonly share: number
  /** True where health is ignored: so few are healthy that they would be crushed, or the judgement is wrong. */
  readonly isPanic: boolean
}

/**
 * The health of a priority is `overprovisioning` × healthy / total, at most 1: with 1.4, up to 28 % of its rows may be
 * gone before traffic leaves it. The first takes its health's worth, the next what is left, up to its own; where the
 * healths of all make less than 1, all get more in proportion.
 *
 * A priority panics below `panicThreshold`, unless the priorities together can take everything. Where nothing is healthy
 * anywhere, each gets traffic by its number of rows.
 */
export function priorityShares(
  counts: readonly PriorityCount[],
  overprovisioning: number,
  panicThreshold: number,
): readonly PriorityShare[] {
  const health = counts.map(({ total, healthy }) =>
    total === 0 ? 0 : Math.min(1, (overprovisioning * healthy) / total),
  )
  const available = Math.min(
    1,
    health.reduce((sum, part) => sum + part, 0),
  )
  const rows = counts.reduce((sum, { total }) => sum + total, 0)
  let left = 1
  return counts.map(({ total, healthy }, priority) => {
    if (available === 0) return { share: rows === 0 ? 0 : total / rows, isPanic: true }
    const share = Math.min(left, health[priority]! / available)
    left = Math.max(0, left - share)
    return { share, isPanic: available < 1 && healthy < panicThreshold * total }
  })
}
