import type { CircuitBreaker } from '../breaking/breaker.ts'
import { PeerCircuits } from '../breaking/peer-circuits.ts'
import { contentHash } from '../config/content-hash.ts'
import type { ResolvedPolicy } from '../config/policy-options.ts'
import { createRateLimiter } from '../limiting/create-rate-limiter.ts'
import type { LimitLoop, TimedLimit } from '../limiting/limit-loop.ts'
import type { ResolvedRateLimitOptions } from '../limiting/limiter-options.ts'
import type { RateLimiter } from '../limiting/rate-limiter.ts'
import { SharedRateLimiter } from '../limiting/shared-rate-limiter.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import { Topic } from '../sharing/topic.ts'
import type { Route } from './route.ts'
import type { TargetPorts } from './target-ports.ts'

/** One of a target's routes, as it is known to all who have it: a method's by its policy, the service's by nothing more. */
export interface RouteName {
  readonly policy: ResolvedPolicy
  readonly isBase: boolean
}

/**
 * Joins what the routes of one target share with the other instances of their caller: the same topic for the same caller,
 * target and layer, so that nobody has to be told who belongs together. Made where there is a board and something to share.
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
  joinCircuit(breaker: CircuitBreaker, route: RouteName): void {
    const isShared = route.policy.circuitBreaker?.quorum !== undefined
    if (isShared === (breaker.peers !== undefined)) return
    if (!isShared) return breaker.join(undefined)
    const onNews = (nowMs: number): void => breaker.onPeers(nowMs)
    const peers = new PeerCircuits(this.#topic('breaker', route), this.#ports.clock, onNews)
    this.#joined.add(peers)
    breaker.join(peers)
  }

  joinRate(options: ResolvedRateLimitOptions, loop: LimitLoop, route: RouteName): RateLimiter {
    const { clock } = this.#ports
    const parts = { clock, topic: this.#topic('rate', route), wake: (limit: TimedLimit) => loop.wake(limit) }
    const limiter = createRateLimiter(options, parts)
    if (limiter instanceof SharedRateLimiter) this.#joined.add(limiter)
    return limiter
  }

  /** Takes leave for what no route holds any more. */
  keepOnly(routes: Iterable<Route>): void {
    const held = new Set<unknown>()
    for (const { breaker, rateLimit } of routes) held.add(breaker?.peers).add(rateLimit)
    for (const one of this.#joined) if (!held.has(one)) this.#leave(one)
  }

  close(): void {
    for (const one of this.#joined) this.#leave(one)
  }

  #leave(one: SharedRateLimiter | PeerCircuits): void {
    this.#joined.delete(one)
    one.close()
  }

  #topic(layer: string, { policy, isBase }: RouteName): Topic {
    const { clock, events } = this.#ports
    const name = isBase ? `${layer}/${this.#subject}` : `${layer}/${this.#subject}/${contentHash(policy)}`
    return new Topic(name, { board: this.#board, clock, events })
  }
}
