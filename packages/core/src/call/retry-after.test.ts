import { describe, expect, it } from 'vitest'
import { parseHttpDate, retryAfterMs } from './retry-after.ts'

describe('Retry-After', () => {
  it('is seconds, or a date against the wall clock', () => {
    expect(retryAfterMs({ 'retry-after': '120' }, 0)).toBe(120_000)
    const now = parseHttpDate('Sun, 06 Nov 1994 08:49:30 GMT')!
    expect(retryAfterMs({ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, now)).toBe(7000)
    expect(retryAfterMs({ 'retry-after': 'Sun, 06 Nov 1994 08:49:00 GMT' }, now)).toBe(undefined)
  })

  it('gives way to the finer header, whose 0 leaves the wait to the caller', () => {
    expect(retryAfterMs({ 'retry-after': '1', 'retry-after-ms': '20' }, 0)).toBe(20)
    expect(retryAfterMs({ 'retry-after': '1', 'retry-after-ms': '0' }, 0)).toBe(undefined)
  })

  it('asks for nothing where it cannot be read', () => {
    for (const text of ['', '-1', 'soon', 'Sun, 06 Foo 1994 08:49:37 GMT', '1994-11-06T08:49:37Z']) {
      expect(retryAfterMs({ 'retry-after': text }, 0)).toBe(undefined)
    }
    expect(retryAfterMs({}, 0)).toBe(undefined)
  })

  it('knows the calendar', () => {
    expect(parseHttpDate('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0)
    expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(784_111_777_000)
    expect(parseHttpDate('Tue, 29 Feb 2000 23:59:59 GMT')).toBe(951_868_799_000)
    expect(parseHttpDate('Thu, 01 Mar 2100 00:00:00 GMT')).toBe(4_107_542_400_000)
  })
})
