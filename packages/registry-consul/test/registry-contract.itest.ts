import { registryContract } from '@seakeep/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul } from '../../../tools/real-servers/index.ts'
import { registryAt, sleep } from './agent.ts'

describeReal('consul', 'Consul', () => {
  let agent: RealServer
  let runs = 0
  beforeAll(async () => {
    agent = await startConsul()
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  registryContract({ describe, it, expect }, 'the Consul registry', async () => ({
    connect: () => registryAt({ address: agent.address, goodbye: '200ms' }),
    pass: sleep,
    ttlMs: 2000,
    seenWithinMs: 2000,
    expiresWithinMs: 6000,
    prefix: `run-${++runs}-`,
    close: async () => {},
  }))
})
