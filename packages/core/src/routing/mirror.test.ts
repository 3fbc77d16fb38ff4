import { describe, expect, it } from 'vitest'
import { Draw } from '../random/random.ts'
import { SeededRandom } from '../random/seeded-random.ts'
import { MIRROR_HEADER, Mirror, mirroredOptions, mirroredRequest } from './mirror.ts'
import { type MirrorOptions, resolveMirrorOptions } from './mirror-options.ts'

const mirrorOf = (options: MirrorOptions = { version: '2' }): Mirror => new Mirror(resolveMirrorOptions(options))

describe('Mirror', () => {
  it('copies its share of the calls', () => {
    const mirror = mirrorOf({ service: 'next', ratio: 0.1 })
    const random = new SeededRandom(5)
    for (let call = 0; call < 100_000; call++) {
      if (mirror.tryCopy({}, undefined, random.draw(call, Draw.mirror))) mirror.onEnd()
    }
    expect(Math.abs(mirror.value.sent - 10_000)).toBeLessThan(4 * Math.sqrt(100_000 * 0.1 * 0.9))
    expect(mirror.value).toMatchObject({ inFlight: 0, skipped: 0 })
    expect(mirror.target).toEqual({ service: 'next' })
  })

  it('copies every call with a ratio of 1', () => {
    expect(mirrorOf().tryCopy({}, undefined, 1 - 2 ** -53)).toBe(true)
  })

  it.each<[string, boolean, boolean]>([
    ['GET /', true, true],
    ['HEAD /', true, true],
    ['OPTIONS /', true, true],
    ['POST /', false, true],
    ['DELETE /', false, true],
    ['acme.Inventory/Read', false, true],
  ])('%s: %s, and %s where all are copied', (method, safe, all) => {
    expect(mirrorOf().tryCopy({ method }, undefined, 0)).toBe(safe)
    expect(mirrorOf({ version: '2', methods: 'all' }).tryCopy({ method }, undefined, 0)).toBe(all)
  })

  it('does not copy what goes there anyway, what is a copy, and what can be read once', () => {
    const mirror = mirrorOf({ version: '2', methods: 'all' })
    expect(mirror.tryCopy({}, '2', 0)).toBe(false)
    expect(mirror.tryCopy({ headers: { 'X-Seakeep-Mirror': '1' } }, '1', 0)).toBe(false)
    expect(mirror.tryCopy({ body: new ReadableStream() }, '1', 0)).toBe(false)
    expect(mirror.value).toEqual({ inFlight: 0, sent: 0, skipped: 0 })
    expect(mirror.tryCopy({ body: { a: 1 } }, '1', 0)).toBe(true)
  })

  it('never has more under way than it may, and counts what it left out', () => {
    const mirror = mirrorOf({ version: '2', maxInFlight: 2 })
    expect([1, 2, 3, 4].map(() => mirror.tryCopy({}, undefined, 0))).toEqual([true, true, false, false])
    expect(mirror.value).toEqual({ inFlight: 2, sent: 2, skipped: 2 })
    mirror.onEnd()
    expect(mirror.tryCopy({}, undefined, 0)).toBe(true)
    mirror.update(resolveMirrorOptions({ version: '3', maxInFlight: 1 }))
    expect(mirror.tryCopy({}, '2', 0)).toBe(false)
    mirror.onEnd()
    mirror.onEnd()
    expect([mirror.tryCopy({}, '2', 0), mirror.value.inFlight]).toEqual([true, 1])
  })
})

describe('a copy', () => {
  it('says that it is one, and asks for no stream', () => {
    const request = { method: 'GET /a', query: { a: '1' }, headers: { accept: 'a' }, body: 'b', stream: true }
    expect(mirroredRequest(request)).toEqual({
      ...{ method: 'GET /a', query: { a: '1' }, body: 'b' },
      headers: { accept: 'a', [MIRROR_HEADER]: '1' },
    })
    expect(request.headers).toEqual({ accept: 'a' })
    expect(mirrorOf().tryCopy(mirroredRequest({}), undefined, 0)).toBe(false)
  })

  it('is the first to be shed, is not retried, and has the deadline and key of its call', () => {
    const options = mirroredOptions({ deadlineMs: 5, key: 'k', priority: 'critical', idempotent: true }, 17)
    expect(options).toMatchObject({ deadlineMs: 5, key: 'k', priority: 'sheddable', idempotent: false })
    expect(options.parentAttempt).toBe(2)
    expect(options.callKey).not.toBe(17)
    expect(mirroredOptions({}, 17).callKey).toBe(options.callKey)
  })
})
