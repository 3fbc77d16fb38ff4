import { hashText, mix, uniform } from '@seakeep/core/spi'
import type { ResolvedCache } from '../scenario/cache.ts'
import type { ResolvedStep } from '../scenario/resolved-scenario.ts'
import { Purpose } from './purpose.ts'

/** How the fetch of a key has ended; `given up` where whoever made it was called off. */
export type Fetched = 'there' | 'failed' | 'given up'

/** A request that waits for another's fetch of the same key. */
export interface Follower {
  /** False where it has left meanwhile. */
  readonly isAlive: boolean
  /** With `given up` it makes the fetch itself, as its `own`. */
  onFetched(how: Fetched, fetch: Fetch, own?: Fetch): void
}

/** What one instance remembers of one operation's answers: which keys, and until when. */
export class InstanceCache {
  readonly options: ResolvedCache
  /** What a request does that finds its key. */
  readonly hitSteps: readonly ResolvedStep[]
  /** The key not asked for the longest comes first. */
  readonly #goodUntilUs = new Map<string, number>()
  readonly #fetches = new Map<string, Fetch>()

  /** `entity` names the instance; what is there at first runs out as if it had come in evenly. */
  constructor(options: ResolvedCache, entity: number, isWarm: boolean) {
    this.options = options
    this.hitSteps = options.hit === undefined ? [] : [{ kind: 'work', work: options.hit }]
    if (!isWarm) return
    // Where keys are drawn by Zipf's law, `k1` is asked for the most.
    for (let rank = options.warmKeys; rank >= 1; rank--) {
      const key = `k${rank}`
      const age = uniform(mix(mix(entity, hashText(key)), Purpose.warm), 0)
      this.#goodUntilUs.set(key, options.ttlMs * 1000 * (1 - age))
    }
  }

  has(key: string, nowUs: number): boolean {
    const goodUntilUs = this.#goodUntilUs.get(key)
    if (goodUntilUs === undefined) return false
    this.#goodUntilUs.delete(key)
    if (goodUntilUs <= nowUs) return false
    this.#goodUntilUs.set(key, goodUntilUs)
    return true
  }

  put(key: string, nowUs: number): void {
    const entries = this.#goodUntilUs
    entries.delete(key)
    entries.set(key, nowUs + this.options.ttlMs * 1000)
    if (entries.size > this.options.size) entries.delete(entries.keys().next().value as string)
  }

  /** The fetch of this key that others may join. */
  underWay(key: string): Fetch | undefined {
    return this.#fetches.get(key)
  }

  /** A request begins to fetch what is not there. */
  fetch(key: string): Fetch {
    const fetch = new Fetch(this, key)
    if (this.options.coalesce) this.#fetches.set(key, fetch)
    return fetch
  }

  /** Others no longer join it. */
  close(fetch: Fetch): void {
    if (this.#fetches.get(fetch.key) === fetch) this.#fetches.delete(fetch.key)
  }

  /** Forgets all it knows. What is being fetched comes in all the same. */
  flush(): void {
    this.#goodUntilUs.clear()
  }
}

/** One request's fetch of a key, and who waits for it. */
export class Fetch {
  readonly key: string
  readonly cache: InstanceCache
  readonly #followers: Follower[] = []

  constructor(cache: InstanceCache, key: string) {
    this.cache = cache
    this.key = key
  }

  join(follower: Follower): void {
    this.#followers.push(follower)
  }

  end(how: Fetched, nowUs: number): void {
    this.cache.close(this)
    if (how === 'there') this.cache.put(this.key, nowUs)
    const followers = this.#followers.splice(0).filter((follower) => follower.isAlive)
    if (how !== 'given up') {
      for (const follower of followers) follower.onFetched(how, this)
      return
    }
    const [first, ...rest] = followers
    if (first === undefined) return
    const own = this.cache.fetch(this.key)
    for (const follower of rest) own.join(follower)
    first.onFetched(how, this, own)
  }
}
