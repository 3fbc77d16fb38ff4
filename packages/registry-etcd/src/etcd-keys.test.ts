import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EtcdKeys, endOfPrefix } from './etcd-keys.ts'

const keys = new EtcdKeys('seakeep/')

describe('EtcdKeys', () => {
  it('puts plain names as they are', () => {
    expect(keys.instance({ service: 'orders', id: 'orders#3' })).toBe('seakeep/services/orders/orders#3')
    expect(keys.lock('leader')).toBe('seakeep/locks/leader/')
  })

  it('keeps a name that holds a slash in one piece', () => {
    expect(keys.instance({ service: 'pkg/Orders', id: '50%/a' })).toBe('seakeep/services/pkg%2FOrders/50%25%2Fa')
  })

  it('gives different names different keys, and each service only its own', () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '%', '2', 'F', '5', 'é'),
      minLength: 1,
      maxLength: 5,
    })
    const who = fc.record({ service: name, id: name })
    fc.assert(
      fc.property(who, who, (a, b) => {
        const isSame = a.service === b.service && a.id === b.id
        expect(keys.instance(a) === keys.instance(b)).toBe(isSame)
        const prefix = keys.service(b.service)
        expect(keys.instance(a).startsWith(prefix)).toBe(a.service === b.service)
      }),
    )
  })

  it('ends a range where its prefix ends', () => {
    const end = Buffer.from(endOfPrefix('a/'))
    expect(end.toString()).toBe('a0')
    for (const inside of ['a/', 'a/x', 'a/\u{10ffff}']) expect(Buffer.from(inside).compare(end)).toBeLessThan(0)
    expect(Buffer.from('a0').compare(end)).toBe(0)
  })
})
