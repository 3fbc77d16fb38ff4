import type { CircuitBreaker } from '../breaking/breaker.ts'
import { PeerCircuits } from '../breaking/peer-circuits.ts'
import { contentHash } from '../config/content-hash.ts'
import type { ShadowMark } from '../config/policy-mode.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitLoop, TimedLimit } from '../limiting/limit-loop.ts'
import type { ResolvedRateLimitOptions } from '../limiting/limiter-options.ts'
import type { RateLimiter } from '../limiting/rate-limiter.ts'
import { SharedRateLimiter } from '../limiting/shared-rate-limiter.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import { Topic } from '../sharing/topic.ts'
import { type Route, statesOf } from './route.ts'
import type { TargetPorts } from './target-ports.ts'

/**
 * Joins what the routes of one target share with the other instances of their caller: the same topic for the same caller,
 * target and layer, so that nobody has to be told who belongs together. The service's own layer is known by nothing more; one
 * that a method has for itself, by what it says, whatever else its policy says: instances on different documents belong
 * together where this layer is the same. What is in shadow keeps to itself. Made where there is a board and something to share.
 */
export class TargetSharing {
  readonly #board: SharedBoard
  readonly #ports: TargetPorts
  /** `web/payments`; for a function `web/policy/payments`. */
  readonly #subject: string
  /** What has been joined and not been left. */
  readonly #joined = new Set<SharedRateLimiter | PeerCircuits>()

  constructor(board: SharedBoard, service: string, isFunction: boolean, ports: TargetPorts) {
    this.#board = board
    this.#ports = ports
    this.#subject = [ports.caller ?? '', ...(isFunction ? ['policy'] : []), service].join('/')
  }

  /** Lets a circuit hear of its peers, or no more, as its policy has it. */
  joinCircuit(breaker: CircuitBreaker, layer: ResolvedPolicy['circuitBreaker'], isBase: boolean): void {
    if (layer?.quorum === undefined) return breaker.join(undefined)
    const name = this.#name('breaker', layer, isBase)
    if (breaker.peers?.name === name) return
    const onNews = (nowMs: number): void => breaker.onPeers(nowMs)
    const peers = new PeerCircuits(this.#topic(name), this.#ports.clock, onNews)
    this.#joined.add(peers)
    breaker.join(peers)
  }

  joinRate(options: ResolvedRateLimitOptions & ShadowMark, loop: LimitLoop, isBase: boolean): RateLimiter {
    const { clock } = this.#ports
    const topic = this.#topic(this.#name('rate', options, isBase))
    const limiter = createRateLimiter(options, { clock, topic, wake: (limit: TimedLimit) => loop.wake(limit) })
    if (limiter instanceof SharedRateLimiter) this.#joined.add(limiter)
    return limiter
  }

  /** Takes leave for what no route holds any more. */
  keepOnly(routes: Iterable<Route>): void {
    const held = new Set<unknown>()
    for (const route of routes) {
      const { breaker, rateLimit } = statesOf(route)
      held.add(breaker?.peers).add(rateLimit)
    }
    for (const one of this.#joined) if (!held.has(one)) this.#leave(one)
  }

  close(): void {
    for (const one of this.#joined) this.#leave(one)
  }

  #leave(one: SharedRateLimiter | PeerCircuits): void {
    this.#joined.delete(one)
    one.close()
  }

  #name(kind: string, layer: ShadowMark, isBase: boolean): string {
    const name = `${kind}/${this.#subject}`
    if (!isBase) return `${name}/${contentHash(layer)}`
    return layer.isShadow ? `${name}/shadow` : name
  }

  #topic(name: string): Topic {
    const { clock, events } = this.#ports
    return new Topic(name, { board: this.#board, clock, events })
  }
}
