import type { Pickable } from './balancer.ts'

/**
 * Which rows every algorithm prefers, before it weighs loads: 0 is best, and a row of a worse rank is taken only where
 * there is none of a better one. Health counts most, then a weight above 0 (an operator's 0 means "no traffic"), then
 * that a retry should go elsewhere. So where nothing is eligible everything is, by the same rules.
 */
export function rank<Row extends Pickable>(row: Row, avoid: Row | undefined): number {
  return (row.eligible ? 0 : 4) + (row.weight > 0 ? 0 : 2) + (row === avoid ? 1 : 0)
}

/** The best rank among `rows`; they are not empty. */
export function bestRank<Row extends Pickable>(rows: readonly Row[], avoid: Row | undefined): number {
  let best = Number.POSITIVE_INFINITY
  for (const row of rows) best = Math.min(best, rank(row, avoid))
  return best
}

/** A row's share among rows of its rank: where all weights are 0, all shares are equal. */
export function share(row: Pickable): number {
  return row.weight > 0 ? row.weight : 1
}
