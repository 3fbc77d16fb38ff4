import { registryContract } from '@seakeep/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeReal, type RealServer, startEtcd } from '../../../tools/real-servers/index.ts'
import { registryAt, sleep } from './etcd-bench.ts'

describeReal('etcd', 'EtcdRegistry', () => {
  let server: RealServer
  let runs = 0
  beforeAll(async () => {
    server = await startEtcd()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  registryContract({ describe, it, expect }, 'etcd', async () => {
    let seed = 0
    const prefix = `contract/${++runs}/`
    return {
      connect: () => registryAt([server.address], { prefix }, ++seed),
      pass: (ms) => sleep(ms),
      ttlMs: 1000,
      seenWithinMs: 300,
      // etcd looks for leases that have run out twice a second.
      expiresWithinMs: 1200,
      close: async () => {},
    }
  })
})
