import { rootPlace } from '@seakeep/core/spi'
import { describe, expect, test } from 'vitest'
import { bandwidth, bytes, bytesText } from './byte-fields.ts'

describe('lengths of messages', () => {
  test.each<[unknown, number]>([
    [0, 0],
    [1500, 1500],
    ['512B', 512],
    ['1KB', 1000],
    ['1kB', 1000],
    ['1KiB', 1024],
    ['1.5MB', 1_500_000],
    ['2MiB', 2 * 1024 ** 2],
    ['0.5KB', 500],
  ])('%s', (given, expected) => expect(bytes().resolve(given, rootPlace('x'))).toBe(expected))

  test.each<[unknown, string]>([
    ['1 KB', '; did you mean 1KB?'],
    ['10k', '; did you mean 10KB?'],
    ['2 mb', '; did you mean 2MB?'],
    [-1, ''],
    ['big', ''],
    ['1KB/s', '; did you mean 1KB?'],
    [Number.NaN, ''],
    ['2000GB', ''],
  ])('not %s', (given, hint) =>
    expect(() => bytes().resolve(given, rootPlace('x'))).toThrow(
      `is not allowed; a length in bytes from 0 to 1e12 (512, '16KB', '2MiB')${hint}`,
    ),
  )
})

describe('bandwidths', () => {
  test.each<[unknown, number]>([
    [125_000, 125_000],
    ['10MB/s', 10e6],
    ['1GiB/s', 1024 ** 3],
    ['0.5B/s', 0.5],
  ])('%s', (given, expected) => expect(bandwidth().resolve(given, rootPlace('x'))).toBe(expected))

  test.each<[unknown, string]>([
    [0, ''],
    ['10MB', '; did you mean 10MB/s?'],
    ['100Mbit/s', '; did you mean 12.5MB/s?'],
    ['1 Gbps', '; did you mean 125MB/s?'],
    ['8kb/s', '; did you mean 1KB/s?'],
    ['10 MB/s', '; did you mean 10MB/s?'],
    ['fast', ''],
  ])('not %s', (given, hint) => {
    const expected = "a bandwidth above 0, to 1e12 bytes per second (1000000, '10MB/s', '512KiB/s')"
    expect(() => bandwidth().resolve(given, rootPlace('x'))).toThrow(`is not allowed; ${expected}${hint}`)
  })
})

test.each([
  [1, '1B'],
  [1000, '1KB'],
  [1024, '1KiB'],
  [12_500_000, '12.5MB'],
  [3 * 1024 ** 3, '3GiB'],
  [1_234_567, '1.23457MB'],
])('%d bytes are written %s', (value, text) => expect(bytesText(value)).toBe(text))
