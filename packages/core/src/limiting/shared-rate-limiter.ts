import type { BoardSink } from '../sharing/shared-board.ts'
import type { Topic } from '../sharing/topic.ts'
import type { Clock } from '../time/clock.ts'
import { fairShare } from './fair-share.ts'
import type { TimedLimit } from './limit-loop.ts'
import type { RateLimiter, RateNumbers } from './rate-limiter.ts'

/** How often everybody says what it needs, and how long that is believed unless it is said again. */
const ROUND_MS = 1000
const BELIEVED_MS = 3000
/** Rounds without an attempt after which it speaks no more, and how long it stays a member then. */
const QUIET_ROUNDS = 3
const MEMBER_MS = 60_000
/** The part of the rate with which one begins of whom nothing is known. */
const FIRST = 0.1
/** How much the last round counts in what is needed, where it differs from it by no more than chance does. */
const WEIGHT = 0.2
const CHANCE = 3

export interface SharedRateParts {
  readonly clock: Clock
  readonly topic: Topic
  /** Asks to be told the time at `dueAtMs`. */
  readonly wake: (limit: TimedLimit) => void
}

/**
 * Decides what one instance may take of a rate that it shares with others: says each second what it needs, hears what the
 * others need, and sets an ordinary rate limiter to its fair share of it. A call costs a count and a comparison more.
 *
 * A fall of its share holds at once, a rise only when it has held for a round: by then the others have heard of it and given
 * way. So while notes take no longer than half a round the shares add up to at most 1.1 rates, as those of one set of demands
 * do; only whoever begins takes a tenth of the rate at once, and one attempt, not a burst. Together: in T seconds at most
 * `1.1 * rate * T + burst`, one attempt for each instance, and for each that begins a tenth of `rate` as long as a note takes.
 *
 * A peer that has fallen silent without being gone (the board cannot be reached, or it) may need anything: its equal part is
 * left to it. So whoever is cut off goes on with `rate` over the instances it knew; who never heard of any has all of it.
 *
 * The note is `12.5 3000 7`: needs 12.5 a second, to be believed for 3 s, the author's seventh.
 */
export class SharedRateLimiter implements RateLimiter, TimedLimit, BoardSink {
  readonly #limiter: RateLimiter
  readonly #parts: SharedRateParts
  /** Those of all together. */
  #all: RateNumbers
  readonly #peers = new Map<string, PeerDemand>()
  /** Attempts since {@link #beganMs}, taken or not. */
  #asked = 0
  #beganMs = 0
  #quietRounds = 0
  /** Attempts a second that it last said it needs. */
  #demand = 0
  #isMeasured = false
  #notes = 0
  #share = 0
  /** The least of its fair shares in this round. */
  #least = 0
  dueAtMs: number = Number.POSITIVE_INFINITY
  /** From when on an attempt finds it asleep, or forgotten by the others. */
  #strangerAtMs: number = Number.NEGATIVE_INFINITY
  #isAsleep = true

  /** `limiter` has the numbers `all`, until it is asked first. */
  constructor(limiter: RateLimiter, all: RateNumbers, parts: SharedRateParts) {
    this.#limiter = limiter
    this.#all = all
    this.#parts = parts
  }

  /** Attempts a second that this instance may begin now. */
  get share(): number {
    return this.#notes === 0 ? this.#all.rate : this.#share
  }

  tryTake(nowMs: number, key?: string): boolean {
    this.#asked++
    if (this.#isAsleep || nowMs >= this.#strangerAtMs) this.#wake(nowMs)
    return this.#limiter.tryTake(nowMs, key)
  }

  retryAfterMs(nowMs: number, key?: string): number {
    return this.#limiter.retryAfterMs(nowMs, key)
  }

  /** Another rate for all: its parts stay what they are. */
  update(all: RateNumbers, nowMs: number): void {
    const factor = all.rate / this.#all.rate
    this.#all = all
    if (this.#notes === 0) return this.#limiter.update(all, nowMs)
    this.#least *= factor
    this.#set(this.#share * factor, nowMs)
  }

  /** From here on its share stays what it is. */
  close(): void {
    this.#isAsleep = false
    this.#strangerAtMs = Number.POSITIVE_INFINITY
    this.dueAtMs = Number.POSITIVE_INFINITY
    this.#parts.topic.close()
    this.#peers.clear()
  }

  // ---- TimedLimit ----

  onTime(nowMs: number): void {
    if (nowMs < this.dueAtMs) return
    // So late that the others have forgotten it: it begins anew with the next attempt.
    if (nowMs >= this.#strangerAtMs) return this.#sleep()
    this.#measure(nowMs)
    this.#quietRounds = this.#asked === 0 ? this.#quietRounds + 1 : 0
    this.#asked = 0
    this.dueAtMs = nowMs + ROUND_MS
    if (this.#quietRounds >= QUIET_ROUNDS) this.#sleep()
    this.#say(nowMs, this.#isAsleep ? MEMBER_MS : BELIEVED_MS)
    const fair = this.#fair(nowMs)
    this.#set(Math.min(fair, this.#least), nowMs)
    this.#least = fair
  }

  // ---- BoardSink ----

  note(peer: string, note: string): void {
    const before = this.#peers.get(peer)
    if (before?.note === note) return
    const [demand, forMs] = note.split(' ').map(Number) as [number, number]
    // What cannot be read is from another version: a peer, of which nothing else is known.
    const isRead = demand >= 0 && forMs > 0
    const nowMs = this.#parts.clock.now()
    this.#peers.set(peer, { note, demand: isRead ? demand : this.#all.rate, untilMs: nowMs + (isRead ? forMs : 0) })
    if (before === undefined || demand > before.demand) this.#give(nowMs)
  }

  gone(peer: string): void {
    this.#peers.delete(peer)
  }

  /** Begins to take part, or to speak again. What others do not know of it takes a little, and not a burst. */
  #wake(nowMs: number): void {
    this.#parts.topic.follow(this)
    const isStranger = nowMs >= this.#strangerAtMs
    if (isStranger) this.#demand = this.#all.rate * FIRST
    this.#least = this.#fair(nowMs)
    if (isStranger) {
      this.#limiter.update({ rate: this.#demand, burst: 1 }, nowMs)
      this.#set(Math.min(this.#demand, this.#least), nowMs)
    }
    this.#isAsleep = false
    this.#isMeasured = false
    this.#quietRounds = 0
    this.#asked = 1
    this.#beganMs = nowMs
    this.#say(nowMs, BELIEVED_MS)
    this.dueAtMs = nowMs + ROUND_MS
    this.#parts.wake(this)
  }

  #sleep(): void {
    this.#isAsleep = true
    this.#demand = 0
    this.dueAtMs = Number.POSITIVE_INFINITY
  }

  #measure(nowMs: number): void {
    const asked = (this.#asked * 1000) / (nowMs - this.#beganMs)
    const change = asked - this.#demand
    const isChance = this.#isMeasured && change ** 2 <= CHANCE ** 2 * Math.max(1, this.#demand)
    this.#demand += isChance ? change * WEIGHT : change
    this.#isMeasured = true
    this.#beganMs = nowMs
  }

  #say(nowMs: number, forMs: number): void {
    this.#notes += 1
    this.#strangerAtMs = nowMs + forMs
    this.#parts.topic.say(`${Math.round(this.#demand * 1000) / 1000} ${forMs} ${this.#notes}`, forMs)
  }

  /** Others need more: what that leaves is all it has, from now on. */
  #give(nowMs: number): void {
    if (this.#notes === 0) return
    const fair = this.#fair(nowMs)
    this.#least = Math.min(this.#least, fair)
    if (fair < this.#share) this.#set(fair, nowMs)
  }

  #fair(nowMs: number): number {
    const { rate } = this.#all
    let heard = 0
    const others = Array.from(this.#peers.values(), ({ demand, untilMs }) => {
      if (untilMs <= nowMs) return Number.POSITIVE_INFINITY
      heard++
      return demand
    })
    // Cut off: the others leave it what it leaves each of them.
    if (heard === 0 && others.length > 0) return rate / (others.length + 1)
    return fairShare(rate, this.#demand, others)
  }

  #set(share: number, nowMs: number): void {
    this.#share = share
    const { rate, burst } = this.#all
    this.#limiter.update({ rate: share, burst: Math.max(1, (burst * share) / rate) }, nowMs)
  }
}

interface PeerDemand {
  readonly note: string
  readonly demand: number
  readonly untilMs: number
}
