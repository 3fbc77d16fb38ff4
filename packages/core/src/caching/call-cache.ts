import type { CallRequest, StartOptions } from '../call/call.ts'
import type { CallOutcome } from '../call/outcome.ts'
import { AnswerCache, type CachedAnswer } from './answer-cache.ts'
import { lifetimeOf } from './cache-control.ts'
import type { ResolvedCacheOptions } from './cache-options.ts'
import { CallKeys } from './call-key.ts'
import { answerHeader, isStorable, isWorseThanStale, sharedOutcome } from './shared-outcome.ts'
import { isSameSharing } from './sharing-options.ts'

/** How often a cache was asked, and what came of it; read live. */
export interface CacheState {
  /** Answers that are kept. */
  readonly entries: number
  /** Calls answered by a fresh answer. */
  readonly hits: number
  /** Calls answered by a stale one while a call renewed it. */
  readonly staleHits: number
  /** Calls that failed and were answered by a stale one. */
  readonly rescued: number
  /** Calls that had to be made. */
  readonly misses: number
}

/** What a lookup says. */
export interface Lookup {
  /** With it the call is over. */
  readonly outcome: CallOutcome | undefined
  /** Given to one caller only: it starts a call for nobody, whose outcome goes to {@link CallCache.renew} with this. */
  readonly refresh: CachedAnswer<CallOutcome> | undefined
}

const MISS: Lookup = Object.freeze({ outcome: undefined, refresh: undefined })

/**
 * The answers of one target. A call with a key asks {@link lookup}; it is over where that gives an outcome, else it is
 * made, and what its caller is told is what {@link conclude} makes of its outcome.
 *
 * Answers are given out as they came, not copied: who changes one changes it for all.
 */
export class CallCache {
  #options: ResolvedCacheOptions
  #keys: CallKeys
  readonly #answers: AnswerCache<CallOutcome>
  #hits = 0
  #staleHits = 0
  #rescued = 0
  #misses = 0

  constructor(service: string, options: ResolvedCacheOptions) {
    this.#options = options
    this.#keys = new CallKeys(service, options.sharing)
    this.#answers = new AnswerCache(options.maxEntries)
  }

  get value(): CacheState {
    const [hits, staleHits, rescued, misses] = [this.#hits, this.#staleHits, this.#rescued, this.#misses]
    return { entries: this.#answers.size, hits, staleHits, rescued, misses }
  }

  /** By which the call's answer is kept; undefined where it has nothing to do with the cache. */
  keyOf(request: CallRequest, options: StartOptions): string | undefined {
    return this.#keys.of(request, options)
  }

  lookup(key: string, nowMs: number): Lookup {
    const found = this.#answers.get(key, nowMs)
    if (found === undefined || found.freshness === 'stale-error') {
      this.#misses++
      return MISS
    }
    if (found.freshness === 'fresh') {
      this.#hits++
      return { outcome: found.value, refresh: undefined }
    }
    this.#staleHits++
    if (found.isRefreshing) return { outcome: found.value, refresh: undefined }
    found.isRefreshing = true
    return { outcome: found.value, refresh: found }
  }

  /** A call that somebody waits for has ended: what its caller is told, which is a stale answer where it failed. */
  conclude(key: string, outcome: CallOutcome, nowMs: number): CallOutcome {
    if (!isWorseThanStale(outcome)) {
      this.#keep(key, outcome, nowMs)
      return outcome
    }
    const found = this.#answers.get(key, nowMs)
    if (found === undefined) return outcome
    this.#rescued++
    return found.value
  }

  /** A call that was to fetch a newer answer has ended. Where it failed, the next who is given the old one tries again. */
  renew(refresh: CachedAnswer<CallOutcome>, outcome: CallOutcome, nowMs: number): void {
    refresh.isRefreshing = false
    if (!isWorseThanStale(outcome)) this.#keep(refresh.key, outcome, nowMs)
  }

  #keep(key: string, outcome: CallOutcome, nowMs: number): void {
    const { ending, value } = outcome
    // By its key calls were equal that are not any more.
    if (this.#keys.isOld(key)) return
    // Who has gone or may not ask has learnt nothing of what the far side would say.
    if (ending === 'cancelled' || ending === 'unauthorised') return
    const read = (name: string): string | undefined => answerHeader(value, name)
    const mayKeep = isStorable(outcome) && this.#keys.tellsApart(read('vary') ?? '')
    const lifetime = mayKeep ? lifetimeOf(read, this.#options.lifetime) : undefined
    // The far side has spoken: what was kept is not what it says any more.
    if (lifetime === undefined) this.#answers.delete(key)
    else this.#answers.put(key, sharedOutcome(outcome), lifetime, nowMs)
  }

  /**
   * What is kept stays as long as it was kept for, unless other calls are equal now: then nothing stays, and what calls
   * that are under way bring is not kept.
   */
  update(options: ResolvedCacheOptions): void {
    if (!isSameSharing(options.sharing, this.#options.sharing)) {
      this.#keys = this.#keys.next(options.sharing)
      this.#answers.clear()
    }
    this.#answers.resize(options.maxEntries)
    this.#options = options
  }

  clear(): void {
    this.#answers.clear()
  }
}
