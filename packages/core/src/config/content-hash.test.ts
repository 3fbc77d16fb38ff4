import { describe, expect, it } from 'vitest'
import { contentHash } from './content-hash.ts'

describe('contentHash', () => {
  it('does not depend on the order of keys or on what is undefined', () => {
    const hash = contentHash({ a: 1, b: { c: [1, 2], d: 'x' } })
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(contentHash({ b: { d: 'x', c: [1, 2], e: undefined }, a: 1 })).toBe(hash)
    expect(contentHash(Object.assign(Object.create(null), { b: { d: 'x', c: [1, 2] }, a: 1 }))).toBe(hash)
  })

  it('tells apart what differs', () => {
    const contents = [
      {},
      [],
      '',
      null,
      0,
      '0',
      false,
      { a: 1 },
      { a: '1' },
      { a: [1] },
      { a: {} },
      { b: 1 },
      { a: [1, 2] },
      { a: [2, 1] },
      { 'a":1,"b': 1 },
      { a: 1, b: 1 },
    ]
    for (let i = 0; i < 10_000; i++) contents.push({ a: i + 2 })
    expect(new Set(contents.map(contentHash)).size).toBe(contents.length)
  })

  it('stays the same from version to version, for it is written into reports', () => {
    expect(contentHash({ version: 1, targets: { '*': { timeout: 5000 } } })).toMatchInlineSnapshot(`"33bc4adf20e6ad61"`)
  })
})
