import { describe, expect, it } from 'vitest'
import { readStoreUrl } from './etcd-store-url.ts'

describe('the URL of a store', () => {
  it('names hosts, key and login', () => {
    expect(readStoreUrl(new URL('etcd://127.0.0.1:2379/seakeep/policies'))).toEqual({
      endpoints: ['127.0.0.1:2379'],
      key: 'seakeep/policies',
    })
    expect(readStoreUrl('etcd://me:p%40ss%3A@a:1,b:2,[::1]:3/k%20y')).toEqual({
      endpoints: ['a:1', 'b:2', '[::1]:3'],
      key: 'k y',
      auth: { user: 'me', password: 'p@ss:' },
    })
  })

  it('as a URL object has one port for all hosts', () => {
    expect(readStoreUrl(new URL('etcd://a,b:4001/k')).endpoints).toEqual(['a:4001', 'b:4001'])
    expect(readStoreUrl(new URL('etcd://a/k')).endpoints).toEqual(['a'])
  })

  it('is refused where something is missing, without its password', () => {
    for (const url of [
      'etcd://a:1',
      'etcd://a:1/',
      'etcd:///k',
      'http://a/k',
      'etcd://me@a/k',
      'etcd://a/k?x=1',
      'etcd://a/%',
    ]) {
      expect(() => readStoreUrl(url)).toThrow('etcd://[user:password@]host:port[,host:port]/key/path')
    }
    expect(() => readStoreUrl('etcd://me:secret@/k')).toThrow(/^(?!.*secret)/)
  })
})
