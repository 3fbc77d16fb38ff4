/** At most this many steps in a timeline. */
const MAX_STEPS = 600
const STEP_MS = 1000

/** 1 s up to 600 s, then the smallest whole number of seconds that keeps 600 steps. */
export function timelineStepMs(durationMs: number): number {
  return STEP_MS * Math.max(1, Math.ceil(durationMs / STEP_MS / MAX_STEPS))
}

/** What was offered in each step and what became of it, from t = 0 on, by when it was offered. */
export class Timeline {
  readonly #stepUs: number
  readonly offered: Uint32Array
  readonly good: Uint32Array
  /** Ended in whatever way, or open past the instant they are judged by. */
  readonly judged: Uint32Array

  constructor(durationUs: number, stepUs: number) {
    this.#stepUs = stepUs
    const steps = Math.max(1, Math.ceil(durationUs / stepUs))
    this.offered = new Uint32Array(steps)
    this.good = new Uint32Array(steps)
    this.judged = new Uint32Array(steps)
  }

  offer(offeredUs: number): void {
    this.offered[(offeredUs / this.#stepUs) | 0]!++
  }

  end(offeredUs: number, isGood: boolean): void {
    const step = (offeredUs / this.#stepUs) | 0
    this.judged[step]!++
    if (isGood) this.good[step]!++
  }

  /** Goodput of each step; null where nothing was offered or all is still open and in time. */
  goodput(): (number | null)[] {
    return Array.from(this.judged, (_, step) => this.goodputOf(step))
  }

  goodputOf(step: number): number | null {
    const judged = this.judged[step] ?? 0
    return judged === 0 ? null : this.good[step]! / judged
  }

  /** Calls offered a second, in each step. */
  offeredRate(): number[] {
    return Array.from(this.offered, (offered) => offered / (this.#stepUs / 1e6))
  }
}
