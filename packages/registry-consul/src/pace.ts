/**
 * Bounds how often a loop asks: each 100 ms, with up to five questions at once after a quiet time. A blocking query ends
 * whenever its index moves, for a service nobody has registered with each change of any other (hashicorp/consul#3890),
 * and an agent or a proxy that does not block answers at once.
 *
 * GCRA: one number, the time until which the questions asked so far are spread.
 */
export class Pace {
  #spreadUntilMs = Number.NEGATIVE_INFINITY

  /** Milliseconds from `nowMs` until the next question may be asked; counts it as asked then. */
  next(nowMs: number): number {
    const waitMs = Math.max(0, this.#spreadUntilMs - (BURST - 1) * EVERY_MS - nowMs)
    this.#spreadUntilMs = Math.max(this.#spreadUntilMs, nowMs) + EVERY_MS
    return waitMs
  }
}

export const EVERY_MS = 100
export const BURST = 5
