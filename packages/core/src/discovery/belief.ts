/**
 * Which instances are believed to be there, when a registry's new list lacks some of those that are known.
 *
 * Who said goodbye is gone, the last one too. Who is missing without one has died, or its registry has forgotten it: an
 * agent that lost its state, an ACL that filters, leases that ran out while a cluster had no leader. One at a time these
 * cannot be told apart, but who lives registers anew within seconds; so whoever is missing is kept for as long as that takes
 * (`lapseGrace`). By their number they can be told apart sooner: machines die one by one, a registry that errs loses all. So
 * those that went without a goodbye are believed up to a share of the known ones; beyond it they are kept for a longer grace
 * and then go at most a share a grace. Checks, outlier detection and circuits judge the kept ones like anybody.
 *
 * "Known" are those of the last grace: leases that run out one after the other are a loss of many as well.
 *
 * A list of another registry, or one from disk, is nobody's loss: the first list of who takes over is judged by its
 * length alone.
 *
 * Pure steps: the resolver feeds them and keeps time.
 */
import type { Instance } from '../endpoint/endpoint.ts'

export interface BeliefRules {
  /** Largest share of the known ones that may go without a goodbye within one grace. */
  readonly maxDropped: number
  readonly dropGraceMs: number
  /** How long each of those is kept. */
  readonly lapseGraceMs: number
}

/** Since when somebody is kept though the registry lists it no more, and whether as one of many. */
export interface Kept {
  readonly sinceMs: number
  readonly isOfMany: boolean
}

export interface Belief {
  /** Those of the registry's list, then those that are kept. */
  readonly list: readonly Instance[]
  /** Who is kept though the registry lists it no more, by id. */
  readonly retained: ReadonlyMap<string, Kept>
  /** Who went without a goodbye, by id: when; remembered for one grace. */
  readonly dropped: ReadonlyMap<string, number>
  /** When some of many went last; `-Infinity` where none have. */
  readonly releasedAtMs: number
}

/** What a registry said. */
export interface Word {
  readonly list: readonly Instance[]
  /** Ids that said goodbye since the word before; undefined where the registry is believed in everything. */
  readonly left: ReadonlySet<string> | undefined
  /** Whether what is known came from the same registry. */
  readonly isOwn: boolean
}

const NOBODY: ReadonlyMap<string, never> = new Map<string, never>()

/** The belief in a list and in nothing beyond it. */
export function beliefIn(list: readonly Instance[]): Belief {
  return { list, retained: NOBODY, dropped: NOBODY, releasedAtMs: Number.NEGATIVE_INFINITY }
}

/** What is believed after a word. */
export function believe(before: Belief, word: Word, nowMs: number, rules: BeliefRules): Belief {
  const { list, left, isOwn } = word
  if (left === undefined) return beliefIn(list)
  // Nothing to compare: the start, and a list told again.
  if (list === before.list) return before
  if (before.list.length === 0 && before.dropped.size === 0) return beliefIn(list)
  const present = new Set(list.map(({ id }) => id))
  const absent = before.list.filter(({ id }) => !present.has(id))
  const missing = absent.filter(({ id }) => !left.has(id))
  const dropped = withoutOld(before.dropped, nowMs, rules, (id) => present.has(id) || left.has(id))
  if (missing.length === 0) return { ...beliefIn(list), dropped }

  // Who said goodbye is known no more: the last two of three leave nobody behind who may go without.
  const known = before.list.length - (absent.length - missing.length) + dropped.size
  const lost = isOwn ? missing.length + dropped.size : Math.max(0, before.list.length - list.length)
  const isBelieved = lost / known <= rules.maxDropped
  if (isBelieved && !isOwn) return beliefIn(list)
  const retained = new Map<string, Kept>()
  const gone = new Map(dropped)
  for (const { id } of missing) {
    const kept = before.retained.get(id)
    // Who is kept already is kept for its grace, whoever has come back or gone missing by now.
    if (kept !== undefined) retained.set(id, kept)
    else if (!isBelieved || rules.lapseGraceMs > 0) retained.set(id, { sinceMs: nowMs, isOfMany: !isBelieved })
    else gone.set(id, nowMs)
  }
  if (retained.size === 0) return { ...beliefIn(list), dropped: gone }
  const kept = missing.filter(({ id }) => retained.has(id))
  return { ...before, list: Object.freeze([...list, ...kept]), retained, dropped: gone }
}

/** When {@link release} has something to do; `Infinity` while nobody is kept. */
export function releaseAtMs({ retained, releasedAtMs }: Belief, { dropGraceMs, lapseGraceMs }: BeliefRules): number {
  let fewMs = Number.POSITIVE_INFINITY
  let manyMs = Number.POSITIVE_INFINITY
  for (const { sinceMs, isOfMany } of retained.values()) {
    if (isOfMany) manyMs = Math.min(manyMs, sinceMs)
    else fewMs = Math.min(fewMs, sinceMs)
  }
  return Math.min(fewMs + lapseGraceMs, Math.max(manyMs, releasedAtMs) + dropGraceMs)
}

/** Lets go of those whose grace is over; of many the longest kept first: at most the share, and at least one. */
export function release(before: Belief, nowMs: number, rules: BeliefRules): Belief {
  if (nowMs < releaseAtMs(before, rules)) return before
  const { dropGraceMs, lapseGraceMs, maxDropped } = rules
  const all = [...before.retained].sort(([, a], [, b]) => a.sinceMs - b.sinceMs)
  const few = all.filter(([, { sinceMs, isOfMany }]) => !isOfMany && sinceMs + lapseGraceMs <= nowMs)
  const isDue = nowMs >= before.releasedAtMs + dropGraceMs
  const due = all.filter(([, { sinceMs, isOfMany }]) => isDue && isOfMany && sinceMs + dropGraceMs <= nowMs)
  const most = Math.max(1, Math.floor(maxDropped * before.list.length + NOISE))
  const going = new Set([...few, ...due.slice(0, most)].map(([id]) => id))
  const retained = new Map([...before.retained].filter(([id]) => !going.has(id)))
  const dropped = new Map(withoutOld(before.dropped, nowMs, rules, () => false))
  for (const id of going) dropped.set(id, nowMs)
  const list = Object.freeze(before.list.filter(({ id }) => !going.has(id)))
  return { list, retained, dropped, releasedAtMs: due.length > 0 ? nowMs : before.releasedAtMs }
}

/** Whether so many are kept that it may well be the registry that errs. */
export function isLossOfMany({ retained }: Belief): boolean {
  for (const { isOfMany } of retained.values()) if (isOfMany) return true
  return false
}

/** The numbers behind what is retained: `3 of 4 went without a goodbye within 30 s (at most 0.5 are believed)`. */
export function whyRetained(belief: Belief, { maxDropped, dropGraceMs, lapseGraceMs }: BeliefRules): string {
  const { list, retained, dropped } = belief
  const loss = `${retained.size + dropped.size} of ${list.length + dropped.size} went without a goodbye within ${dropGraceMs / 1000} s`
  return isLossOfMany(belief)
    ? `${loss} (at most ${maxDropped} are believed)`
    : `${loss} (they have ${lapseGraceMs / 1000} s to come back)`
}

/** 0.29 · 100 is 29. */
const NOISE = 1e-9

function withoutOld(
  dropped: Belief['dropped'],
  nowMs: number,
  { dropGraceMs }: BeliefRules,
  isBack: (id: string) => boolean,
): Belief['dropped'] {
  if (dropped.size === 0) return dropped
  const rest = [...dropped].filter(([id, atMs]) => nowMs < atMs + dropGraceMs && !isBack(id))
  return rest.length === 0 ? NOBODY : new Map(rest)
}
