import { describe, expect, it } from 'vitest'
import { Draw } from '../random/random.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { resolveRoutes, type VersionRoute } from './route-options.ts'
import { resolveSplit } from './split-options.ts'
import { VersionRouter } from './version-router.ts'

type Weights = { readonly [version: string]: number }

const KEYS = Array.from({ length: 100_000 }, (_, i) => `user-${i}`)
const ALL = { has: () => true }

function routerOf(weights: Weights, routes?: readonly VersionRoute[], service = 'orders'): VersionRouter {
  // A name like v2 keeps its place in an object, where 2 does not.
  const split = Object.entries(weights).map(([version, weight]) => ({ version, weight }))
  return new VersionRouter(service, resolveRoutes(routes), resolveSplit(split.length > 0 ? split : undefined))
}

function byKey(router: VersionRouter, present: { has(version: string): boolean } = ALL): (string | undefined)[] {
  return KEYS.map((key) => router.choose(undefined, key, 0, present))
}

/** Within four standard deviations of what the weights say. */
function expectShares(chosen: readonly (string | undefined)[], weights: Weights): void {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  for (const [version, weight] of Object.entries(weights)) {
    const p = weight / total
    const sigma = Math.sqrt(chosen.length * p * (1 - p))
    const count = chosen.filter((one) => one === version).length
    expect(Math.abs(count - chosen.length * p), `${version}: ${count}`).toBeLessThanOrEqual(4 * sigma)
  }
}

function moved(from: readonly unknown[], to: readonly unknown[]): string[] {
  return from.flatMap((version, i) => (version === to[i] ? [] : [`${version} > ${to[i]}`]))
}

describe('a split', () => {
  it.each<[Weights]>([
    [{ v1: 95, v2: 5 }],
    [{ v1: 1, v2: 1, v3: 1 }],
    [{ v1: 0.5, v2: 0, v3: 2.5, v4: 1e-3 }],
    [{ v1: 1e6, v2: 1 }],
    [{ v1: 0, v2: 3 }],
  ])('%j gives each version its share, by draw and by key', (weights) => {
    const router = routerOf(weights)
    const random = new SeededRandom(11)
    const drawn = KEYS.map((_, call) => router.choose(undefined, undefined, random.draw(call, Draw.split), ALL))
    expectShares(drawn, weights)
    expectShares(byKey(router), weights)
  })

  it('takes every draw from 0 to just below 1', () => {
    const router = routerOf({ v1: 0, v2: 0.1, v3: 0.2, v4: 0 })
    const at = (draw: number): string | undefined => router.choose(undefined, undefined, draw, ALL)
    expect([at(0), at(0.33), at(0.34), at(1 - 2 ** -53)]).toEqual(['v2', 'v2', 'v3', 'v3'])
    expect(routerOf({ v1: 1, v2: 1 }).choose(undefined, undefined, 0.5, ALL)).toBe('v2')
  })

  it('keeps a key with its version, whatever is drawn and however the rows are ordered', () => {
    const [router, turned] = [routerOf({ v1: 2, v2: 1, v3: 1 }), routerOf({ v3: 1, v1: 2, v2: 1 })]
    const first = byKey(router)
    for (const draw of [0, 0.5, 0.99]) {
      expect(KEYS.slice(0, 1_000).map((key) => turned.choose(undefined, key, draw, ALL))).toEqual(first.slice(0, 1_000))
    }
  })

  it('moves keys to the version that grows and no others, never back', () => {
    const steps = [1, 5, 10, 25, 50, 100].map((weight) => byKey(routerOf({ v1: 100 - weight, v2: weight })))
    for (let i = 1; i < steps.length; i++) {
      expect(new Set(moved(steps[i - 1]!, steps[i]!))).toEqual(new Set(['v1 > v2']))
    }
    // From 5 % to 10 % five in a hundred keys have to move, and do.
    const count = moved(steps[1]!, steps[2]!).length
    expect(Math.abs(count - 5_000)).toBeLessThan(4 * Math.sqrt(100_000 * 0.05 * 0.95))
  })

  it('with a third version moves hardly more than must, where a line of weights would move twice as many', () => {
    const count = moved(byKey(routerOf({ v1: 95, v2: 5 })), byKey(routerOf({ v1: 90, v2: 5, v3: 5 }))).length
    expect(count).toBeGreaterThan(4_700)
    expect(count).toBeLessThan(5_700)
    // Only the weight of one falls: only its keys move.
    const fallen = moved(byKey(routerOf({ v1: 50, v2: 30, v3: 20 })), byKey(routerOf({ v1: 25, v2: 30, v3: 20 })))
    expect(new Set(fallen)).toEqual(new Set(['v1 > v2', 'v1 > v3']))
  })

  it('a version without an endpoint leaves its part to the others, and their keys where they are', () => {
    const router = routerOf({ v1: 60, v2: 30, v3: 10 })
    const present = new Set(['v1', 'v3'])
    const without = byKey(router, present)
    expectShares(without, { v1: 60, v3: 10 })
    expect(new Set(moved(byKey(router), without))).toEqual(new Set(['v2 > v1', 'v2 > v3']))
    const random = new SeededRandom(3)
    const drawn = KEYS.map((_, call) => router.choose(undefined, undefined, random.draw(call, Draw.split), present))
    expectShares(drawn, { v1: 60, v3: 10 })
  })

  it('is any endpoint where none of those with a weight has one', () => {
    const router = routerOf({ v1: 1, v2: 0 })
    for (const present of [new Set<string>(), new Set(['v2'])]) {
      expect(router.choose(undefined, 'k', 0.5, present)).toBeUndefined()
      expect(router.choose(undefined, undefined, 0.5, present)).toBeUndefined()
    }
  })

  it('lets other users be the first at each service', () => {
    const [a, b] = ['orders', 'payments'].map((service) => byKey(routerOf({ v1: 95, v2: 5 }, undefined, service)))
    const both = a!.filter((version, i) => version === 'v2' && b![i] === 'v2').length
    expect(Math.abs(both - 250)).toBeLessThan(4 * Math.sqrt(250))
  })
})

describe('routes', () => {
  const routes: VersionRoute[] = [
    { headers: { 'x-canary': 'true' }, version: 'v3' },
    { headers: { 'X-User': 'beta*', accept: '*' }, version: 'v2' },
    { headers: { 'x-user': '*' }, version: 'v4' },
  ]
  const router = routerOf({ v1: 1 }, routes)
  const choose = (headers: Record<string, string>, present: { has(version: string): boolean } = ALL) =>
    router.choose(headers, undefined, 0.5, present)

  it.each<[Record<string, string>, string]>([
    [{}, 'v1'],
    [{ 'X-Canary': 'true' }, 'v3'],
    [{ 'x-canary': 'True' }, 'v1'],
    [{ 'x-canary': 'true ' }, 'v1'],
    [{ 'x-user': 'beta-7', accept: '' }, 'v2'],
    [{ 'x-user': 'beta', Accept: 'a' }, 'v2'],
    [{ 'x-user': 'beta-7' }, 'v4'],
    [{ 'x-user': 'alpha', accept: 'a' }, 'v4'],
    [{ 'x-user': 'beta', accept: 'a', 'x-canary': 'true' }, 'v3'],
  ])('send %j to %s, the first that matches before the split', (headers, version) => {
    expect(choose(headers)).toBe(version)
  })

  it('pass over a version without an endpoint: the next that matches, then the split', () => {
    const headers = { 'x-user': 'beta', accept: 'a', 'x-canary': 'true' }
    expect(choose(headers, new Set(['v1', 'v2', 'v4']))).toBe('v2')
    expect(choose(headers, new Set(['v1', 'v4']))).toBe('v4')
    expect(choose(headers, new Set(['v1']))).toBe('v1')
    expect(choose(headers, new Set())).toBeUndefined()
  })

  it('without a split leave all other calls anywhere', () => {
    const alone = routerOf({}, routes)
    expect([alone.choose({}, 'k', 0, ALL), alone.choose({ 'x-user': 'a' }, 'k', 0, ALL)]).toEqual([undefined, 'v4'])
    expect(alone.choose(undefined, undefined, 0, ALL)).toBeUndefined()
  })

  it('and shares name the versions that are to be there', () => {
    expect(routerOf({ v1: 9, v2: 1 }, routes).versions).toEqual(['v1', 'v2', 'v3', 'v4'])
  })
})
