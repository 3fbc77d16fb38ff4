import { describe, expect, it } from 'vitest'
import type { CallOutcome } from '../call/outcome.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type CacheOptions, resolveCacheOptions } from './cache-options.ts'
import { CallCache } from './call-cache.ts'

const OPTIONS: CacheOptions = { ttl: '1s', staleWhileRevalidate: '2s', staleIfError: '10s' }

function ok(body: unknown, headers: Record<string, string> = {}, status = 200): CallOutcome {
  return { ending: 'ok', isAnswered: true, value: { status, headers, body }, status, attempts: 3, endpoint: 'orders#1' }
}
const failed = (fields: Partial<CallOutcome> = {}): CallOutcome => ({
  ending: 'error',
  isAnswered: false,
  attempts: 1,
  ...fields,
})

function bench(options: CacheOptions = OPTIONS) {
  const clock = new ManualClock()
  const cache = new CallCache('orders', resolveCacheOptions(options))
  const key = cache.keyOf({ method: 'GET /a' }, {}) as string
  const body = (outcome: CallOutcome | undefined): unknown => (outcome?.value as { body?: unknown } | undefined)?.body
  return {
    ...{ clock, cache, key },
    ask: () => cache.lookup(key, clock.now()),
    asked: () => body(cache.lookup(key, clock.now()).outcome),
    end: (outcome: CallOutcome) => cache.conclude(key, outcome, clock.now()),
    ended: (outcome: CallOutcome) => body(cache.conclude(key, outcome, clock.now())),
  }
}

describe('CallCache', () => {
  it('answers instead of a call while the answer is fresh, with nothing sent', () => {
    const { clock, ask, end, cache } = bench()
    expect(ask()).toEqual({ outcome: undefined, refresh: undefined })
    const outcome = ok('first')
    expect(end(outcome)).toBe(outcome)
    clock.advance(999)
    expect(ask()).toEqual({ outcome: { ...outcome, attempts: 0 }, refresh: undefined })
    expect(cache.value).toEqual({ entries: 1, hits: 1, staleHits: 0, rescued: 0, misses: 1 })
  })

  it('answers at once when stale, and has one caller fetch a newer one', () => {
    const { clock, ask, asked, end, cache } = bench()
    end(ok('first'))
    clock.advance(1_000)
    const refresh = ask().refresh!
    expect(refresh.key).toBeDefined()
    expect([asked(), ask().refresh]).toEqual(['first', undefined])
    cache.renew(refresh, ok('second'), clock.now())
    expect([asked(), cache.value.staleHits, cache.value.hits]).toEqual(['second', 3, 1])
  })

  it('has the next caller try where fetching a newer one failed, and keeps the old', () => {
    const { clock, ask, asked, end, cache } = bench()
    end(ok('first'))
    clock.advance(1_000)
    cache.renew(ask().refresh!, failed(), clock.now())
    const again = ask().refresh!
    expect([again?.isRefreshing, asked(), cache.value.rescued]).toEqual([true, 'first', 0])
    cache.renew(again, failed({ ending: 'cancelled' }), clock.now())
    expect(ask().refresh).toBeDefined()
  })

  it('a refresh that hangs is nobody else’s: the one of a newer answer is claimed anew', () => {
    const { clock, ask, end, cache } = bench()
    end(ok('first'))
    clock.advance(1_000)
    const hanging = ask().refresh!
    clock.advance(2_000)
    end(ok('second'))
    clock.advance(1_000)
    const second = ask().refresh!
    cache.renew(hanging, failed(), clock.now())
    expect(ask().refresh).toBeUndefined()
    cache.renew(second, ok('third'), clock.now())
  })

  it.each<[string, Partial<CallOutcome>]>([
    ['failed', { ending: 'error' }],
    ['was answered with a 503', { ending: 'error', isAnswered: true, status: 503 }],
    ['was told 429', { ending: 'ok', isAnswered: true, status: 429 }],
    ['timed out', { ending: 'timeout', deadlineExceeded: true }],
    ['reached nobody', { ending: 'unreachable' }],
    ['was refused there', { ending: 'refused' }],
    ['was refused here', { ending: 'circuit-open' }],
    ['found no endpoint', { ending: 'no-endpoint' }],
    ['was judged a failure', { ending: 'error', isAnswered: true, status: 200 }],
  ])('answers with a stale one where the call %s', (_, fields) => {
    const { clock, asked, ended, end, cache } = bench()
    end(ok('first'))
    clock.advance(10_999)
    expect(asked()).toBeUndefined()
    expect(ended(failed(fields))).toBe('first')
    expect(cache.value).toMatchObject({ rescued: 1, entries: 1 })
    clock.advance(1)
    const outcome = failed(fields)
    expect(end(outcome)).toBe(outcome)
  })

  it.each<[string, CallOutcome, boolean]>([
    ['has gone', failed({ ending: 'cancelled', isAnswered: true, status: 503 }), true],
    ['may not ask', failed({ ending: 'unauthorised' }), true],
    ['was told 404', ok('none', {}, 404), false],
    ['was told 404 by an exception', failed({ status: 404 }), false],
    ['was given a part', ok('part', {}, 206), false],
    ['was given a cookie', ok('yours', { 'Set-Cookie': 'a=b' }), false],
    ['was given a stream', ok(new ReadableStream()), false],
    ['was told not to keep it', ok('secret', { 'cache-control': 'no-store' }), false],
    ['was told it depends on more than is in the key', ok('any', { vary: '*' }), false],
  ])('does not answer for the far side where the caller %s', (_, outcome, isKept) => {
    const { clock, end, cache } = bench()
    end(ok('first'))
    clock.advance(5_000)
    expect(end(outcome)).toBe(outcome)
    expect([cache.value.entries, cache.value.rescued]).toEqual([isKept ? 1 : 0, 0])
  })

  it('keeps what functions return, with or without a status', () => {
    const { asked, ask, end } = bench()
    end({ ending: 'ok', isAnswered: true, value: 42, attempts: 1 })
    expect(ask().outcome?.value).toBe(42)
    const headers = new Headers({ 'Cache-Control': 'no-store' })
    end({ ending: 'ok', isAnswered: true, value: { headers }, attempts: 1 })
    expect(asked()).toBeUndefined()
  })

  it('an answer can be kept for less than the options say', () => {
    const { clock, asked, end } = bench()
    end(ok('first', { 'cache-control': 'max-age=1, stale-while-revalidate=0, stale-if-error=1', age: '1' }))
    expect(asked()).toBeUndefined()
    expect((end(failed()).value as { body: string }).body).toBe('first')
    clock.advance(1_000)
    expect(end(failed()).value).toBeUndefined()
  })

  it('goes on with other options, and forgets where other calls are equal now', () => {
    const { clock, asked, end, cache } = bench()
    end(ok('first'))
    cache.update(resolveCacheOptions({ ttl: '5s' }))
    clock.advance(500)
    expect(asked()).toBe('first')
    end(ok('second'))
    clock.advance(4_999)
    expect(asked()).toBe('second')
    cache.update(resolveCacheOptions({ ttl: '5s', by: { headers: [] } }))
    expect([asked(), cache.value.entries]).toEqual([undefined, 0])
    end(ok('third'))
    cache.clear()
    expect(asked()).toBeUndefined()
  })

  it('keeps nothing of a call that began when other calls were equal, and goes by its own key all along', () => {
    const { clock, cache, key, end } = bench({ ttl: '1s', staleWhileRevalidate: '2s', by: { headers: [] } })
    end(ok('for alice'))
    clock.advance(1500)
    const { refresh } = cache.lookup(key, clock.now())
    cache.lookup('report', clock.now())
    const by = (headers: string[]) => cache.update(resolveCacheOptions({ ttl: '1s', by: { headers } }))
    by(['x-user'])
    end(ok('for alice'))
    if (refresh !== undefined) cache.renew(refresh, ok('for alice'), clock.now())
    expect(cache.value.entries).toBe(0)
    // Nor where the first sharing is back.
    by([])
    end(ok('for alice'))
    expect(cache.value.entries).toBe(0)
    const now = cache.keyOf({ method: 'GET /a' }, {}) as string
    for (const one of [now, 'report']) cache.conclude(one, ok('for all'), clock.now())
    expect(cache.value.entries).toBe(2)
    expect(cache.lookup(now, clock.now()).outcome).toBeDefined()
  })
})
