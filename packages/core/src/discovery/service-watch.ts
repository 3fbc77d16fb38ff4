import type { Instance } from '../endpoint/endpoint.ts'
import { asError } from '../errors/as-error.ts'
import type { Registry, RegistrySink } from './registry.ts'
import type { RetryWait } from './retry-wait.ts'

/**
 * What a registry has said about a service: `unasked`, `pending` until the first word, then the last answer; `failed` is
 * failed without ever having answered.
 */
export type WatchState = 'unasked' | 'pending' | 'known' | 'unknown' | 'failed'

/** Who decides about a service: told after each word that changed anything, perhaps inside `begin` or `again`. */
export interface WatchOwner {
  readonly service: string
  now(): number
  onWord(watch: ServiceWatch): void
}

const NOBODY: ReadonlySet<string> = new Set()

/**
 * One service as one registry has it, followed for ever.
 *
 * Adapters reconnect by themselves, so a watch that failed is left in place. But watches have died in silence after a
 * reconnect (microsoft/etcd3#78, silas/node-consul#51), so one that has not come back by {@link giveUpAtMs} is given up
 * and the registry asked anew; the waits grow while that does not help.
 */
export class ServiceWatch implements RegistrySink {
  readonly registry: Registry
  state: WatchState = 'unasked'
  /** The last list; it stands while the watch is interrupted. */
  list: readonly Instance[] = []
  /** Goodbyes that nobody has looked at yet; undefined where the registry tells none and is believed. */
  #left: ReadonlySet<string> | undefined = undefined
  /** Why the watch is interrupted; undefined while it is not. */
  interruption: Error | undefined = undefined
  /** When to ask anew; `Infinity` while all is well. */
  giveUpAtMs: number = Number.POSITIVE_INFINITY
  readonly #owner: WatchOwner
  readonly #waits: RetryWait
  #handle: Disposable | undefined = undefined

  constructor(registry: Registry, owner: WatchOwner, waits: RetryWait) {
    this.registry = registry
    this.#owner = owner
    this.#waits = waits
  }

  begin(): void {
    this.state = 'pending'
    this.#watch()
  }

  /** Gives the present watch up for a new one. What is known stays until there is a new answer. */
  again(): void {
    this.#end()
    this.giveUpAtMs = this.#owner.now() + this.#waits.next()
    this.#watch()
  }

  /** Ends the watch and forgets what was known. */
  drop(): void {
    this.state = 'unasked'
    this.list = []
    this.#left = undefined
    this.#recover()
    this.#end()
  }

  /** Who said goodbye since this was asked last. */
  takeLeft(): ReadonlySet<string> | undefined {
    const left = this.#left
    if (left !== undefined) this.#left = NOBODY
    return left
  }

  // ---- RegistrySink ----

  instances(list: readonly Instance[], left?: ReadonlySet<string>): void {
    // A list may be told while the one before is still being looked at: goodbyes add up.
    if (left === undefined || this.#left === undefined || this.#left.size === 0) this.#left = left
    else this.#left = new Set([...this.#left, ...left])
    this.#hear('known', list)
  }

  unknown(): void {
    this.#hear('unknown', [])
  }

  error(error: Error): void {
    if (this.state === 'unasked' || this.interruption !== undefined) return
    if (this.state === 'pending') this.state = 'failed'
    this.interruption = error
    this.giveUpAtMs = this.#owner.now() + this.#waits.next()
    this.#owner.onWord(this)
  }

  #hear(state: 'known' | 'unknown', list: readonly Instance[]): void {
    if (this.state === 'unasked') return
    // Registries tell one frozen list to all: the same object again is the same list.
    const isNews = this.state !== state || this.list !== list || this.interruption !== undefined
    this.state = state
    this.list = list
    this.#recover()
    if (isNews) this.#owner.onWord(this)
  }

  #recover(): void {
    this.interruption = undefined
    this.giveUpAtMs = Number.POSITIVE_INFINITY
    this.#waits.reset()
  }

  #watch(): void {
    try {
      this.#handle = this.registry.watch(this.#owner.service, this)
      // Dropped by whoever was told inside `watch`, when there was nothing to dispose of yet.
      if (this.state === 'unasked') this.#end()
    } catch (thrown) {
      this.error(asError(thrown))
    }
  }

  #end(): void {
    this.#handle?.[Symbol.dispose]()
    this.#handle = undefined
  }
}
