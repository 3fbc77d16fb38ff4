import type { Lock, LockSink } from '@seakeep/core/spi'
import { EtcdKeys } from './etcd-keys.ts'
import { LockBid } from './lock-bid.ts'
import type { SharedEtcd } from './shared-etcd.ts'

/** Locks after etcd's election recipe: who put its key first holds it, the others wait for the key just before theirs. */
export class EtcdLock implements Lock {
  readonly name = 'etcd'
  readonly #etcd: SharedEtcd
  readonly #keys: EtcdKeys
  readonly #bids = new Set<LockBid>()

  constructor(etcd: SharedEtcd) {
    this.#etcd = etcd
    this.#keys = new EtcdKeys(etcd.client.options.prefix)
  }

  acquire(name: string, ttlMs: number, sink: LockSink): Disposable {
    const bid = new LockBid(this.#keys.lock(name), ttlMs, this.#etcd, sink)
    this.#bids.add(bid)
    bid.begin()
    return {
      [Symbol.dispose]: () => {
        this.#bids.delete(bid)
        void bid.end()
      },
    }
  }

  /** Gives all up. The connection stays until etcd has been told. */
  close(): void {
    const ended = [...this.#bids].map((bid) => bid.end())
    this.#bids.clear()
    void Promise.allSettled(ended).then(() => this.#etcd.release())
  }
}
