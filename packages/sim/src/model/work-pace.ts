import type { ResolvedColdStart } from '../scenario/cold-start.ts'
import type { ResolvedContention } from '../scenario/contention.ts'
import type { VirtualHost } from './virtual-host.ts'

/** How many times as long as usual work takes on an instance: while it is cold, and with others beside it. */
export class WorkPace {
  readonly #host: VirtualHost
  readonly #coldStart: ResolvedColdStart | undefined
  readonly #contention: ResolvedContention | undefined

  constructor(host: VirtualHost, coldStart: ResolvedColdStart | undefined, contention: ResolvedContention | undefined) {
    this.#host = host
    this.#coldStart = coldStart
    this.#contention = contention
  }

  /** For work that begins now, with so many requests in progress, the one it is for included. */
  factor(inProgress: number): number {
    return this.#cold() * this.#contended(Math.max(1, inProgress))
  }

  /** Who was there at t = 0 has been running for long, unless it is said otherwise. */
  #cold(): number {
    if (this.#coldStart === undefined) return 1
    const { forMs, factor, shape, atStart } = this.#coldStart
    const { upSinceUs, clock } = this.#host
    if (upSinceUs === 0 && !atStart) return 1
    const left = 1 - (clock.now() - upSinceUs / 1000) / forMs
    if (left <= 0) return 1
    return shape === 'step' ? factor : 1 + (factor - 1) * left
  }

  #contended(n: number): number {
    if (this.#contention === undefined) return 1
    const { alpha, beta } = this.#contention
    return 1 + alpha * (n - 1) + beta * n * (n - 1)
  }
}
