import { LinkedList } from '../state/linked-list.ts'
import type { Lifetime } from './cache-control.ts'

/**
 * What an answer is good for at this moment: `fresh`, instead of a call; `stale-revalidate`, at once, while one call
 * fetches a newer one; `stale-error`, where a call has failed.
 */
export type Freshness = 'fresh' | 'stale-revalidate' | 'stale-error'

/** An answer that is kept. */
export interface CachedAnswer<Value> {
  readonly key: string
  readonly value: Value
  /** As {@link AnswerCache.get} saw it last. */
  readonly freshness: Freshness
  /** When it was put, in monotonic milliseconds. */
  readonly storedAtMs: number
  /** Written by whoever fetches a newer one, so that nobody else does. A newer one is another object. */
  isRefreshing: boolean
}

/** Answers looked at for each new one, whether they have become good for nothing. */
const LOOKS = 2

/**
 * Answers by key, each with its own end; at `maxEntries` the least recently used goes. Reading, writing and making room
 * take the same few steps whatever is kept: the order of use is a list through the entries. (A Map that is kept in order
 * by deleting and setting anew looks over all it has deleted for its first key: 31 µs for each at 100,000 entries.)
 *
 * There is no sweep and no timer. What is good for nothing is dropped when it is asked for, and with each new entry two of
 * those unused longest are looked at, so the memory of a burst of keys shrinks as others come.
 */
export class AnswerCache<Value> {
  #maxEntries: number
  readonly #entries: Map<string, Entry<Value>> = new Map()
  /** Most recently used first. */
  readonly #byUse: LinkedList<Entry<Value>> = new LinkedList()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** Answers that are kept. */
  get size(): number {
    return this.#entries.size
  }

  /** The answer for a key, while it is good for anything. Counts as a use. */
  get(key: string, nowMs: number): CachedAnswer<Value> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.isOver(nowMs)) {
      this.#drop(entry)
      return undefined
    }
    entry.freshness = entry.freshnessAt(nowMs)
    if (entry !== this.#byUse.first) {
      this.#byUse.remove(entry)
      this.#byUse.prepend(entry)
    }
    return entry
  }

  /** Keeps an answer instead of the one before. */
  put(key: string, value: Value, lifetime: Lifetime, nowMs: number): void {
    const before = this.#entries.get(key)
    if (before !== undefined) this.#drop(before)
    for (let i = 0; i < LOOKS && this.#byUse.last?.isOver(nowMs); i++) this.#drop(this.#byUse.last)
    if (this.#entries.size >= this.#maxEntries && this.#byUse.last !== undefined) this.#drop(this.#byUse.last)
    const entry = new Entry(key, value, lifetime, nowMs)
    this.#entries.set(key, entry)
    this.#byUse.prepend(entry)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#drop(entry)
  }

  clear(): void {
    this.#entries.clear()
    this.#byUse.clear()
  }

  /** Fewer than before make the least recently used go at once. */
  resize(maxEntries: number): void {
    this.#maxEntries = maxEntries
    while (this.#entries.size > maxEntries && this.#byUse.last !== undefined) this.#drop(this.#byUse.last)
  }

  #drop(entry: Entry<Value>): void {
    this.#entries.delete(entry.key)
    this.#byUse.remove(entry)
  }
}

class Entry<Value> implements CachedAnswer<Value> {
  readonly key: string
  readonly value: Value
  readonly storedAtMs: number
  readonly #freshUntilMs: number
  readonly #revalidateUntilMs: number
  readonly #errorUntilMs: number
  freshness: Freshness = 'fresh'
  isRefreshing = false
  previous: Entry<Value> | undefined = undefined
  next: Entry<Value> | undefined = undefined

  constructor(key: string, value: Value, lifetime: Lifetime, nowMs: number) {
    this.key = key
    this.value = value
    this.storedAtMs = nowMs
    this.#freshUntilMs = nowMs + lifetime.ttlMs
    this.#revalidateUntilMs = this.#freshUntilMs + lifetime.staleWhileRevalidateMs
    this.#errorUntilMs = this.#freshUntilMs + lifetime.staleIfErrorMs
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.#revalidateUntilMs && nowMs >= this.#errorUntilMs
  }

  /** While it is not over. */
  freshnessAt(nowMs: number): Freshness {
    if (nowMs < this.#freshUntilMs) return 'fresh'
    return nowMs < this.#revalidateUntilMs ? 'stale-revalidate' : 'stale-error'
  }
}
