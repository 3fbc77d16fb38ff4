/**
 * How much of the traffic of a client goes to each zone: as much as can be to its own, without loading anybody more than
 * even spreading over all zones would. Pure; Envoy's zone-aware routing (docs …/upstream/load_balancing/zone_aware).
 */

/** Parts of a whole by zone; they make 1. */
export type ZoneShares = ReadonlyMap<string, number>

/**
 * The own zone has `rows` of the servers and `callers` of the clients. With no fewer servers than clients it takes all
 * of its clients' traffic. Else it takes rows / callers of it, which fills it; the residual goes to the zones that have
 * more servers than clients, in proportion to what they have over.
 */
export function zoneShares(own: string, rows: ZoneShares, callers: ZoneShares): ZoneShares {
  const here = rows.get(own) ?? 0
  const wanted = callers.get(own) ?? 0
  if (here > 0 && here >= wanted) return new Map([[own, 1]])
  // A client in a zone that nobody knows of brings its traffic on top of the others'.
  const local = wanted === 0 ? 0 : here / wanted
  const spare = new Map<string, number>()
  let total = 0
  for (const [zone, part] of rows) {
    const over = zone === own ? 0 : Math.max(0, part - (callers.get(zone) ?? 0))
    spare.set(zone, over)
    total += over
  }
  if (total === 0) return rows
  const shares = new Map<string, number>()
  for (const [zone, over] of spare) {
    const share = zone === own ? local : ((1 - local) * over) / total
    if (share > 0) shares.set(zone, share)
  }
  return shares
}

/** The parts that counts by zone are of their sum. */
export function partsOf(counts: ReadonlyMap<string, number>): ZoneShares {
  let total = 0
  for (const count of counts.values()) total += count
  return new Map([...counts].map(([zone, count]) => [zone, total === 0 ? 0 : count / total]))
}
