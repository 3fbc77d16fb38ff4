import { expect, test } from 'vitest'
import { byteSize, goDurationMs, isotopeRatio } from './isotope-values.ts'

test.each([
  ['10ms', 10],
  ['100us', 0.1],
  ['100µs', 0.1],
  ['5ns', 0.000005],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['0.1s0.2s', 300],
  ['0', 0],
  [0, 0],
  ['10', undefined],
  [10, undefined],
  ['-5ms', undefined],
  ['5 ms', undefined],
  ['1d', undefined],
  ['', undefined],
])('Go reads the duration %j as %s ms', (text, ms) => {
  expect(goDurationMs(text)).toBe(ms)
})

test.each([
  [0.001, 0.001],
  ['0.1%', 0.001],
  ['100%', 1],
  [1, 1],
  [1.5, undefined],
  ['150%', undefined],
  ['0.1', undefined],
  ['-1%', undefined],
  [null, undefined],
])('the share %j is %s', (written, ratio) => {
  expect(isotopeRatio(written)).toBe(ratio)
})

test.each([
  [128, 128],
  ['128', 128],
  ['1 KB', 1024],
  ['10k', 10_240],
  ['16mb', 16 * 1024 ** 2],
  ['1.5KiB', 1536],
  ['32 PB', 32 * 1024 ** 5],
  ['-1', undefined],
  [-1, undefined],
  ['1 XB', undefined],
])('the size %j is %s bytes', (written, bytes) => {
  expect(byteSize(written)).toBe(bytes)
})
