import { type AdapterPorts, asError, type PolicySourceSink, type PolicyText } from '@seakeep/core/spi'
import type { ConsulAnswer } from './consul-client.ts'
import { RegistryAnswerError } from './consul-errors.ts'
import { type KvEntry, kvPath, readKv } from './kv.ts'
import { LongPoll, type PollParts, type PollSink } from './long-poll.ts'

/** The policy document under one key, for all who follow it: tells changes, and each interruption once. */
export class KeyWatch implements PollSink {
  readonly #name: string
  readonly #ports: AdapterPorts
  readonly #poll: LongPoll
  readonly #followers = new Set<Follower>()
  /** What is there; undefined until Consul has said. */
  #state: PolicyText | 'missing' | undefined = undefined
  #interruption: Error | undefined = undefined

  constructor(key: string, name: string, parts: PollParts) {
    this.#name = name
    this.#ports = parts.ports
    this.#poll = new LongPoll(`${kvPath(key)}?stale`, this, parts)
  }

  start(): void {
    this.#poll.start()
  }

  /** Tells what is known at once. */
  add(sink: PolicySourceSink): Follower {
    const follower: Follower = { sink }
    this.#followers.add(follower)
    this.#tell(follower)
    const interruption = this.#interruption
    if (interruption !== undefined) this.#guard(follower, () => sink.error(interruption))
    return follower
  }

  /** How many are left. */
  remove(follower: Follower): number {
    this.#followers.delete(follower)
    return this.#followers.size
  }

  close(): void {
    this.#followers.clear()
    this.#poll.close()
  }

  // ---- PollSink ----

  answer(answer: ConsulAnswer, isDegraded: boolean): void {
    const entry = readKv(answer)
    if (isDegraded && (this.#state !== undefined || entry === undefined)) return
    const state = entry === undefined ? 'missing' : textOf(entry)
    const isNews = revisionOf(state) !== revisionOf(this.#state) || this.#interruption !== undefined
    this.#interruption = undefined
    this.#state = state
    if (!isNews) return
    for (const follower of [...this.#followers]) this.#tell(follower)
  }

  error(error: Error): void {
    if (this.#interruption !== undefined) return
    this.#interruption = error
    const { clock, events } = this.#ports
    if (error instanceof RegistryAnswerError) {
      events.emit({ type: 'registryMisspoke', atMs: clock.now(), name: this.#name, why: error.message, error })
    }
    for (const follower of [...this.#followers]) this.#guard(follower, () => follower.sink.error(error))
  }

  #tell(follower: Follower): void {
    const state = this.#state
    if (state === undefined) return
    this.#guard(follower, () => (state === 'missing' ? follower.sink.missing() : follower.sink.document(state)))
  }

  /** One who throws harms neither the source nor the next one. */
  #guard(follower: Follower, tell: () => void): void {
    if (!this.#followers.has(follower)) return
    try {
      tell()
    } catch (thrown) {
      const { clock, events } = this.#ports
      events.emit({ type: 'listenerFailed', atMs: clock.now(), error: asError(thrown) })
    }
  }
}

export interface Follower {
  readonly sink: PolicySourceSink
}

function revisionOf(state: PolicyText | 'missing' | undefined): string | undefined {
  return typeof state === 'object' ? state.revision : state
}

export function textOf({ value, modifyIndex }: KvEntry): PolicyText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(value), revision: String(modifyIndex) }
  } catch (cause) {
    throw new RegistryAnswerError('[0].Value', 'it is not text in UTF-8', { cause })
  }
}
