import { describe, expect, it } from 'vitest'
import { asksForNew, type Lifetime, lifetimeOf } from './cache-control.ts'

const MOST: Lifetime = { ttlMs: 10_000, staleWhileRevalidateMs: 20_000, staleIfErrorMs: 30_000 }

function of(headers: Record<string, string>, most: Lifetime = MOST): number[] | undefined {
  const lifetime = lifetimeOf((name) => headers[name], most)
  return lifetime && [lifetime.ttlMs, lifetime.staleWhileRevalidateMs, lifetime.staleIfErrorMs].map((ms) => ms / 1000)
}

describe('lifetimeOf', () => {
  it.each<[string, number[] | undefined]>([
    ['max-age=5', [5, 20, 30]],
    ['max-age=3600', [10, 20, 30]],
    ['public, Max-Age="5" , immutable', [5, 20, 30]],
    ['max-age=60, max-age=4', [4, 20, 30]],
    ['max-age=0', [0, 20, 30]],
    ['max-age=soon', [0, 20, 30]],
    ['max-age', [0, 20, 30]],
    [`max-age=${'9'.repeat(400)}`, [10, 20, 30]],
    ['stale-while-revalidate=1, stale-if-error=86400', [10, 1, 30]],
    ['max-age=1, stale-if-error=2', [1, 20, 2]],
    ['private', [10, 20, 30]],
    ['s-maxage=1', [10, 20, 30]],
    ['must-revalidate', [10, 0, 0]],
    ['max-age=0, must-revalidate', undefined],
    ['no-store', undefined],
    ['no-cache', undefined],
    ['no-cache="set-cookie", max-age=5', undefined],
    ['', [10, 20, 30]],
  ])('%j leaves %j', (cacheControl, expected) => {
    expect(of({ 'cache-control': cacheControl })).toEqual(expected)
  })

  it('takes off what the answer has been on its way or in other caches', () => {
    expect(of({ 'cache-control': 'max-age=8', age: '5' })).toEqual([3, 20, 30])
    expect(of({ 'cache-control': 'max-age=8', age: '9' })).toEqual([0, 20, 30])
    expect(of({ 'cache-control': 'max-age=8', age: 'old' })).toEqual([8, 20, 30])
    expect(of({ age: '9' })).toEqual([10, 20, 30])
  })

  it('never makes more of the options than they say', () => {
    const none = { ttlMs: 5_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }
    expect(of({ 'cache-control': 'max-age=60, stale-while-revalidate=60, stale-if-error=60' }, none)).toEqual([5, 0, 0])
    expect(lifetimeOf(() => undefined, MOST)).toBe(MOST)
  })
})

describe('asksForNew', () => {
  it.each([
    ['no-cache', true],
    ['max-age=0, No-Store', true],
    ['no-cache="x"', true],
    ['max-age=0', false],
    ['x-no-cache', false],
    ['no-cached', false],
    ['', false],
  ])('%j: %s', (cacheControl, expected) => {
    expect(asksForNew(cacheControl)).toBe(expected)
  })
})
