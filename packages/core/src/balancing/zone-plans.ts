import type { Candidate } from './candidate.ts'
import { grouped } from './grouped.ts'
import type { TierPlan } from './tier.ts'
import { partsOf, zoneShares } from './zone-load.ts'

/**
 * Splits a part of the traffic by zone. Rows that name no zone are one of their own, called ''. Without knowledge of where
 * the callers are, they are taken to be as many in every zone that is known.
 */
export function zonePlans<Row extends Candidate>(
  plan: TierPlan<Row>,
  own: string,
  callers: { readonly [zone: string]: number },
): readonly TierPlan<Row>[] {
  const rows = grouped(plan.rows, zoneOf)
  const isWeighty = plan.rows.some((row) => row.fullWeight > 0)
  // Endpoints of weight 0 are no capacity, unless there is no other.
  const capacity = isWeighty ? plan.rows.filter((row) => row.fullWeight > 0) : plan.rows
  const counts = new Map([...grouped(capacity, zoneOf)].map(([zone, some]) => [zone, some.length]))
  const known = Object.entries(callers)
  const where = known.length > 0 ? known : [...new Set([own, ...counts.keys()])].map((zone) => [zone, 1] as const)
  const shares = zoneShares(own, partsOf(counts), partsOf(new Map(where)))
  const members = grouped(plan.members, zoneOf)
  return [...shares].map(([zone, share]) => ({
    name: `${plan.name}/${zone}`,
    share: plan.share * share,
    rows: rows.get(zone) ?? [],
    members: members.get(zone) ?? [],
  }))
}

function zoneOf(row: Candidate): string {
  return row.zone ?? ''
}
