import { describe, expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { TokenBucket } from './token-bucket.ts'

function take(bucket: TokenBucket, nowMs: number, tries: number): number {
  let taken = 0
  for (let i = 0; i < tries; i++) if (bucket.tryTake(nowMs)) taken++
  return taken
}

describe('a token bucket', () => {
  test('starts full, refills at its rate and holds no more than its burst', () => {
    const bucket = new TokenBucket({ rate: 10, burst: 5 })
    expect(take(bucket, 0, 10)).toBe(5)
    expect(take(bucket, 99, 1)).toBe(0)
    expect(take(bucket, 100, 2)).toBe(1)
    expect(take(bucket, 400, 9)).toBe(3)
    expect(take(bucket, 3_600_000, 99)).toBe(5)
  })

  test('says when the next token is there', () => {
    const bucket = new TokenBucket({ rate: 10, burst: 1 })
    expect(bucket.retryAfterMs(0)).toBe(0)
    bucket.tryTake(0)
    expect(bucket.retryAfterMs(0)).toBe(100)
    expect(bucket.retryAfterMs(30)).toBe(70)
    expect(bucket.retryAfterMs(1_000)).toBe(0)
  })

  test.each([0.1, 3, 7, 1_000, 999_983])('over no stretch admits more than rate * T + burst, at rate %d', (rate) => {
    const burst = 4
    // What a nanosecond is worth: arrivals a rounding error before their token are let in.
    const tolerance = rate * 1e-9 + 1e-7
    const random = new Sfc32(3, rate)
    const bucket = new TokenBucket({ rate, burst })
    const admitted: number[] = []
    let nowMs = 1e6 + random.next()
    for (let i = 0; i < 20_000; i++) {
      nowMs += (random.next() < 0.01 ? 30 : random.next()) * (1_000 / rate) * 0.5
      if (bucket.tryTake(nowMs)) admitted.push(nowMs)
    }
    expect(admitted.length).toBeGreaterThan(1_000)
    let worst = Number.POSITIVE_INFINITY
    for (let first = 0; first < admitted.length; first++) {
      for (const k of [burst, burst + 1, 50, 1_000]) {
        const last = admitted[first + k]
        if (last === undefined) continue
        const allowed = burst + ((last - (admitted[first] as number)) * rate) / 1_000
        worst = Math.min(worst, allowed - (k + 1))
      }
    }
    expect(worst).toBeGreaterThan(-tolerance)
  })

  test.each([3, 7, 3_000, 10_000, 1e6])('arrivals at exactly its rate are all let in, at rate %d', (rate) => {
    const exact = new TokenBucket({ rate, burst: 1 })
    const triple = new TokenBucket({ rate, burst: 1 })
    let [all, thirds] = [0, 0]
    for (let i = 0; i < 300_000; i++) {
      if (exact.tryTake((i * 1_000) / rate)) all++
      if (triple.tryTake((i * 1_000) / rate / 3)) thirds++
    }
    expect([all, thirds]).toEqual([300_000, 100_000])
  })

  test('polled for ever it admits exactly its rate', () => {
    const bucket = new TokenBucket({ rate: 7, burst: 3 })
    let taken = 0
    for (let ms = 0; ms <= 1_000_000; ms++) if (bucket.tryTake(ms)) taken++
    expect(taken).toBe(3 + 7_000)
  })

  test('new numbers keep the tokens, as far as they have room', () => {
    const bucket = new TokenBucket({ rate: 10, burst: 10 })
    take(bucket, 0, 4)
    bucket.update({ rate: 1, burst: 3 }, 0)
    expect(take(bucket, 0, 9)).toBe(3)
    bucket.update({ rate: 1, burst: 8 }, 500)
    expect(take(bucket, 999, 9)).toBe(0)
    expect(take(bucket, 1_000, 9)).toBe(1)
    const fresh = new TokenBucket({ rate: 1, burst: 2 })
    fresh.update({ rate: 1, burst: 5 }, 100)
    expect(take(fresh, 100, 9)).toBe(2)
  })
})
