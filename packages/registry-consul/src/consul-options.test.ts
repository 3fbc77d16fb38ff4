import { isConfigError } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import { type ConsulOptions, resolveConsulOptions } from './consul-options.ts'

describe('options of consul()', () => {
  it('have defaults', () => {
    expect(resolveConsulOptions()).toEqual({
      address: 'http://127.0.0.1:8500',
      token: expect.any(Function),
      datacenter: undefined,
      tags: [],
      protocol: 'http',
      waitMs: 10_000,
      stalenessMs: 5000,
      maxConnections: 32,
      timeoutMs: 3000,
      maxAnswerBytes: 33_554_432,
      goodbyeMs: 1000,
      deregisterAfterMs: 600_000,
      policies: undefined,
      locks: 'seakeep/locks',
    })
    expect(resolveConsulOptions().token()).toBe('')
    expect(resolveConsulOptions({ token: 'a' }).token()).toBe('a')
    expect(resolveConsulOptions({ address: 'https://consul.internal/' }).address).toBe('https://consul.internal')
  })

  it('are refused by name', () => {
    const wrong: Record<string, unknown> = {
      'consul.address': { address: '127.0.0.1:8500' },
      'consul.token': { token: 3 },
      'consul.datacenter': { datacenter: '' },
      'consul.tags.1': { tags: ['a', ''] },
      'consul.wait': { wait: '11m' },
      'consul.staleness': { staleness: 10 },
      'consul.maxConnections': { maxConnections: 9 },
      'consul.maxAnswerBytes': { maxAnswerBytes: 0 },
      'consul.goodbye': { goodbye: '61s' },
      'consul.deregisterAfter': { deregisterAfter: '30s' },
      'consul.policies': { policies: '/seakeep/policies' },
      'consul.locks': { locks: 'a//b' },
      'consul.adress': { adress: 'http://a' },
    }
    for (const [path, options] of Object.entries(wrong)) {
      let thrown: unknown
      try {
        resolveConsulOptions(options as ConsulOptions)
      } catch (error) {
        thrown = error
      }
      expect([path, isConfigError(thrown) && thrown.path]).toEqual([path, path])
    }
    expect(() => resolveConsulOptions({ address: 'localhost:8500' })).toThrow(/did you mean http:\/\/localhost:8500/)
    expect(() => resolveConsulOptions({ policies: 'a/' })).toThrow(/did you mean a\?/)
  })
})
