import { policySourceContract } from '@seakeep/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul, startTcpProxy } from '../../../tools/real-servers/index.ts'
import { operate, sleep, storeAt } from './agent.ts'

describeReal('consul', 'Consul', () => {
  let agent: RealServer
  let keys = 0
  beforeAll(async () => {
    agent = await startConsul({ dev: true })
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  policySourceContract({ describe, it, expect }, 'the Consul policy store', async () => {
    const proxy = await startTcpProxy(agent)
    const key = `contract/${++keys}`
    const connectStore = () => storeAt({ address: `http://${proxy.address}` }, key)
    return {
      connect: connectStore,
      connectStore,
      put: (text) => operate(agent.address, 'PUT', `/kv/${key}`, text),
      remove: () => operate(agent.address, 'DELETE', `/kv/${key}`),
      pass: sleep,
      seenWithinMs: 1000,
      outageSeenWithinMs: 5000,
      interrupt: async () => {
        proxy.refuse()
        return { [Symbol.asyncDispose]: async () => proxy.heal() }
      },
      close: async () => proxy[Symbol.asyncDispose](),
    }
  })
})
