import { describe, expect, it } from 'vitest'
import { rootPlace } from '../options/place.ts'
import { type MirrorOptions, resolveMirrorOptions } from './mirror-options.ts'
import { resolveRoutes, type VersionRoute } from './route-options.ts'
import { resolveSplit, SPLIT_OPTIONS, type VersionShare } from './split-options.ts'

describe('resolveSplit', () => {
  it('reads the split of the contract, frozen', () => {
    const split = resolveSplit([
      { version: '1', weight: 95 },
      { version: '2', weight: 5 },
    ])
    expect(split).toEqual([
      { version: '1', weight: 95 },
      { version: '2', weight: 5 },
    ])
    expect([Object.isFrozen(split), Object.isFrozen(split?.[0])]).toEqual([true, true])
  })

  it('is none where nothing or false is given, and keeps both in a fragment', () => {
    expect([resolveSplit(undefined), resolveSplit(false)]).toEqual([undefined, undefined])
    expect(SPLIT_OPTIONS.normalize(false, rootPlace())).toBe(false)
    expect(SPLIT_OPTIONS.normalize(undefined, rootPlace())).toBeUndefined()
    expect(SPLIT_OPTIONS.normalize([{ version: '1', weight: 1 }], rootPlace())).toEqual([{ version: '1', weight: 1 }])
  })

  it.each<[unknown, string]>([
    [[], 'split: 0 items are not enough; a list with at least 1 item'],
    [true, 'split: true is not allowed; false for none'],
    [{ 1: 95, 2: 5 }, 'split: an object is not allowed; a list with at least 1 item; or false for none'],
    [[{ version: '1' }], 'split.0.weight: missing; a number from 0 to 1000000'],
    [[{ weight: 1 }], 'split.0.version: missing; a version in quotes'],
    [
      [{ version: 1, weight: 1 }],
      'split.0.version: 1 is not allowed; a version in quotes; did you mean "1", in quotes?',
    ],
    [[{ version: '', weight: 1 }], 'split.0.version: "" is not allowed; a version in quotes'],
    [[{ version: '1', weight: -1 }], 'split.0.weight: -1 is not allowed; a number from 0 to 1000000'],
    [[{ version: '1', weight: 1e6 + 1 }], 'split.0.weight: 1000001 is not allowed'],
    [[{ version: '1', weight: '5' }], 'did you mean 5, without quotes?'],
    [[{ version: '1', wieght: 1 }], 'split.0.wieght: unknown key; allowed: version, weight; did you mean weight?'],
    [
      [
        { version: '1', weight: 1 },
        { version: '2', weight: 1 },
        { version: '1', weight: 1 },
      ],
      'split.2.version: "1" is listed twice',
    ],
    [
      [
        { version: '1', weight: 0 },
        { version: '2', weight: 0 },
      ],
      'split: all weights are 0; at least one must be above',
    ],
    [
      Array.from({ length: 101 }, (_, i) => ({ version: `v${i}`, weight: 1 })),
      'split: 101 rows are not allowed; at most 100',
    ],
  ])('refuses %j', (input, message) => {
    expect(() => resolveSplit(input as VersionShare[])).toThrow(message)
  })
})

describe('resolveRoutes', () => {
  it('reads values, beginnings and presence, names in lower case', () => {
    const routes = resolveRoutes([{ headers: { 'X-User': 'beta*', 'x-canary': '*', accept: 'a' }, version: '2' }])
    expect(routes).toEqual([
      {
        headers: [
          { name: 'x-user', text: 'beta', isPrefix: true },
          { name: 'x-canary', text: '', isPrefix: true },
          { name: 'accept', text: 'a', isPrefix: false },
        ],
        version: '2',
      },
    ])
    expect([resolveRoutes(false), resolveRoutes(undefined)]).toEqual([undefined, undefined])
  })

  it.each<[unknown, string]>([
    [[], 'routes: 0 items are not enough'],
    [[{ version: '2' }], 'routes.0.headers: missing; an object with at least 1 entry'],
    [[{ headers: {}, version: '2' }], 'routes.0.headers: 0 entries are not enough'],
    [[{ headers: { a: 'b' } }], 'routes.0.version: missing; a version in quotes'],
    [[{ headers: { 'a b': 'c' }, version: '2' }], 'routes.0.headers.a b: "a b" is not allowed; a header\'s name'],
    [
      [{ headers: { 'x-canary': true }, version: '2' }],
      'routes.0.headers.x-canary: true is not allowed; a value, the beginning of one (beta*), or * for any; did you mean "true", in quotes?',
    ],
    [[{ headers: { a: 'b*c' }, version: '2' }], 'routes.0.headers.a: "b*c" is not allowed; a value, the beginning'],
    [[{ headers: { a: '**' }, version: '2' }], 'routes.0.headers.a: "**" is not allowed'],
    [[{ headers: { a: '' }, version: '2' }], 'routes.0.headers.a: "" is not allowed'],
    [
      [{ headers: { 'X-A': 'b', 'x-a': 'c' }, version: '2' }],
      'routes.0.headers: x-a is named twice; upper and lower case are the same',
    ],
    [
      Array.from({ length: 101 }, () => ({ headers: { a: 'b' }, version: '1' })),
      'routes: 101 rows are not allowed; at most 100',
    ],
    ['canary', 'routes: "canary" is not allowed; a list with at least 1 item; or false for none'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveRoutes(input as VersionRoute[])).toThrow(message)
  })
})

describe('resolveMirrorOptions', () => {
  it('copies all that reads, a hundred at a time', () => {
    const rest = { ratio: 1, methods: 'safe', maxInFlight: 100 }
    expect(resolveMirrorOptions({ version: '2' })).toEqual({ target: { version: '2' }, ...rest })
    expect(resolveMirrorOptions({ service: 'orders-next', ratio: '10%', methods: 'all', maxInFlight: 1 })).toEqual({
      target: { service: 'orders-next' },
      ...{ ratio: 0.1, methods: 'all', maxInFlight: 1 },
    })
    expect(Object.isFrozen(resolveMirrorOptions({ version: '2' }))).toBe(true)
  })

  it.each<[unknown, string]>([
    [{}, 'mirror: says not where copies go; give version or service'],
    [{ version: '2', service: 'next' }, 'mirror: either version or service, not both'],
    [{ version: 2 }, 'mirror.version: 2 is not allowed; a version in quotes; did you mean "2", in quotes?'],
    [{ service: 'a/b' }, 'mirror.service: "a/b" is not allowed; a name'],
    [{ version: '2', ratio: 0 }, 'mirror.ratio: 0 is not allowed; a ratio above 0, at most 1'],
    [{ version: '2', ratio: 10 }, 'did you mean 0.1 or 10%?'],
    [{ version: '2', methods: 'unsafe' }, 'mirror.methods: "unsafe" is not allowed; one of safe, all'],
    [{ version: '2', maxInFlight: 0 }, 'mirror.maxInFlight: 0 is not allowed; an integer from 1 to 1000000'],
    [{ version: '2', share: 1 }, 'mirror.share: unknown key'],
  ])('refuses %j', (input, message) => {
    expect(() => resolveMirrorOptions(input as MirrorOptions)).toThrow(message)
  })
})
