import { policySourceContract } from '@seakeep/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeReal, type RealServer, startEtcd, startTcpProxy } from '../../../tools/real-servers/index.ts'
import { EtcdPolicyStore } from '../src/etcd-policy-store.ts'
import { Gateway, ports, share, sleep } from './etcd-bench.ts'

describeReal('etcd', 'EtcdPolicyStore', () => {
  let server: RealServer
  let places = 0
  beforeAll(async () => {
    server = await startEtcd()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  policySourceContract({ describe, it, expect }, 'etcd', async () => {
    const proxy = await startTcpProxy(server)
    const gateway = new Gateway(server.address)
    const key = `contract/${++places}/policies`
    let seed = 0
    const connect = (): EtcdPolicyStore =>
      new EtcdPolicyStore(key, share({ endpoints: [proxy.address] }, ports(++seed)))
    return {
      connect,
      connectStore: connect,
      put: (text) => gateway.put(key, text),
      remove: () => gateway.remove(key),
      pass: (ms) => sleep(ms),
      seenWithinMs: 300,
      outageSeenWithinMs: 6000,
      interrupt: async () => {
        proxy.refuse()
        return { [Symbol.asyncDispose]: async () => proxy.heal() }
      },
      close: async () => proxy[Symbol.asyncDispose](),
    }
  })
})
