import { describe, expect, it } from 'vitest'
import { headerOf, isReadOnce, verbOf } from './request-traits.ts'

describe('verbOf', () => {
  it.each([
    [undefined, 'GET'],
    ['GET /', 'GET'],
    ['POST /a b', 'POST'],
    ['acme.Inventory/Read', undefined],
  ])('%s is %s', (method, verb) => {
    expect(verbOf(method)).toBe(verb)
  })
})

describe('headerOf', () => {
  it('finds a header whatever its spelling, and nothing that is inherited', () => {
    expect(headerOf({ 'X-User': 'a' }, 'x-user')).toBe('a')
    expect(headerOf({ 'x-user': 'a', 'X-User': 'b' }, 'x-user')).toBe('a')
    expect(headerOf({ accept: 'a' }, 'constructor')).toBeUndefined()
    expect(headerOf(undefined, 'accept')).toBeUndefined()
  })
})

describe('isReadOnce', () => {
  it('knows streams and what has one for a body', () => {
    async function* pieces(): AsyncGenerator<number> {
      yield 1
    }
    expect([pieces(), new ReadableStream(), new Response('x'), [1].values()].map(isReadOnce)).toEqual(
      Array(4).fill(true),
    )
    const twice = [undefined, null, 'x', 5, [1], { body: { a: 1 } }, { body: null }, new Uint8Array(1)]
    expect(twice.map(isReadOnce)).toEqual(twice.map(() => false))
  })
})
