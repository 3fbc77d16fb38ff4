import type { AdapterPorts } from '@seakeep/core/spi'
import { EtcdClient } from './etcd-client.ts'
import type { ResolvedEtcdOptions } from './etcd-options.ts'
import { WatchHub } from './watch-hub.ts'

/** A client and its watches, as one of its users has them. */
export interface SharedEtcd {
  readonly client: EtcdClient
  readonly watches: WatchHub
  /** The last user's closes the connections. */
  release(): void
}

/** One client for all that a runtime has in etcd, and none that two runtimes share: a client holds ports. */
export function sharedEtcd(options: ResolvedEtcdOptions): (ports: AdapterPorts) => SharedEtcd {
  const clients = new WeakMap<AdapterPorts, { client: EtcdClient; watches: WatchHub; users: number }>()
  return (ports) => {
    let shared = clients.get(ports)
    if (shared === undefined) {
      const client = new EtcdClient(ports, options)
      shared = { client, watches: new WatchHub(client), users: 0 }
      clients.set(ports, shared)
    }
    const { client, watches } = shared
    const used = shared
    used.users++
    let isReleased = false
    return {
      client,
      watches,
      release: () => {
        if (isReleased) return
        isReleased = true
        if (--used.users > 0) return
        clients.delete(ports)
        watches.close()
        client.close()
      },
    }
  }
}
