import {
  type AdapterPorts,
  PolicyConflictError,
  type PolicySourceSink,
  type PolicyStore,
  type PolicyText,
  type PushedPolicies,
} from '@seakeep/core/spi'
import type { Connections } from './connections.ts'
import { ConsulClient } from './consul-client.ts'
import type { ResolvedConsulOptions } from './consul-options.ts'
import { KeyWatch, textOf } from './key-watch.ts'
import { asked, type KvEntry, kvPath, readKeys, readKv, readVerdict } from './kv.ts'
import type { PollParts } from './long-poll.ts'
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
  #watch: KeyWatch | undefined = undefined
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

  /** One poll for all who follow. Stale reads: it is followed also while the servers have no leader to read it from. */
  watch(sink: PolicySourceSink): Disposable {
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    const isNew = this.#watch === undefined
    const watch = this.#watch ?? new KeyWatch(this.#key, this.name, this.#watching)
    this.#watch = watch
    const follower = watch.add(sink)
    if (isNew) watch.start()
    return {
      [Symbol.dispose]: () => {
        if (watch.remove(follower) > 0 || this.#watch !== watch) return
        watch.close()
        this.#watch = undefined
      },
    }
  }

  async read(): Promise<PolicyText | undefined> {
    const entry = await this.#get(this.#key)
    return entry === undefined ? undefined : textOf(entry)
  }

  /** @throws ConfigError where it is more than Consul keeps under a key; PolicyConflictError; ConsulError. */
  async write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText> {
    const record = writtenRecord(entry)
    const path = `${kvPath(this.#key)}?cas=${expected ?? 0}`
    // 0 is Consul's word for a key that is not there, and no revision; nor is what another store has given.
    const canBe = expected === undefined || /^[1-9]\d*$/.test(expected)
    const isWritten = canBe && readVerdict(await asked(this.#client, { method: 'PUT', path, body: entry.text }))
    const found = await this.#get(this.#key)
    if (!isWritten) throw new PolicyConflictError(this.name, expected, found && String(found.modifyIndex))
    await this.#keep(entry, record, found?.modifyIndex ?? 0)
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
    this.#watch?.close()
    this.#watching.client.close(true)
    this.#client.close(false)
  }

  async #keep(entry: PushedPolicies, record: string, revision: number): Promise<void> {
    try {
      const path = kvPath(historyKey(this.#key, entry, revision))
      await asked(this.#client, { method: 'PUT', path, body: record })
    } catch (cause) {
      throw new Error(`${this.name} was written and governs, but its history was not`, { cause })
    }
  }

  async #get(key: string): Promise<KvEntry | undefined> {
    return readKv(await asked(this.#client, { method: 'GET', path: `${kvPath(key)}?consistent` }))
  }
}
