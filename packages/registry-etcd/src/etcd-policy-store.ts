import { Buffer } from 'node:buffer'
import {
  type AdapterPorts,
  asError,
  PolicyConflictError,
  type PolicySourceSink,
  type PolicyStore,
  type PolicyText,
  type PushedPolicies,
} from '@seakeep/core/spi'
import { EtcdError } from './etcd-error.ts'
import { endOfPrefix, keyBytes } from './etcd-keys.ts'
import type { Compare, KeyValue, Operation } from './etcd-messages.ts'
import { RANGE, TXN } from './etcd-methods.ts'
import { pushedPolicies, pushedValue } from './pushed-value.ts'
import type { SharedEtcd } from './shared-etcd.ts'

/** etcd's limit for a request (`--max-request-bytes`, 1.5 MiB), less what is not text in ours. */
const MAX_BYTES = 1.5 * 1024 ** 2 - 4096
const TIME_DIGITS = 15

/**
 * The policy document as the value of one key, and what was pushed under `<key>/history/<time>-<hash>-<revision before>`,
 * which no two pushes share. A push writes both in one transaction, or neither.
 */
export class EtcdPolicyStore implements PolicyStore {
  readonly name: string
  readonly #key: string
  readonly #etcd: SharedEtcd
  readonly #ports: AdapterPorts
  readonly #watches = new Set<Disposable>()

  constructor(key: string, etcd: SharedEtcd) {
    this.name = `etcd ${key}`
    this.#key = key
    this.#etcd = etcd
    this.#ports = etcd.client.ports
  }

  watch(sink: PolicySourceSink): Disposable {
    let last: KeyValue | undefined
    const tell = (): void => {
      if (last === undefined) return sink.missing()
      let stored: PolicyText
      try {
        stored = policyText(last)
      } catch (error) {
        return sink.error(asError(error))
      }
      sink.document(stored)
    }
    const watch = this.#etcd.watches.watch(keyBytes(this.#key), undefined, {
      changed: (changes) => {
        last = changes.at(-1)?.kv
        tell()
      },
      resumed: tell,
      error: (error) => sink.error(error),
    })
    this.#watches.add(watch)
    return {
      [Symbol.dispose]: () => {
        this.#watches.delete(watch)
        watch[Symbol.dispose]()
      },
    }
  }

  async read(): Promise<PolicyText | undefined> {
    const { kvs } = await this.#etcd.client.ask(RANGE, { key: keyBytes(this.#key) })
    return kvs[0] === undefined ? undefined : policyText(kvs[0])
  }

  async write(entry: PushedPolicies, expected: string | undefined): Promise<PolicyText> {
    const key = keyBytes(this.#key)
    const value = Buffer.from(entry.text)
    const history = pushedValue(entry)
    const size = value.length + history.length
    if (size > MAX_BYTES) throw tooLarge(this.name, `${value.length} bytes, ${size} with the entry in its history`)
    const before = revisionOf(expected)
    // A revision that etcd never had is nobody's.
    if (before === undefined) throw new PolicyConflictError(this.name, expected, (await this.read())?.revision)
    const isExpected: Compare = { result: EQUAL, target: MODIFIED, key, modRevision: before }
    const success: readonly Operation[] = [
      { put: { key, value } },
      { put: { key: keyBytes(this.#historyKey(entry, before)), value: history } },
    ]
    const failure: readonly Operation[] = [{ range: { key } }]
    try {
      // Asked twice, the second would find the first's and take it for somebody else's.
      const answer = await this.#etcd.client.ask(TXN, { compare: [isExpected], success, failure }, false)
      if (answer.succeeded) return { text: entry.text, revision: answer.header.revision }
      throw new PolicyConflictError(this.name, expected, answer.responses[0]?.range?.kvs[0]?.modRevision)
    } catch (error) {
      if (error instanceof EtcdError && /too large/.test(error.message)) {
        throw tooLarge(this.name, `${size} bytes with the entry in its history`, error)
      }
      throw error
    }
  }

  async history(limit: number): Promise<readonly PushedPolicies[]> {
    if (limit < 1) return []
    const prefix = `${this.#key}/history/`
    const { kvs } = await this.#etcd.client.ask(RANGE, {
      key: keyBytes(prefix),
      rangeEnd: endOfPrefix(prefix),
      sortOrder: DESCENDING,
      // Not by key: clocks of those who push need not agree.
      sortTarget: BY_CREATION,
      limit: String(Math.floor(limit)),
    })
    return kvs.flatMap((kv) => {
      try {
        return [pushedPolicies(kv.value, keyText(kv))]
      } catch (thrown) {
        const { clock, events } = this.#ports
        const error = asError(thrown)
        events.emit({ type: 'registryMisspoke', name: this.name, why: error.message, error, atMs: clock.now() })
        return []
      }
    })
  }

  close(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]()
    this.#watches.clear()
    this.#etcd.release()
  }

  #historyKey({ atMs, hash }: PushedPolicies, before: string): string {
    return `${this.#key}/history/${Math.floor(atMs).toString().padStart(TIME_DIGITS, '0')}-${hash}-${before}`
  }
}

/** `Compare.result` and `.target`, `RangeRequest.sortOrder` and `.sortTarget`. */
const EQUAL = 0
const MODIFIED = 2
const DESCENDING = 2
const BY_CREATION = 2

function policyText(kv: KeyValue): PolicyText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(kv.value), revision: kv.modRevision }
  } catch (cause) {
    throw new Error(`etcd ${keyText(kv)}: the document is no text`, { cause })
  }
}

/** The revision of a key that is not there is 0. Undefined for what is no revision. */
function revisionOf(expected: string | undefined): string | undefined {
  if (expected === undefined) return '0'
  return /^[1-9]\d{0,18}$/.test(expected) ? expected : undefined
}

function keyText({ key }: KeyValue): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString()
}

function tooLarge(name: string, size: string, cause?: Error): Error {
  const limit = 'etcd takes at most 1.5 MiB a request (--max-request-bytes)'
  return new RangeError(`${name}: the document is too large (${size}); ${limit}`, cause && { cause })
}
