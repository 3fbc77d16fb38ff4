import { describe, expect, it } from 'vitest'
import { policySourceContract } from '../testing/policy-source-contract.ts'
import { memoryPolicyStore } from './memory-policy-store.ts'

policySourceContract({ describe, it, expect }, 'the memory policy store', async () => {
  const store = memoryPolicyStore()
  return {
    connect: () => store.connect(),
    connectStore: () => store.connect(),
    put: async (text) => store.put(text),
    remove: async () => store.remove(),
    pass: async () => {},
    seenWithinMs: 1,
    interrupt: async () => {
      const interruption = store.interrupt()
      return { [Symbol.asyncDispose]: async () => interruption[Symbol.dispose]() }
    },
    close: async () => store.close(),
  }
})

describe('the memory policy store', () => {
  it('that cannot be reached says so to who comes, and refuses who asks', async () => {
    const store = memoryPolicyStore('version: 1')
    const interruption = store.interrupt()
    const said: string[] = []
    const sink = {
      document: ({ text }: { readonly text: string }) => void said.push(text),
      missing: () => void said.push('missing'),
      error: ({ message }: Error) => void said.push(message),
    }
    store.connect().watch(sink)
    expect(said).toEqual(['memory cannot be reached'])
    await expect(store.read()).rejects.toThrow('memory cannot be reached')
    interruption[Symbol.dispose]()
    expect(said).toEqual(['memory cannot be reached', 'version: 1'])
  })
})
