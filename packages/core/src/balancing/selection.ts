import { uniform } from '../random/mix.ts'
import { Draw, type Random } from '../random/random.ts'
import type { Balancer, PickContext, Picker } from './balancer.ts'
import type { ResolvedBalancingOptions } from './balancing-options.ts'
import type { Candidate } from './candidate.ts'
import { grouped } from './grouped.ts'
import { priorityShares } from './priority-load.ts'
import { rampFactor } from './slow-start.ts'
import { subsetOf } from './subset.ts'
import { type Tier, type TierPlan, tiersOf } from './tier.ts'
import { zonePlans } from './zone-plans.ts'

/** The last of the numbers that `Draw.pick` owns: pickers use the lower ones. */
const TIER: number = Draw.pick + 31
/** A ramp is followed in this many steps. */
const RAMP_STEPS = 50
/** Above this many rows a storm of changes is taken in batches. */
const SMALL = 100
/** The least time from one look at all rows to the next, for each row: below 1 % of what it costs. */
const BATCH_MS_PER_ROW = 0.05

export interface SelectionParts {
  readonly balancer: Balancer
  readonly random: Random
  readonly service: string
  /** Where this client is. */
  readonly zone?: string | undefined
  /** Told when some priority begins to panic, and when none does any more. */
  readonly onPanic?: ((isPanic: boolean, why: string, nowMs: number) => void) | undefined
  /** Whether some priority panics already, by the selection that this one takes the place of. Default false. */
  readonly isPanic?: boolean | undefined
}

/** The rows of one priority that this client uses. */
interface Level<Row> {
  readonly priority: number
  readonly members: readonly Row[]
  /** Those that stand for it: an endpoint of weight 0 is no capacity, unless there is no other anywhere. */
  readonly capacity: readonly Row[]
}

/**
 * From which rows an algorithm picks: the step between a snapshot and its picker. In this order:
 *
 * 1. the subset of this client, in each priority, when the snapshot changes;
 * 2. the share of each priority and whether its health is believed, when a judgement of health changes;
 * 3. the zones of the first priority, unless it panics;
 * 4. the part of its weight that an endpoint gets while it is new, as time goes on.
 *
 * What comes of it is written into the rows (`eligible`, `weight`) and one picker for each part of the traffic. Nothing is
 * done but when something has changed, and then by the next pick: however many endpoints fail between two calls, the
 * rows are looked at once. With one part only, a pick costs two comparisons more than that of its algorithm.
 *
 * A look at 1,000 rows takes some 0.3 ms, and in an outage breakers may change with every call. So many rows are looked at
 * once in 50 ms at most, unless a quarter was lost since: who is lost is not picked from the same moment, as pickers
 * read `eligible`; what else follows waits.
 */
export class Selection<Row extends Candidate> {
  // The first three are read with every pick: they lie in one line of the cache.
  /** Whether there is an instant from which it has to look again. */
  #isStale = false
  /** Where there is one tier only. */
  #picker: Picker<Row> | undefined = undefined
  #tiers: readonly Tier<Row>[] = []
  #staleAtMs = Number.POSITIVE_INFINITY
  readonly #parts: SelectionParts
  readonly #options: ResolvedBalancingOptions
  #levels: readonly Level<Row>[] = []
  #chosenAtMs = Number.NEGATIVE_INFINITY
  #size = 0
  /** Rows that were taken out since the last look. */
  #lost = 0
  #isAnyPanic: boolean
  #salt: number | undefined = undefined

  constructor(options: ResolvedBalancingOptions, parts: SelectionParts) {
    this.#options = options
    this.#parts = parts
    this.#isAnyPanic = parts.isPanic === true
  }

  /** Some priority panics, as far as it has looked. */
  get isPanic(): boolean {
    return this.#isAnyPanic
  }

  /** Nobody picks from it any more: with it ends its panic. */
  retire(why: string, nowMs: number): void {
    if (!this.#isAnyPanic) return
    this.#isAnyPanic = false
    this.#parts.onPanic?.(false, why, nowMs)
  }

  /** Takes over the rows of a snapshot. */
  setRows(rows: readonly Row[]): void {
    const { priorities, subset } = this.#options
    const byPriority = grouped(rows, (row) => (priorities === undefined ? 0 : row.priority))
    const isCapacity = rows.some((row) => row.fullWeight > 0) ? (row: Row) => row.fullWeight > 0 : () => true
    this.#levels = [...byPriority]
      .sort(([a], [b]) => a - b)
      .map(([priority, all]) => {
        const members = subset === undefined ? all : subsetOf(all, subset, this.#ownSalt())
        return { priority, members, capacity: members.every(isCapacity) ? members : members.filter(isCapacity) }
      })
    this.#size = rows.length
    this.#chosenAtMs = Number.NEGATIVE_INFINITY
    this.#lookAgainAt(Number.NEGATIVE_INFINITY)
  }

  /** Somebody has changed their mind about `row`. */
  markStale(row: Row): void {
    this.#lookAgainAt(Number.NEGATIVE_INFINITY)
    if (!row.isBarred && (row.isHealthy || this.#isAnyPanic)) return
    row.eligible = false
    this.#lost++
  }

  pick(context: PickContext<Row>): Row | undefined {
    if (this.#isStale && context.nowMs >= this.#staleAtMs) this.#update(context.nowMs)
    if (this.#picker !== undefined) return this.#picker.pick(context)
    return this.#tiers.length === 0 ? undefined : this.#pickFromOne(context)
  }

  /** A part of the traffic drawn by its share, then its picker; another part where that has only the row to avoid. */
  #pickFromOne(context: PickContext<Row>): Row | undefined {
    const { keyHash } = context
    const tiers = this.#tiers
    // A key is to find its endpoint again, so it always falls into the same part.
    let left = keyHash === undefined ? this.#parts.random.draw(context.key, TIER) : uniform(keyHash, TIER)
    let chosen = 0
    while (chosen < tiers.length - 1 && left >= tiers[chosen]!.share) left -= tiers[chosen++]!.share
    const row = tiers[chosen]!.picker.pick(context)
    if (row !== context.avoid) return row
    for (let i = 1; i < tiers.length; i++) {
      const other = tiers[(chosen + i) % tiers.length]!.picker.pick(context)
      if (other !== undefined && other !== context.avoid) return other
    }
    return row
  }

  #update(nowMs: number): void {
    const dueMs = this.#chosenAtMs + this.#size * BATCH_MS_PER_ROW
    if (this.#size <= SMALL || nowMs >= dueMs || this.#lost * 4 > this.#size) this.#choose(nowMs)
    else this.#lookAgainAt(dueMs)
  }

  #lookAgainAt(atMs: number): void {
    this.#staleAtMs = atMs
    this.#isStale = atMs !== Number.POSITIVE_INFINITY
  }

  #choose(nowMs: number): void {
    this.#lookAgainAt(Number.POSITIVE_INFINITY)
    this.#chosenAtMs = nowMs
    this.#lost = 0
    const { priorities, panicThreshold, zoneAware } = this.#options
    const counts = this.#levels.map(({ members, capacity }) => {
      for (const row of members) this.#bringUp(row, nowMs)
      return { total: capacity.length, healthy: capacity.filter((row) => row.isHealthy).length }
    })
    const shares = priorityShares(counts, priorities?.overprovisioning ?? 1, panicThreshold)
    const isAnyPanic = shares.some(({ isPanic }) => isPanic)
    if (isAnyPanic !== this.#isAnyPanic) {
      this.#isAnyPanic = isAnyPanic
      const [healthy, total] = [sumOf(counts, 'healthy'), sumOf(counts, 'total')]
      const why = `${healthy} of ${total} endpoints are healthy (threshold ${panicThreshold})`
      this.#parts.onPanic?.(isAnyPanic, why, nowMs)
    }
    const plans: TierPlan<Row>[] = []
    for (const [i, { priority, members }] of this.#levels.entries()) {
      const { share, isPanic } = shares[i]!
      if (share === 0) continue
      const name = `${priority}`
      const plan = { name, share, members, rows: chosenOf(members, isPanic) }
      const zone = zoneAware?.zone ?? this.#parts.zone
      const isByZone = i === 0 && !isPanic && zoneAware !== undefined && members.length >= zoneAware.minEndpoints
      if (isByZone && zone !== undefined) plans.push(...zonePlans(plan, zone, zoneAware.callers))
      else plans.push(plan)
    }
    this.#tiers = tiersOf(plans, this.#parts.balancer, this.#tiers)
    this.#picker = this.#tiers.length === 1 ? this.#tiers[0]?.picker : undefined
  }

  /** Brings its weight, and since when it is ready, up to date. */
  #bringUp(row: Row, nowMs: number): void {
    const { slowStart } = this.#options
    row.weight = row.fullWeight
    if (!row.isHealthy) row.readySinceMs = -1
    else if (row.readySinceMs < 0) row.readySinceMs = nowMs
    if (slowStart === undefined || !row.isHealthy) return
    const sinceMs = nowMs - row.readySinceMs
    if (sinceMs >= slowStart.windowMs) return
    row.weight *= rampFactor(sinceMs, slowStart)
    this.#lookAgainAt(Math.min(this.#staleAtMs, nowMs + slowStart.windowMs / RAMP_STEPS))
  }

  #ownSalt(): number {
    const { random, service } = this.#parts
    // A stream of its own, so that clients differ and no other draw moves.
    this.#salt ??= Math.floor(random.stream(`subset/${service}`).next() * 4294967296)
    return this.#salt
  }
}

function sumOf<Key extends string>(counts: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return counts.reduce((sum, count) => sum + count[key], 0)
}

/**
 * The healthy rows; in panic all through which an attempt would get. Where there is none, all: a refusal on this side
 * is for the breaker to give, and a wrong judgement of health cannot take a whole service away.
 */
function chosenOf<Row extends Candidate>(members: readonly Row[], isPanic: boolean): readonly Row[] {
  const mayBe = isPanic ? (row: Row): boolean => !row.isBarred : (row: Row): boolean => row.isHealthy
  const isAny = members.some(mayBe)
  for (const row of members) row.eligible = !isAny || mayBe(row)
  const chosen = isAny ? members.filter(mayBe) : members
  return chosen.length === members.length ? members : chosen
}
