import type { Instance } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import { checkIdOf, consulIdOf, registrationOf } from './instance-record.ts'

const OPTIONS = { tags: ['blue'], deregisterAfterMs: 600_000 }

function instance(more: Partial<Instance> = {}): Instance {
  return {
    id: 'orders@10.0.0.1:80',
    service: 'orders',
    address: { host: '10.0.0.1', port: 80 },
    protocol: 'http',
    weight: 1,
    ...more,
  }
}

describe('what is written into Consul', () => {
  it('is a service with a check that begins as passing', () => {
    expect(registrationOf(instance({ weight: 2.4, version: '1.2', meta: { a: 'b' } }), 15_000, OPTIONS)).toEqual({
      ID: 'orders:orders@10.0.0.1:80',
      Name: 'orders',
      Address: '10.0.0.1',
      Port: 80,
      Tags: ['blue', 'version=1.2'],
      Meta: {
        a: 'b',
        'seakeep-id': 'orders@10.0.0.1:80',
        'seakeep-protocol': 'http',
        'seakeep-version': '1.2',
        'seakeep-weight': '2.4',
      },
      Weights: { Passing: 2, Warning: 2 },
      Check: {
        CheckID: 'service:orders:orders@10.0.0.1:80',
        Name: 'lease of orders@10.0.0.1:80',
        TTL: '15000ms',
        Status: 'passing',
        DeregisterCriticalServiceAfter: '600000ms',
      },
    })
  })

  it('has ids that are unique among all services of an agent, and no further steps of a path', () => {
    const ids = [
      ['a', 'b/c'],
      ['a', 'b%2Fc'],
      ['a:b', 'c'],
      ['b', 'c'],
    ].map(([service, id]) => consulIdOf(instance({ service: service as string, id: id as string })))
    expect(new Set(ids).size).toBe(4)
    expect(ids.some((id) => id.includes('/'))).toBe(false)
    expect(checkIdOf(instance())).toBe('service:orders:orders@10.0.0.1:80')
  })

  it('names what Consul would not keep', () => {
    const wrong: Record<string, Partial<Instance>> = {
      'instance.meta.a.b': { meta: { 'a.b': '' } },
      'instance.meta.': { meta: { '': 'x' } },
      'instance.meta.seakeep-x': { meta: { 'seakeep-x': '' } },
      'instance.meta.consul-x': { meta: { 'consul-x': '' } },
      'instance.meta.note': { meta: { note: 'ä'.repeat(257) } },
      'instance.meta': { meta: Object.fromEntries(Array.from({ length: 62 }, (_, i) => [`k${i}`, ''])) },
      'instance.zone': { zone: 'z'.repeat(513) },
      'instance.id': { id: 'i'.repeat(513) },
    }
    for (const [path, more] of Object.entries(wrong)) {
      expect(() => registrationOf(instance(more), 1000, OPTIONS)).toThrow(expect.objectContaining({ path }))
    }
  })
})
