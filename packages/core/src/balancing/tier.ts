import type { Balancer, Picker } from './balancer.ts'
import type { Candidate } from './candidate.ts'

/** Rows that are picked from together, and their part of the traffic. */
export interface Tier<Row extends Candidate> {
  readonly name: string
  readonly share: number
  readonly picker: Picker<Row>
}

/** What is known of a tier before its picker is made. */
export interface TierPlan<Row extends Candidate> {
  /** Tells it from the others of one selection, for as long as there is one like it. */
  readonly name: string
  readonly share: number
  /** Those that are picked from now. */
  readonly rows: readonly Row[]
  /** All that belong to it. */
  readonly members: readonly Row[]
}

/** Makes the pickers. Each goes on where the one of the tier's name stood. */
export function tiersOf<Row extends Candidate>(
  plans: readonly TierPlan<Row>[],
  balancer: Balancer,
  before: readonly Tier<Row>[],
): readonly Tier<Row>[] {
  return plans.map(({ name, share, rows, members }) => ({
    name,
    share,
    picker: balancer.picker(rows, members, before.find((tier) => tier.name === name)?.picker),
  }))
}
