import { describe, expect, test } from 'vitest'
import { clock, count, factor, instant, lengthOfTime, percent, rate, roughly, sparkline } from './figures.ts'

test.each([
  [null, '–'],
  [0, '0ms'],
  [0.0042, '4.2us'],
  [0.52, '0.52ms'],
  [9.96, '10ms'],
  [31.4, '31ms'],
  [999.7, '1s'],
  [1260, '1.26s'],
  [12_345, '12.3s'],
  [125_000, '2m05s'],
  [3_720_000, '1h02m'],
])('a length of %s ms is %s', (ms, text) => {
  expect(lengthOfTime(ms)).toBe(text)
})

test.each([
  [null, '–'],
  [1, '100%'],
  [0, '0%'],
  [0.993, '99.3%'],
  [0.99996, '99.996%'],
  [0.0000123, '0.001%'],
  [0.5, '50.0%'],
])('the share %s is %s, and never more than it is', (ratio, text) => {
  expect(percent(ratio)).toBe(text)
})

test('counts, rates and factors', () => {
  expect([count(0), count(999), count(240_000), count(1_234_567), count(null)]).toEqual([
    '0',
    '999',
    '240,000',
    '1,234,567',
    '–',
  ])
  expect([rate(0.5), rate(403.14), rate(12_040.4), rate(null)]).toEqual(['0.50', '403.1', '12,040', '–'])
  expect([factor(1), factor(2.876), factor(null)]).toEqual(['1.00', '2.88', '–'])
  expect([roughly(812), roughly(1000), roughly(99_700), roughly(3_120_000)]).toEqual(['812', '1k', '100k', '3.1M'])
})

test('instants of virtual time', () => {
  expect(instant(123_210)).toBe('2:03.210')
  expect(clock(3_600_000)).toBe('60:00')
})

describe('a sparkline', () => {
  test('has the full bar for full shares only, and a blank for nothing', () => {
    expect(sparkline([0, 0.5, 0.998, 1, null], 10)).toBe('▁▄▇█ ')
  })

  test('that has no room shows the worst of what each bar stands for', () => {
    expect(sparkline([1, 1, 0, 1, null, 1], 3)).toBe('█▁█')
  })
})
