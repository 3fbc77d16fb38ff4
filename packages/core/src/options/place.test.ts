import { describe, expect, it } from 'vitest'
import { placeOf, rootPlace } from './place.ts'

describe('Place', () => {
  it('prints a path as --set reads it', () => {
    const place = rootPlace().at('targets').at('*.example.com').at('retry').at('x').at(0)
    expect(place.path).toBe('targets.*\\.example\\.com.retry.x.0')
  })

  it('begins with the name of its root, as it stands', () => {
    expect(rootPlace('policy a.b').at('timeout').path).toBe('policy a.b.timeout')
    expect(placeOf('serve.limits').path).toBe('serve.limits')
    const place = rootPlace('x')
    expect(placeOf(place)).toBe(place)
  })

  it('makes errors that name it', () => {
    const error = rootPlace().at('workload').at(2).error('missing')
    expect(error).toMatchObject({ code: 'SEAKEEP_CONFIG', path: 'workload.2', message: 'workload.2: missing' })
    expect(rootPlace().error('empty').message).toBe('empty')
  })

  it('asks for the position by keys, only when an error is made', () => {
    const asked: (readonly string[])[] = []
    const root = rootPlace('', (keys) => {
      asked.push(keys)
      return keys.length === 0 ? undefined : 'p.yaml:3:7'
    })
    const place = root.at('a.b').at(1)
    expect(asked).toEqual([])
    expect(place.error('wrong').message).toBe('a\\.b.1: wrong (p.yaml:3:7)')
    expect(root.error('wrong').message).toBe('wrong')
    expect(asked).toEqual([['a.b', '1'], []])
  })
})
