import {
  type AdapterPorts,
  asError,
  PolicyConflictError,
  type PolicySourceSink,
  type PolicyStore,
  type PolicyText,
  type PushedPolicies,
} from '@seakeep/core/spi'
import type { Connections } from './connections.ts'
import { type ConsulAnswer, ConsulClient } from './consul-client.ts'
import { RegistryAnswerError } from './consul-errors.ts'
import type { ResolvedConsulOptions } from './consul-options.ts'
import { asked, type KvEntry, kvPath, readKeys, readKv, readVerdict } from './kv.ts'
import { LongPoll, type PollParts, type PollSink } from './long-poll.ts'
import { historyKey, historyPrefix, readRecord, writtenRecord } from './policy-record.ts'
import { Throttle } from './throttle.ts'
import { Turns } from './turns.ts'

/** One connection blocks for those who follow, one is for those who read and write. */
export interface StoreConnections {
  readonly watching: Connections
  readonly writing: Connections
}

/** The policy document under one key of Consul's KV, and what was pushed there below it. A revision is a ModifyIndex. */
export class ConsulPolicyStore implements PolicyStore {
  readonly name: string
  readonly #key: string
  readonly #watching: PollParts
  readonly #client: ConsulClient
  readonly #polls = new Set<LongPoll>()
  #isClosed = false

  constructor(key: string, ports: AdapterPorts, options: ResolvedConsulOptions, connections: StoreConnections) {
    const { waitMs, stalenessMs } = options
    this.name = `consul ${key}`
    this.#key = key
    const throttle = new Throttle(ports, this.name)
    const client = new ConsulClient(connections.watching, options, ports, throttle)
    this.#watching = { client, ports, turns: new Turns({ slots: 1, waitMs, stalenessMs }) }
    this.#client = new ConsulClient(connections.writing, options, ports, throttle)
  }

  /** Stale reads: a document is followed also while the servers have no leader to read it from. */
  watch(sink: PolicySourceSink): Disposable {
    const watch = new KeyWatch(sink, this.name, this.#watching.ports)
    const poll = new LongPoll(`${kvPath(this.#key)}?stale`, watch, this.#watching)
    const end = (): void => {
      watch.close()
      poll.close()
      this.#polls.delete(poll)
    }
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    this.#polls.add(poll)
    poll.start()
    return { [Symbol.dispose]: end }
  }

  async read(): Promise<PolicyText | undefined> {
    const entry = await this.#get(this.#key)
    return entry === undefined ? undefined : textOf(entry)
  }

  /** @throws ConfigError where it is more than Consul keeps under a key; PolicyConflictError; ConsulError. */
  async write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText> {
    const record = writtenRecord(entry)
    const path = `${kvPath(this.#key)}?cas=${encodeURIComponent(expected ?? '0')}`
    const isWritten = readVerdict(await asked(this.#client, { method: 'PUT', path, body: entry.text }))
    const found = await this.#get(this.#key)
    if (!isWritten) throw new PolicyConflictError(this.name, expected, found && String(found.modifyIndex))
    await this.#keep(entry, record)
    const stored = found === undefined ? undefined : textOf(found)
    // Somebody has written since: ours was there, and has governed.
    return stored?.text === entry.text ? stored : { text: entry.text, revision: '' }
  }

  async history(limit: number): Promise<readonly PushedPolicies[]> {
    const path = `${kvPath(historyPrefix(this.#key))}?keys`
    const keys = readKeys(await asked(this.#client, { method: 'GET', path }))
    const pushed: PushedPolicies[] = []
    for (const key of keys.slice(Math.max(0, keys.length - limit)).reverse()) {
      const entry = await this.#get(key)
      if (entry !== undefined) pushed.push(readRecord(entry.value))
    }
    return pushed
  }

  close(): void {
    this.#isClosed = true
    for (const poll of this.#polls) poll.close()
    this.#polls.clear()
    this.#watching.client.close(true)
    this.#client.close(false)
  }

  async #keep(entry: PushedPolicies, record: string): Promise<void> {
    try {
      const path = kvPath(historyKey(this.#key, entry))
      await asked(this.#client, { method: 'PUT', path, body: record })
    } catch (cause) {
      throw new Error(`${this.name} was written and governs, but its history was not`, { cause })
    }
  }

  async #get(key: string): Promise<KvEntry | undefined> {
    return readKv(await asked(this.#client, { method: 'GET', path: `${kvPath(key)}?consistent` }))
  }
}

/** Tells changes of one key, and each failure once. */
class KeyWatch implements PollSink {
  readonly #sink: PolicySourceSink
  readonly #name: string
  readonly #ports: AdapterPorts
  /** What was told last: a revision, or `missing`. */
  #told: string | undefined = undefined
  #isInterrupted = false
  #isClosed = false

  constructor(sink: PolicySourceSink, name: string, ports: AdapterPorts) {
    this.#sink = sink
    this.#name = name
    this.#ports = ports
  }

  close(): void {
    this.#isClosed = true
  }

  answer(answer: ConsulAnswer, isDegraded: boolean): void {
    const entry = readKv(answer)
    const state = entry === undefined ? 'missing' : String(entry.modifyIndex)
    if (isDegraded && (this.#told !== undefined || entry === undefined)) return
    const stored = entry === undefined ? undefined : textOf(entry)
    const isNews = state !== this.#told || this.#isInterrupted
    this.#isInterrupted = false
    this.#told = state
    if (isNews) this.#tell(() => (stored === undefined ? this.#sink.missing() : this.#sink.document(stored)))
  }

  error(error: Error): void {
    if (this.#isInterrupted) return
    this.#isInterrupted = true
    const { clock, events } = this.#ports
    if (error instanceof RegistryAnswerError) {
      events.emit({ type: 'registryMisspoke', atMs: clock.now(), name: this.#name, why: error.message, error })
    }
    this.#tell(() => this.#sink.error(error))
  }

  #tell(tell: () => void): void {
    if (this.#isClosed) return
    try {
      tell()
    } catch (thrown) {
      const { clock, events } = this.#ports
      events.emit({ type: 'listenerFailed', atMs: clock.now(), error: asError(thrown) })
    }
  }
}

function textOf({ value, modifyIndex }: KvEntry): PolicyText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(value), revision: String(modifyIndex) }
  } catch (cause) {
    throw new RegistryAnswerError('[0].Value', 'it is not text in UTF-8', { cause })
  }
}
