import { describe, expect, it } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { durationText, millisecondsOf, ratioOf } from './duration.ts'

describe('millisecondsOf', () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    ['0s', 0],
    ['250us', 0.25],
    ['1us', 0.001],
    ['250ms', 250],
    ['2s', 2000],
    ['0.1s', 100],
    ['1.005s', 1005],
    ['5m', 300_000],
    ['1.1m', 66_000],
    ['1h', 3_600_000],
    ['0.5h', 1_800_000],
  ])('reads %j as %d ms', (input, ms) => {
    expect(millisecondsOf(input)).toBe(ms)
  })

  it.each([
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['5'],
    ['-5s'],
    ['+5s'],
    ['5 s'],
    ['.5s'],
    ['5.s'],
    ['5S'],
    ['1e3s'],
    ['5d'],
    ['1m30s'],
    ['s'],
    [''],
    ['5s\n'],
    [`${'9'.repeat(400)}s`],
    [null],
    [undefined],
    [true],
    [['5s']],
    [{}],
  ])('refuses %j', (input) => {
    expect(millisecondsOf(input)).toBeUndefined()
  })

  it('makes no negative zero', () => {
    expect(Object.is(millisecondsOf(-0), 0)).toBe(true)
  })
})

describe('durationText', () => {
  it.each([
    [0, '0ms'],
    [0.25, '250us'],
    [1, '1ms'],
    [250, '250ms'],
    [1500, '1.5s'],
    [5000, '5s'],
    [60_000, '1m'],
    [90_000, '90s'],
    [300_000, '5m'],
    [5_400_000, '90m'],
    [3_600_000, '1h'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })

  it('is read as the same length again', () => {
    const random = new Sfc32(1, 2)
    for (let i = 0; i < 2000; i++) {
      const ms = Math.round(10 ** (random.next() * 12)) / 10 ** Math.floor(random.next() * 4)
      expect(millisecondsOf(durationText(ms))).toBe(ms)
    }
  })
})

describe('ratioOf', () => {
  it.each([
    [0, 0],
    [1, 1],
    [0.5, 0.5],
    ['0%', 0],
    ['20%', 0.2],
    ['5.5%', 0.055],
    ['29%', 0.29],
    ['100%', 1],
  ])('reads %j as %d', (input, ratio) => {
    expect(ratioOf(input)).toBe(ratio)
  })

  it.each([[50], [1.01], [-0.1], [Number.NaN], ['0.5'], ['50'], ['101%'], ['-5%'], ['50 %'], ['%'], [null], [true]])(
    'refuses %j',
    (input) => {
      expect(ratioOf(input)).toBeUndefined()
    },
  )
})
