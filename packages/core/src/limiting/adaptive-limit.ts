import type { RandomStream } from '../random/random.ts'
import { LatencyBaseline } from './latency-baseline.ts'
import type { LimitAlgorithm } from './limit-algorithm.ts'
import type { ResolvedAdaptiveOptions } from './limit-options.ts'
import type { PermitEnd } from './limiter.ts'

/** Length of a window, and the attempts below which it goes on (Netflix WindowedLimit). */
const WINDOW_MS = 1000
const LEAST_SAMPLES = 10
/** What is faster was no work: an answer from a cache, a refusal. (WindowedLimit's minRttThreshold.) */
const LEAST_MS = 0.1
/** Windows before the first probe. */
const WARM_UP = 10

/**
 * Decides what the limit is at this moment: it gathers attempts into windows of a second, asks the algorithm at the end
 * of each, and now and then lowers the limit for a probe of the baseline. An attempt adds to a few sums and allocates
 * nothing; what time decides is decided in {@link onTime}, called by the target's loop, which has no timer while nothing
 * happens.
 *
 * Pure: instants and chance come from outside. {@link learn} and {@link onTime} answer whether `limit` has changed.
 */
export class AdaptiveLimit {
  readonly #algorithm: LimitAlgorithm
  readonly #random: RandomStream
  readonly #onDue: (() => void) | undefined
  readonly #baseline = new LatencyBaseline()
  /** What is in force: what the algorithm says, or the level of a probe. */
  limit: number
  /** When {@link onTime} is to be called; `Infinity` while nothing has been seen. */
  dueAtMs: number = Number.POSITIVE_INFINITY

  #samples = 0
  #sumMs = 0
  #drops = 0
  #maxInFlight = 0
  /** What a window that is too small had seen when it was looked at last. */
  #seenBefore = 0
  #hasBegun = false

  /** `onDue` is told when `dueAtMs` is no longer `Infinity`. */
  constructor(algorithm: LimitAlgorithm, random: RandomStream, onDue?: () => void) {
    this.#algorithm = algorithm
    this.#random = random
    this.#onDue = onDue
    this.limit = Math.floor(algorithm.limit)
  }

  /** Latency when nothing waits, in milliseconds; 0 while it is not known. */
  get baselineMs(): number {
    return this.#baseline.ms
  }

  /** An attempt has ended; `inFlight` counts it still. */
  learn(end: PermitEnd, tookMs: number, nowMs: number, inFlight: number): boolean {
    if (inFlight > this.#maxInFlight) this.#maxInFlight = inFlight
    if (this.dueAtMs === Number.POSITIVE_INFINITY) this.#begin(nowMs)
    if (end === 'drop') this.#drops++
    else if (end === 'success' && tookMs >= LEAST_MS) {
      this.#samples++
      this.#sumMs += tookMs
    }
    const baseline = this.#baseline
    if (baseline.level === 0) return false
    return baseline.learn(tookMs, nowMs, inFlight - 1, end === 'success') && this.#endProbe(nowMs)
  }

  onTime(nowMs: number): boolean {
    if (nowMs < this.dueAtMs) return false
    this.dueAtMs = nowMs + WINDOW_MS
    const baseline = this.#baseline
    if (baseline.level > 0) return baseline.isOverdue(nowMs, WINDOW_MS) && this.#endProbe(nowMs)
    const seen = this.#samples + this.#drops
    if (seen < LEAST_SAMPLES) {
      // Nothing new came: what is there waits for the next attempt, and no timer with it.
      if (seen === this.#seenBefore) this.dueAtMs = Number.POSITIVE_INFINITY
      this.#seenBefore = seen
      return false
    }
    const [samples, drops, maxInFlight] = [this.#samples, this.#drops, this.#maxInFlight]
    const meanMs = samples === 0 ? 0 : this.#sumMs / samples
    this.#clear()
    if (this.#algorithm.needsBaseline && samples >= LEAST_SAMPLES) {
      if (baseline.ms === 0) baseline.ms = meanMs
      baseline.giveWay(meanMs)
      if (baseline.isDue(nowMs)) {
        if (maxInFlight * 2 >= this.limit) {
          baseline.begin(nowMs, Math.min(this.limit, maxInFlight), meanMs)
          return this.#set(baseline.level)
        }
        baseline.take(meanMs, nowMs, this.#random.next())
      }
    }
    const baselineMs = baseline.ms === 0 ? meanMs : baseline.ms
    return this.#set(Math.floor(this.#algorithm.decide({ samples, meanMs, baselineMs, maxInFlight, drops })))
  }

  update({ min, max }: ResolvedAdaptiveOptions): void {
    this.#algorithm.setBounds(min, max)
    if (this.#baseline.level === 0) this.#set(Math.floor(this.#algorithm.limit))
  }

  #begin(nowMs: number): void {
    this.dueAtMs = nowMs + WINDOW_MS
    if (!this.#hasBegun) this.#baseline.plan(nowMs, WARM_UP * WINDOW_MS, this.#random.next())
    this.#hasBegun = true
    this.#onDue?.()
  }

  #endProbe(nowMs: number): boolean {
    this.#baseline.end(nowMs, this.#random.next())
    this.#clear()
    return this.#set(Math.floor(this.#algorithm.limit))
  }

  #set(limit: number): boolean {
    const isChanged = limit !== this.limit
    this.limit = limit
    return isChanged
  }

  #clear(): void {
    this.#samples = 0
    this.#sumMs = 0
    this.#drops = 0
    this.#maxInFlight = 0
    this.#seenBefore = 0
  }
}
