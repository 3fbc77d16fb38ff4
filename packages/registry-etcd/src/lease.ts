import type { EtcdClient } from './etcd-client.ts'
import { isLeaseGone } from './etcd-error.ts'
import type { Int64 } from './etcd-messages.ts'
import { LEASE_GRANT, LEASE_KEEP_ALIVE, LEASE_REVOKE } from './etcd-methods.ts'

/**
 * A lease: what is put with it is gone when it has run out, or was revoked. It extends itself by nothing but
 * {@link extend}; who owns it asks, and no loop of its own can hang (microsoft/etcd3#177).
 */
export class Lease {
  /** Decimal text. */
  readonly id: Int64
  /** As etcd gave it, which may be more than was asked for: 2 s is the least with its default settings. */
  readonly ttlSeconds: number
  /** What was asked for. */
  readonly askedSeconds: number
  readonly #client: EtcdClient

  constructor(id: Int64, ttlSeconds: number, askedSeconds: number, client: EtcdClient) {
    this.id = id
    this.ttlSeconds = ttlSeconds
    this.askedSeconds = askedSeconds
    this.#client = client
  }

  /** Whole time anew. False where etcd does not know the lease any more. @throws EtcdError where it cannot be asked. */
  async extend(): Promise<boolean> {
    try {
      const { ttl } = await this.#client.ask(LEASE_KEEP_ALIVE, { id: this.id })
      return Number(ttl) > 0
    } catch (error) {
      if (isLeaseGone(error)) return false
      throw error
    }
  }

  /** Ends it now. @throws EtcdError where etcd cannot be asked: it runs out by itself then. */
  async revoke(): Promise<void> {
    try {
      await this.#client.ask(LEASE_REVOKE, { id: this.id })
    } catch (error) {
      if (!isLeaseGone(error)) throw error
    }
  }
}

/** Leases count in whole seconds: a part of one counts as a whole. */
export function leaseSeconds(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs / 1000))
}

export async function grantLease(client: EtcdClient, ttlMs: number): Promise<Lease> {
  const asked = leaseSeconds(ttlMs)
  const { id, ttl } = await client.ask(LEASE_GRANT, { ttl: String(asked) })
  return new Lease(id, Number(ttl), asked, client)
}
