import { describe, expect, it } from 'vitest'
import { rootPlace } from '../options/place.ts'
import { type Laid, layOver, placeOfLaid } from './overlay.ts'

const places = ['base', 'over', 'top', 'peak'].map((name) => rootPlace(name))

function laid(...values: readonly unknown[]): Laid {
  let whole: Laid | undefined
  values.forEach((value, i) => {
    whole = layOver(whole, value, places[i]!)
  })
  return whole!
}

describe('layOver', () => {
  it.each<[string, readonly unknown[], unknown]>([
    [
      'objects merge',
      [{ retry: { a: 1, b: { c: 1 } } }, { retry: { b: { d: 2 } } }],
      { retry: { a: 1, b: { c: 1, d: 2 } } },
    ],
    ['scalars replace', [{ timeout: 1 }, { timeout: 2 }], { timeout: 2 }],
    ['zero replaces', [{ timeout: 1 }, { timeout: 0 }], { timeout: 0 }],
    ['lists replace', [{ order: [1, 2] }, { order: [3] }], { order: [3] }],
    ['false takes off', [{ retry: { a: 1 } }, { retry: false }], { retry: false }],
    [
      'an object after false starts anew',
      [{ retry: { a: 1 } }, { retry: false }, { retry: { b: 2 } }],
      { retry: { b: 2 } },
    ],
    ['true is all defaults', [{ retry: { a: 1 } }, { retry: true }], { retry: true }],
    [
      'an object after true starts anew',
      [{ retry: { a: 1 } }, { retry: true }, { retry: { b: 2 } }],
      { retry: { b: 2 } },
    ],
    ['what is not named stays', [{ timeout: 1, retry: true }, {}], { timeout: 1, retry: true }],
    [
      'another algorithm replaces',
      [{ c: { algorithm: 'a', max: 1 } }, { c: { algorithm: 'b' } }],
      { c: { algorithm: 'b' } },
    ],
    ['an algorithm replaces none', [{ c: { limit: 1 } }, { c: { algorithm: 'b' } }], { c: { algorithm: 'b' } }],
    [
      'the same one merges',
      [{ c: { algorithm: 'a', max: 1 } }, { c: { algorithm: 'a', min: 2 } }],
      { c: { algorithm: 'a', max: 1, min: 2 } },
    ],
    [
      'no algorithm keeps it',
      [{ c: { algorithm: 'a', max: 1 } }, { c: { max: 2 } }],
      { c: { algorithm: 'a', max: 2 } },
    ],
  ])('%s', (_, values, whole) => {
    expect(laid(...values).value).toEqual(whole)
  })

  it('changes nothing that it is given', () => {
    const below = laid({ retry: { a: 1 } })
    const frozen = JSON.stringify(below.value)
    layOver(below, { retry: { a: 2, b: 3 } }, places[1]!)
    expect(JSON.stringify(below.value)).toBe(frozen)
  })
})

describe('placeOfLaid', () => {
  it('knows where each part was written', () => {
    const place = placeOfLaid(laid({ timeout: 1, retry: { a: 1, b: { c: 1 } } }, { retry: { b: { d: 2 } } }))
    expect(place.path).toBe('over')
    expect(place.at('timeout').path).toBe('base.timeout')
    expect(place.at('retry').at('a').path).toBe('base.retry.a')
    expect(place.at('retry').at('b').at('d').path).toBe('over.retry.b.d')
    expect(place.at('retry').error('wrong').message).toBe('over.retry: wrong')
  })

  it('puts what is missing where the last word on the object was said', () => {
    const place = placeOfLaid(laid({ concurrency: { queue: 1 } }, { concurrency: { maxWait: 1 } }))
    expect(place.at('concurrency').at('limit').path).toBe('over.concurrency.limit')
  })
})
