/**
 * Knows how long an attempt takes when none of them waits, and finds out again from time to time: the number that latency
 * based limits stand or fall with. A baseline averaged from normal traffic follows overload upwards (concurrency-limits
 * #134, #141, #165; failsafe-go#127), the lowest latency ever seen never comes back up after a deployment.
 *
 * So it is measured, by a probe: the limit is lowered to half of what Little's law says is at work, `limit · baseline /
 * latency`, and the attempts that begin once so few are under way are timed. (Envoy's minRTT goes down to 3, which sheds
 * nearly everything a large limit lets through.) Whatever the baseline was before, a probe at half of that work shows it
 * at most as high as half of it, or finds the true one: it cannot drift. Probes come every 60 s ± 15 % at the earliest
 * and never take more than a twentieth of the time, and none comes where nothing was limited: there latency is free.
 */
const EVERY_MS = 60_000
const JITTER = 0.15
/** A probe of length t is followed by no other for 20 t. */
const MOST_OF_TIME = 1 / 20
/** Attempts timed: at least so many, and so many rounds of those under way. */
const LEAST_SAMPLES = 50
const ROUNDS = 10
/** A probe that has not ended after so many baselines is given up; with this many attempts it counts all the same. */
const LONGEST_IN_BASELINES = 40
const ENOUGH_SAMPLES = 10

export class LatencyBaseline {
  /** Milliseconds; 0 while nothing is known. */
  ms = 0
  /** How many may be under way while a probe runs; 0 while none does. */
  level = 0
  #dueMs: number = Number.POSITIVE_INFINITY
  #startedMs = 0
  /** Since when no more than `level` were under way; `Infinity` while they still are. */
  #sinceMs: number = Number.POSITIVE_INFINITY
  /**
   * Attempts count that began up to here. The first to end are the short ones: stopping as soon as enough have ended
   * would leave the long ones out, so those under way at that instant are waited for.
   */
  #untilMs: number = Number.POSITIVE_INFINITY
  #left = 0
  #count = 0
  #sumMs = 0

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs
  }

  /** The next probe in `afterMs`; `chance` is a number drawn from [0, 1). */
  plan(nowMs: number, afterMs: number, chance: number): void {
    this.#dueMs = nowMs + afterMs * (1 + JITTER * (2 * chance - 1))
  }

  begin(nowMs: number, limit: number, latencyMs: number): void {
    const atWork = limit * Math.min(1, this.ms / latencyMs)
    this.level = Math.max(1, Math.floor(atWork / 2))
    this.#startedMs = nowMs
    this.#sinceMs = Number.POSITIVE_INFINITY
    this.#untilMs = Number.POSITIVE_INFINITY
    this.#count = 0
    this.#sumMs = 0
  }

  /**
   * An attempt has ended while a probe runs, and `left` are under way. True where that was the last it waited for. One
   * that does not count (a drop, a cancelled one) has left all the same.
   */
  learn(tookMs: number, nowMs: number, left: number, counts: boolean): boolean {
    const beganMs = nowMs - tookMs
    if (beganMs >= this.#sinceMs) {
      if (beganMs > this.#untilMs) return false
      if (counts) {
        this.#count++
        this.#sumMs += tookMs
      }
      if (this.#untilMs !== Number.POSITIVE_INFINITY) {
        this.#left--
        return this.#left <= 0
      }
      if (this.#count < Math.max(LEAST_SAMPLES, ROUNDS * this.level)) return false
      this.#untilMs = nowMs
      this.#left = left
      return left === 0
    }
    if (this.#sinceMs === Number.POSITIVE_INFINITY && left <= this.level) this.#sinceMs = nowMs
    return false
  }

  /** True where a probe has run for as long as one may. */
  isOverdue(nowMs: number, windowMs: number): boolean {
    return nowMs - this.#startedMs >= Math.max(10 * windowMs, LONGEST_IN_BASELINES * this.ms)
  }

  end(nowMs: number, chance: number): void {
    if (this.#count >= ENOUGH_SAMPLES) this.ms = this.#sumMs / this.#count
    this.level = 0
    this.plan(nowMs, Math.max(EVERY_MS, (nowMs - this.#startedMs) / MOST_OF_TIME), chance)
  }

  /** A window in which nothing was limited: as good as a probe, where one is due. */
  take(latencyMs: number, nowMs: number, chance: number): void {
    this.ms = latencyMs
    this.plan(nowMs, EVERY_MS, chance)
  }

  /** Latency far below the baseline disproves it; Gradient2 gives way by a twentieth a window. */
  giveWay(latencyMs: number): void {
    if (this.ms > 2 * latencyMs) this.ms *= 0.95
  }
}
