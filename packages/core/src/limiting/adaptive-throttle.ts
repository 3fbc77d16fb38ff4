import { CountWindow } from './count-window.ts'
import type { ResolvedThrottleOptions } from './throttle-options.ts'

/**
 * Decides which attempts are refused before they are sent, because the target would refuse them: client-side adaptive
 * throttling of the SRE book (sre.google/sre-book/handling-overload). With `requests` wanted and `accepts` taken by the
 * target in the last two minutes an attempt is refused with the probability
 *
 *     p = max(0, (requests − K · accepts) / (requests + 1))
 *
 * so that a target which takes C a second sees K·C of them at most, however many are wanted, and finds out by the surplus
 * when it can take more again. A dead one sees about one in each window.
 *
 * An attempt that is sent counts when it ends, as request and as acceptance at once: those that are under way are not
 * held against the target, or every cold start would begin with refusals.
 */
export class AdaptiveThrottle {
  #multiplier: number
  readonly #requests: CountWindow
  readonly #accepts: CountWindow

  constructor({ multiplier, windowMs }: ResolvedThrottleOptions) {
    this.#multiplier = multiplier
    this.#requests = new CountWindow(windowMs)
    this.#accepts = new CountWindow(windowMs)
  }

  /** The share that is refused at this moment: compare a draw from [0, 1) with it where it is above 0. */
  refusalRatio(nowMs: number): number {
    const requests = this.#requests.total(nowMs)
    const surplus = requests - this.#multiplier * this.#accepts.total(nowMs)
    return surplus <= 0 ? 0 : surplus / (requests + 1)
  }

  /** An attempt whose draw was below the ratio: is it refused? It is, and counts as wanted and not taken. */
  onRefused(nowMs: number): boolean {
    this.#requests.add(nowMs)
    return true
  }

  /**
   * An attempt that was sent has ended. Accepted is what the target worked on; not accepted are its pushback (429, 503),
   * timeouts and what never reached it. One that its caller called off is not told.
   */
  onEnd(isAccepted: boolean, nowMs: number): void {
    this.#requests.add(nowMs)
    if (isAccepted) this.#accepts.add(nowMs)
  }

  /** Another multiplier keeps what was counted; another window takes another throttle. */
  update({ multiplier }: ResolvedThrottleOptions): void {
    this.#multiplier = multiplier
  }
}
