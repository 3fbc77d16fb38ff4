import type { Instance } from '@seakeep/core'
import { asError, InstanceLostError, type Registry, type RegistryAnswer, type RegistrySink } from '@seakeep/core/spi'
import { isLeaseGone } from './etcd-error.ts'
import { EtcdKeys, endOfPrefix, keyBytes } from './etcd-keys.ts'
import type { Compare } from './etcd-messages.ts'
import { TXN } from './etcd-methods.ts'
import { instanceValue } from './instance-value.ts'
import { grantLease, type Lease, leaseSeconds } from './lease.ts'
import { ServiceListing } from './service-listing.ts'
import type { SharedEtcd } from './shared-etcd.ts'

/**
 * Instances as keys with leases: one that is not heard of is gone when its lease has run out. One that leaves says so in
 * its key before it is deleted, so that watchers know a goodbye from a loss.
 */
export class EtcdRegistry implements Registry {
  readonly name = 'etcd'
  readonly #etcd: SharedEtcd
  readonly #keys: EtcdKeys
  readonly #listings = new Map<string, { readonly listing: ServiceListing; readonly watch: Disposable }>()
  readonly #leases = new Map<string, Lease>()
  /** The last thing under way for each key: a late registration must not come after its deregistration. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(etcd: SharedEtcd) {
    this.#etcd = etcd
    this.#keys = new EtcdKeys(etcd.client.options.prefix)
  }

  watch(service: string, sink: RegistrySink): Disposable {
    // Its own object for each watch, as one sink may watch twice.
    const told: RegistrySink = {
      instances: (list, left) => sink.instances(list, left),
      unknown: () => sink.unknown(),
      error: (error) => sink.error(error),
    }
    const followed = this.#listings.get(service) ?? this.#follow(service)
    followed.listing.add(told)
    return {
      [Symbol.dispose]: () => {
        followed.listing.delete(told)
        if (followed.listing.isWatched || this.#listings.get(service) !== followed) return
        this.#listings.delete(service)
        followed.watch[Symbol.dispose]()
      },
    }
  }

  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    const key = this.#keys.instance(instance)
    this.#inTurn(key, done, async () => {
      const value = instanceValue(instance, key)
      const known = this.#leases.get(key)
      const isUsable = known !== undefined && known.askedSeconds === leaseSeconds(ttlMs) && (await known.extend())
      const lease = isUsable ? known : await grantLease(this.#etcd.client, ttlMs)
      this.#leases.set(key, lease)
      await this.#put(key, value, lease)
      if (known !== undefined && known !== lease) known.revoke().catch(() => {})
    })
  }

  heartbeat(instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    const key = this.#keys.instance(instance)
    this.#inTurn(key, done, async () => {
      if (await this.#leases.get(key)?.extend()) return
      this.#leases.delete(key)
      throw new InstanceLostError(instance.id, this.name)
    })
  }

  deregister(instance: Instance, done: RegistryAnswer): void {
    const key = this.#keys.instance(instance)
    this.#inTurn(key, done, async () => {
      const lease = this.#leases.get(key)
      this.#leases.delete(key)
      const { client } = this.#etcd
      const value = instanceValue(instance, key, true)
      const bytes = keyBytes(key)
      // Two requests, as etcd takes no key twice in one, and watchers have to see both.
      const isThere: Compare = { result: GREATER, target: VERSION, key: bytes, version: '0' }
      await client.ask(TXN, { compare: [isThere], success: [{ put: { key: bytes, value, ignoreLease: true } }] })
      await client.ask(TXN, { success: [{ deleteRange: { key: bytes } }] })
      // Nothing stands on it any more; unrevoked it runs out by itself.
      await lease?.revoke().catch(() => {})
    })
  }

  /** Instances that are registered stay so until their leases have run out. */
  close(): void {
    for (const { watch } of this.#listings.values()) watch[Symbol.dispose]()
    this.#listings.clear()
    this.#etcd.release()
  }

  #follow(service: string): { readonly listing: ServiceListing; readonly watch: Disposable } {
    const { clock, events } = this.#etcd.client.ports
    const listing = new ServiceListing(
      service,
      (instance) => this.#keys.instance(instance),
      (error) =>
        events.emit({ type: 'registryMisspoke', name: this.name, why: error.message, error, atMs: clock.now() }),
    )
    const prefix = this.#keys.service(service)
    const watch = this.#etcd.watches.watch(keyBytes(prefix), endOfPrefix(prefix), listing)
    const followed = { listing, watch }
    this.#listings.set(service, followed)
    return followed
  }

  async #put(key: string, value: Uint8Array, lease: Lease): Promise<void> {
    try {
      await this.#etcd.client.ask(TXN, { success: [{ put: { key: keyBytes(key), value, lease: lease.id } }] })
    } catch (error) {
      if (isLeaseGone(error)) this.#leases.delete(key)
      throw error
    }
  }

  #inTurn(key: string, done: RegistryAnswer, act: () => Promise<void>): void {
    const before = this.#turns.get(key) ?? Promise.resolve()
    const turn = before.then(act).then(() => undefined, asError)
    this.#turns.set(key, turn)
    void turn.then((error) => {
      if (this.#turns.get(key) === turn) this.#turns.delete(key)
      done(error)
    })
  }
}

/** `Compare.result` and `Compare.target`. */
const GREATER = 1
const VERSION = 0
