import { hashText, uniform } from '../random/mix.ts'
import { matchesHeaders } from './header-match.ts'
import type { ResolvedVersionRoute } from './route-options.ts'
import type { VersionShare } from './split-options.ts'

/** The versions that a service has endpoints of: a Set, or a Map by version. */
export interface Versions {
  has(version: string): boolean
}

interface Share {
  readonly version: string
  readonly weight: number
  /** Which of a key's numbers it goes by. */
  readonly salt: number
}

/**
 * Which version of a service a call goes to. In this order:
 *
 * 1. the version of the first route whose headers all match;
 * 2. by weight: for a call with a routing key by the key, so that a user stays with a version, else by a draw;
 * 3. undefined, any endpoint: where there is neither.
 *
 * A version without an endpoint is passed over as if it were not listed, its calls go to the others by their weights, and
 * where none of those that have a weight has an endpoint, anywhere: a canary that is gone must not take its users along.
 *
 * A key goes to the version with the least −ln(u) / weight, u being a number that follows from key, service and version
 * (weighted rendezvous hashing; the least of exponentials comes first with the probability of its rate). So if a weight
 * grows, keys move to that version only, and if one falls or its version goes, only keys of that version move, whatever
 * the order of the rows. One position on a line of weights would move every key behind the seam: with 95/5 made 90/5/5
 * all users of the second version would change to the third.
 */
export class VersionRouter {
  readonly #routes: readonly ResolvedVersionRoute[]
  readonly #shares: readonly Share[]
  /** All that are named, each once: who keeps the endpoints by version can tell which of them are missing. */
  readonly versions: readonly string[]

  /** `service` keeps the same users from being the first to try the new version of every service. */
  constructor(
    service: string,
    routes: readonly ResolvedVersionRoute[] | undefined,
    split: readonly VersionShare[] | undefined,
  ) {
    this.#routes = routes ?? []
    this.#shares = (split ?? []).map(({ version, weight }) => {
      return { version, weight, salt: hashText(JSON.stringify([service, version])) }
    })
    this.versions = [...new Set([...this.#shares, ...this.#routes].map(({ version }) => version))]
  }

  /**
   * The version for a call, to be asked once for each call and kept for its retries. `draw` is uniform in [0, 1); it is
   * the call's own, so that a simulation moves the same calls whatever else it changes.
   */
  choose(
    headers: Readonly<Record<string, string>> | undefined,
    key: string | undefined,
    draw: number,
    present: Versions,
  ): string | undefined {
    for (const route of this.#routes) {
      if (present.has(route.version) && matchesHeaders(route.headers, headers)) return route.version
    }
    if (this.#shares.length === 0) return undefined
    return key === undefined ? this.#drawn(draw, present) : this.#keyed(hashText(key), present)
  }

  #drawn(draw: number, present: Versions): string | undefined {
    let total = 0
    for (const { version, weight } of this.#shares) if (weight > 0 && present.has(version)) total += weight
    let left = draw * total
    let chosen: string | undefined
    for (const { version, weight } of this.#shares) {
      if (weight === 0 || !present.has(version)) continue
      chosen = version
      left -= weight
      if (left < 0) break
    }
    return chosen
  }

  #keyed(keyHash: number, present: Versions): string | undefined {
    let least = Number.POSITIVE_INFINITY
    let chosen: string | undefined
    for (const { version, weight, salt } of this.#shares) {
      if (weight === 0 || !present.has(version)) continue
      const cost = -Math.log(1 - uniform(keyHash, salt)) / weight
      if (cost >= least) continue
      least = cost
      chosen = version
    }
    return chosen
  }
}
