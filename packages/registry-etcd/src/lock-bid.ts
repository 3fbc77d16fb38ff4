import { asError, type LockSink, RetryWait, type Timer } from '@seakeep/core/spi'
import { endOfPrefix, keyBytes } from './etcd-keys.ts'
import { RANGE, TXN } from './etcd-methods.ts'
import { grantLease, type Lease } from './lease.ts'
import type { SharedEtcd } from './shared-etcd.ts'

/** How many times within its lease a bid asks for more time. */
const BEATS = 3

/** A key of ours among those who want the lock. */
interface Claim {
  readonly lease: Lease
  readonly key: string
  /** Its create revision: who has the lowest holds the lock, and each holder's is higher than those before. */
  readonly fence: bigint
  readonly watches: Disposable[]
}

/**
 * One who wants a lock, or has it. It puts a key with a lease, waits until no older one is there, and goes on extending the
 * lease; when the lease, the key or the certainty is lost it begins again.
 *
 * Certainty is local: after the lease's whole time without an answer, counted from when the last answered question was
 * sent, etcd may have given the lock to another.
 */
export class LockBid {
  readonly #prefix: string
  readonly #ttlMs: number
  readonly #etcd: SharedEtcd
  readonly #sink: LockSink
  readonly #waits: RetryWait
  #isOver = false
  #claim: Claim | undefined = undefined
  #isHolder = false
  #sureUntilMs = 0
  #doubt: Timer | undefined = undefined
  #beat: Timer | undefined = undefined
  #retry: Timer | undefined = undefined

  constructor(prefix: string, ttlMs: number, etcd: SharedEtcd, sink: LockSink) {
    this.#prefix = prefix
    this.#ttlMs = ttlMs
    this.#etcd = etcd
    this.#sink = sink
    const { ports, options } = etcd.client
    this.#waits = new RetryWait(options.retry.initialMs, options.retry.maxMs, ports.random, `etcd/lock/${prefix}`)
  }

  begin(): void {
    this.#claimOne().catch((error) => this.#failed(asError(error)))
  }

  /** Resolves when the lock was given back, or could not be: then it is free when the lease has run out. Never rejects. */
  async end(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#retry?.cancel()
    await this.#drop()
  }

  async #claimOne(): Promise<void> {
    const { client } = this.#etcd
    const sentAtMs = this.#nowMs()
    const lease = await grantLease(client, this.#ttlMs)
    const key = this.#prefix + BigInt(lease.id).toString(16)
    const bytes = keyBytes(key)
    const claim: Claim = await client
      .ask(TXN, {
        compare: [{ result: EQUAL, target: CREATED, key: bytes, createRevision: '0' }],
        success: [{ put: { key: bytes, value: new Uint8Array(0), lease: lease.id } }, { range: { key: bytes } }],
        failure: [{ range: { key: bytes } }],
      })
      .then(({ responses }) => {
        const own = responses.at(-1)?.range?.kvs[0]
        if (own === undefined) throw new Error(`etcd ${key}: put, and not there`)
        return { lease, key, fence: BigInt(own.createRevision), watches: [] }
      })
      .catch((error) => {
        lease.revoke().catch(() => {})
        throw error
      })
    this.#claim = claim
    if (this.#isOver) return this.#drop()
    this.#sureFrom(sentAtMs, claim)
    this.#later(claim)
    this.#follow(claim, key, () => this.#lose(claim, new Error(`etcd ${key}: somebody deleted it`)))
    await this.#look(claim)
  }

  /** Whether it is our turn; else waits for the one just before. */
  async #look(claim: Claim): Promise<void> {
    const { kvs } = await this.#etcd.client.ask(RANGE, {
      key: keyBytes(this.#prefix),
      rangeEnd: endOfPrefix(this.#prefix),
      maxCreateRevision: String(claim.fence - 1n),
      sortOrder: DESCENDING,
      sortTarget: BY_CREATION,
      limit: '1',
    })
    if (claim !== this.#claim) return
    const before = kvs[0]
    if (before !== undefined) {
      const watch = this.#follow(claim, new TextDecoder().decode(before.key), () => {
        watch[Symbol.dispose]()
        this.#look(claim).catch((error) => this.#lose(claim, asError(error)))
      })
      return
    }
    this.#waits.reset()
    this.#isHolder = true
    this.#sink.acquired(claim.fence)
  }

  /** `gone` is called when the key is not there, once. */
  #follow(claim: Claim, key: string, gone: () => void): Disposable {
    const watch = this.#etcd.watches.watch(keyBytes(key), undefined, {
      changed: (changes) => {
        if (changes.at(-1)?.kv === undefined && claim === this.#claim) gone()
      },
      resumed: () => {},
      // The lease tells whether all is well; a wait that is interrupted goes on by itself.
      error: () => {},
    })
    claim.watches.push(watch)
    return watch
  }

  // ---- the lease ----

  #later(claim: Claim): void {
    const everyMs = (claim.lease.ttlSeconds * 1000) / BEATS
    this.#beat = this.#schedule(this.#nowMs() + everyMs, () => void this.#extend(claim))
  }

  /** Never rejects. */
  async #extend(claim: Claim): Promise<void> {
    const sentAtMs = this.#nowMs()
    try {
      const isThere = await claim.lease.extend()
      if (claim !== this.#claim) return
      if (!isThere) return this.#lose(claim, new Error(`etcd ${claim.key}: its lease has run out`))
      this.#sureFrom(sentAtMs, claim)
    } catch (error) {
      if (claim !== this.#claim) return
      this.#sink.error(asError(error))
    }
    if (claim === this.#claim) this.#later(claim)
  }

  #sureFrom(sentAtMs: number, claim: Claim): void {
    this.#sureUntilMs = sentAtMs + claim.lease.ttlSeconds * 1000
    this.#doubt?.cancel()
    this.#doubt = this.#schedule(this.#sureUntilMs, () => {
      const ttl = claim.lease.ttlSeconds
      this.#lose(claim, new Error(`etcd ${claim.key}: no answer for ${ttl} s, the time of its lease`))
    })
  }

  // ---- endings ----

  #lose(claim: Claim, error: Error): void {
    if (claim !== this.#claim) return
    const wasHolder = this.#isHolder
    void this.#drop()
    this.#retry = this.#schedule(this.#nowMs() + this.#waits.next(), () => this.begin())
    if (wasHolder) this.#sink.lost(error)
    else this.#sink.error(error)
  }

  #failed(error: Error): void {
    if (this.#isOver) return
    if (this.#claim !== undefined) return this.#lose(this.#claim, error)
    this.#retry = this.#schedule(this.#nowMs() + this.#waits.next(), () => this.begin())
    this.#sink.error(error)
  }

  /** Lets go of the claim, if there is one. Never rejects. */
  async #drop(): Promise<void> {
    const claim = this.#claim
    this.#claim = undefined
    this.#isHolder = false
    this.#doubt?.cancel()
    this.#beat?.cancel()
    if (claim === undefined) return
    for (const watch of claim.watches) watch[Symbol.dispose]()
    await claim.lease.revoke().catch(() => {})
  }

  #schedule(atMs: number, run: () => void): Timer {
    return this.#etcd.client.ports.clock.schedule(atMs, { isBackground: true, onTimer: run })
  }

  #nowMs(): number {
    return this.#etcd.client.ports.clock.now()
  }
}

/** `Compare.result` and `.target`, `RangeRequest.sortOrder` and `.sortTarget`. */
const EQUAL = 0
const CREATED = 1
const DESCENDING = 2
const BY_CREATION = 2
