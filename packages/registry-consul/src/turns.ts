/**
 * Who may ask a blocking query now. While there are no more who want to than slots, each asks for the whole wait. Beyond
 * that they take turns, in the order in which they came, each for so long that all have had theirs within `stalenessMs`:
 * a change is seen at the latest when all others have had one. One slot is then kept for members that have no index yet:
 * they are answered at once, and somebody waits for their first answer.
 */
export interface TurnTaker {
  readonly isFresh: boolean
  /** Asks, for at most `waitMs`, and says {@link Turns.end} when it has been answered. */
  take(waitMs: number): void
  /** Gives up what it asks, keeps its index, and asks for a turn anew. */
  interrupt(): void
}

export interface TurnsOptions {
  readonly slots: number
  readonly waitMs: number
  readonly stalenessMs: number
}

/** Shorter turns would be spent on their way, and load the agent more than they are worth. */
export const SHORTEST_TURN_MS = 20

export class Turns {
  readonly #options: TurnsOptions
  readonly #members = new Set<TurnTaker>()
  readonly #fresh = new Set<TurnTaker>()
  readonly #waiting = new Set<TurnTaker>()
  /** Who has a turn, and whether it was fresh when it got it. */
  readonly #taking = new Map<TurnTaker, boolean>()

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** How long a turn is now. */
  get turnMs(): number {
    const { slots, waitMs, stalenessMs } = this.#options
    if (this.#members.size <= slots) return waitMs
    return Math.min(waitMs, Math.max(SHORTEST_TURN_MS, (stalenessMs * this.#standing) / this.#members.size))
  }

  /** How many may wait for a change at once. */
  get #standing(): number {
    const { slots } = this.#options
    return this.#members.size <= slots ? slots : Math.max(1, slots - 1)
  }

  /** Counts `member` in. The first one too many ends the long waits of those before it. */
  join(member: TurnTaker): void {
    this.#members.add(member)
    if (this.#members.size !== this.#options.slots + 1) return
    for (const one of [...this.#taking.keys()]) one.interrupt()
  }

  /** `member` wants no turn any more, and has none. */
  leave(member: TurnTaker): void {
    this.#members.delete(member)
    this.#fresh.delete(member)
    this.#waiting.delete(member)
    this.end(member)
  }

  request(member: TurnTaker): void {
    ;(member.isFresh ? this.#fresh : this.#waiting).add(member)
    this.#grant()
  }

  end(member: TurnTaker): void {
    if (this.#taking.delete(member)) this.#grant()
  }

  #grant(): void {
    while (this.#taking.size < this.#options.slots) {
      const next = first(this.#fresh) ?? (this.#waits < this.#standing ? first(this.#waiting) : undefined)
      if (next === undefined) return
      const isFresh = this.#fresh.delete(next)
      this.#waiting.delete(next)
      this.#taking.set(next, isFresh)
      next.take(this.turnMs)
    }
  }

  get #waits(): number {
    let waits = 0
    for (const isFresh of this.#taking.values()) if (!isFresh) waits++
    return waits
  }
}

function first(set: ReadonlySet<TurnTaker>): TurnTaker | undefined {
  for (const one of set) return one
  return undefined
}
