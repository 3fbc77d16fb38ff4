import { describe, expect, it } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { AnswerCache } from './answer-cache.ts'
import type { Lifetime } from './cache-control.ts'

const LIFE: Lifetime = { ttlMs: 10, staleWhileRevalidateMs: 5, staleIfErrorMs: 20 }

describe('AnswerCache', () => {
  it('goes from fresh through both windows to its end', () => {
    const cache = new AnswerCache<number>(9)
    cache.put('a', 1, LIFE, 100)
    const at = (nowMs: number): string | undefined => cache.get('a', nowMs)?.freshness
    expect([100, 109.999, 110, 114.999, 115, 129.999].map(at)).toEqual([
      ...['fresh', 'fresh', 'stale-revalidate', 'stale-revalidate', 'stale-error', 'stale-error'],
    ])
    expect(cache.size).toBe(1)
    expect([at(130), cache.size]).toEqual([undefined, 0])
  })

  it('takes either window being the longer one, or none', () => {
    const cache = new AnswerCache<number>(9)
    cache.put('long', 1, { ttlMs: 1, staleWhileRevalidateMs: 9, staleIfErrorMs: 2 }, 0)
    cache.put('none', 1, { ttlMs: 1, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }, 0)
    cache.put('never fresh', 1, { ttlMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 5 }, 0)
    expect(cache.get('long', 9)?.freshness).toBe('stale-revalidate')
    expect(cache.get('long', 10)).toBeUndefined()
    expect(cache.get('none', 1)).toBeUndefined()
    expect(cache.get('never fresh', 0)?.freshness).toBe('stale-error')
  })

  it('puts a newer answer in the place of an old one', () => {
    const cache = new AnswerCache<number>(2)
    cache.put('a', 1, LIFE, 0)
    cache.put('a', 2, LIFE, 12)
    expect([cache.get('a', 20)?.value, cache.get('a', 20)?.freshness, cache.size]).toEqual([2, 'fresh', 1])
    expect(cache.get('a', 20)?.storedAtMs).toBe(12)
  })

  it('drops two that are over for each new one, with no sweep', () => {
    const cache = new AnswerCache<number>(1_000)
    for (let i = 0; i < 100; i++) cache.put(`burst-${i}`, i, LIFE, 0)
    for (let i = 0; i < 100; i++) cache.put(`later-${i}`, i, LIFE, 31)
    expect(cache.size).toBe(100)
    for (let i = 0; i < 100; i++) expect(cache.get(`later-${i}`, 31)?.value).toBe(i)
  })

  it('gives up the least recently used where fewer fit, and all where told', () => {
    const cache = new AnswerCache<number>(4)
    for (const key of ['a', 'b', 'c', 'd']) cache.put(key, 1, LIFE, 0)
    cache.get('a', 1)
    cache.resize(2)
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key, 1))).toEqual(['a', 'd'])
    cache.delete('a')
    cache.delete('nobody')
    expect(cache.size).toBe(1)
    cache.clear()
    cache.put('e', 1, LIFE, 0)
    expect([cache.size, cache.get('d', 1), cache.get('e', 1)?.value]).toEqual([1, undefined, 1])
  })

  it('does as a list does that is searched from end to end, over 300 seeds', () => {
    for (let seed = 1; seed <= 300; seed++) run(seed)
  })
})

interface Kept {
  readonly key: string
  readonly value: number
  readonly atMs: number
  readonly life: Lifetime
}

/** Keeps everything that is not over in order of use, most recent first, and looks through all of it each time. */
function run(seed: number): void {
  const random = new Sfc32(seed, 4)
  const below = (n: number): number => Math.floor(random.next() * n)
  const max = 1 + below(6)
  const cache = new AnswerCache<number>(max)
  let model: Kept[] = []
  let nowMs = 0
  const isOver = ({ atMs, life }: Kept): boolean =>
    nowMs >= atMs + life.ttlMs + Math.max(life.staleWhileRevalidateMs, life.staleIfErrorMs)
  for (let i = 0; i < 200; i++) {
    nowMs += below(4)
    const key = `k${below(9)}`
    if (random.next() < 0.5) {
      const life = { ttlMs: below(20), staleWhileRevalidateMs: below(10), staleIfErrorMs: below(30) }
      cache.put(key, i, life, nowMs)
      model = model.filter((kept) => kept.key !== key)
      for (let look = 0; look < 2 && model.length > 0 && isOver(model.at(-1)!); look++) model.pop()
      if (model.length === max) model.pop()
      model.unshift({ key, value: i, atMs: nowMs, life })
    } else {
      const found = model.find((kept) => kept.key === key)
      model = model.filter((kept) => kept !== found)
      const isThere = found !== undefined && !isOver(found)
      if (isThere) model.unshift(found)
      const got = cache.get(key, nowMs)
      if (got?.value !== (isThere ? found.value : undefined)) expect({ seed, i, got: got?.value }).toBe(found?.value)
    }
    if (cache.size !== model.length || cache.size > max) expect({ seed, i, size: cache.size }).toBe(model.length)
  }
}
