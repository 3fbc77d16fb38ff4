import { describe, expect, it } from 'vitest'
import { type CacheOptions, resolveCacheOptions } from './cache-options.ts'
import { type CoalesceOptions, resolveCoalesceOptions } from './coalesce-options.ts'

const EVERYTHING = { methods: ['GET', 'HEAD'], headers: undefined, isByKey: true }

describe('resolveCoalesceOptions', () => {
  it('shares what reads and tells everything apart, frozen', () => {
    const options = resolveCoalesceOptions()
    expect(options).toEqual({ sharing: EVERYTHING, maxKeys: 10_000 })
    expect([Object.isFrozen(options), Object.isFrozen(options.sharing)]).toEqual([true, true])
  })

  it.each<[CoalesceOptions, object]>([
    [{ methods: ['OPTIONS'] }, { methods: ['OPTIONS'] }],
    [{ methods: ['POST /search', 'acme.v1.Inventory/Read'] }, { methods: ['POST /search', 'acme.v1.Inventory/Read'] }],
    [{ by: { headers: [] } }, { headers: [] }],
    [{ by: { headers: ['Accept', 'X-Tenant'], key: false } }, { headers: ['accept', 'x-tenant'], isByKey: false }],
  ])('reads %j', (input, sharing) => {
    expect(resolveCoalesceOptions(input).sharing).toEqual({ ...EVERYTHING, ...sharing })
  })

  it.each<[unknown, string]>([
    [{ maxKeys: 0 }, 'coalesce.maxKeys: 0 is not allowed; an integer from 1 to 1000000'],
    [{ methods: [] }, 'coalesce.methods: 0 items are not enough; a list with at least 1 item'],
    [{ methods: ['get'] }, 'coalesce.methods.0: "get" is not allowed; GET, HEAD, OPTIONS, or a whole method'],
    [{ methods: ['get'] }, 'did you mean GET?'],
    [{ methods: ['POST'] }, '; name those that only read, as POST /search'],
    [{ methods: ['GET', 'Read'] }, 'coalesce.methods.1: "Read" is not allowed'],
    [{ methods: [5] }, 'coalesce.methods.0: 5 is not allowed'],
    [{ by: { headers: ['a b'] } }, 'coalesce.by.headers.0: "a b" is not allowed; a header\'s name'],
    [{ by: { key: 'x' } }, 'coalesce.by.key: "x" is not allowed; true or false'],
    [{ by: 'key' }, 'coalesce.by: "key" is not allowed; an object'],
    [{ ttl: 5 }, 'coalesce.ttl: unknown key'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveCoalesceOptions(input as CoalesceOptions)).toThrow(message)
  })
})

describe('resolveCacheOptions', () => {
  it('keeps a thousand answers, fresh only, unless told otherwise', () => {
    const options = resolveCacheOptions({ ttl: '5s' })
    expect(options).toEqual({
      lifetime: { ttlMs: 5_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
      maxEntries: 1_000,
      sharing: EVERYTHING,
    })
    expect([Object.isFrozen(options), Object.isFrozen(options.lifetime)]).toEqual([true, true])
  })

  it('may keep what is good only for errors', () => {
    const { lifetime } = resolveCacheOptions({ ttl: 0, staleIfError: '1h' })
    expect(lifetime).toEqual({ ttlMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 3_600_000 })
  })

  it.each<[unknown, string]>([
    [{}, 'cache.ttl: missing; a duration'],
    [undefined, 'cache: missing; an object with ttl'],
    [{ ttl: 0 }, 'cache.ttl: 0 keeps nothing; give ttl, staleWhileRevalidate or staleIfError'],
    [{ ttl: -1 }, 'cache.ttl: -1 is not allowed; a duration'],
    [{ ttl: '5s', staleIfError: '1 hour' }, 'cache.staleIfError: "1 hour" is not allowed'],
    [{ ttl: '5s', staleWhileRevalidate: false }, 'cache.staleWhileRevalidate: false is not allowed'],
    [{ ttl: '5s', maxEntries: 0 }, 'cache.maxEntries: 0 is not allowed; an integer from 1 to 1000000'],
    [{ ttl: '5s', maxEntries: 1e6 + 1 }, 'cache.maxEntries: 1000001 is not allowed'],
    [{ ttl: '5s', staleIfErrors: 1 }, 'did you mean staleIfError?'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveCacheOptions(input as CacheOptions)).toThrow(message)
  })
})
