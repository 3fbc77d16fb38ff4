/**
 * Decides which calls pass a circuit that has just closed: a share that grows from a tenth to all of them, because a
 * target that has just come back goes down again under everything that waited for it (Hystrix#1647,
 * resilience4j#2001). The share is Envoy's slow start with aggression 1: max(0.1, elapsed / length)
 * (envoyproxy.io, load_balancing/slow_start).
 *
 * Whatever the share, a call passes while fewer than `proven` are under way: as many probes at once the target has just
 * answered. So the ramp holds a herd back and is never noticed by callers of few calls. Beyond that, shares are kept by
 * a running credit and not by chance: of any ten calls at 40 % four pass, and the same run passes the same calls.
 */
const LEAST_SHARE = 0.1
/** Ten tenths are one, though their sum is a little less. */
const WHOLE: number = 1 - 1e-9

export class Ramp {
  readonly endsAtMs: number
  readonly #beganMs: number
  readonly #lengthMs: number
  readonly #proven: number
  #underWay = 0
  #credit = 0

  constructor(nowMs: number, lengthMs: number, proven: number) {
    this.#beganMs = nowMs
    this.#lengthMs = lengthMs
    this.endsAtMs = nowMs + lengthMs
    this.#proven = proven
  }

  /** One call asks. */
  admits(nowMs: number): boolean {
    if (nowMs < this.endsAtMs && this.#underWay >= this.#proven && !this.#spend(nowMs)) return false
    this.#underWay++
    return true
  }

  /** One call that was admitted is no longer under way. */
  ended(): void {
    this.#underWay--
  }

  #spend(nowMs: number): boolean {
    this.#credit += Math.max(LEAST_SHARE, (nowMs - this.#beganMs) / this.#lengthMs)
    if (this.#credit < WHOLE) return false
    this.#credit--
    return true
  }
}
