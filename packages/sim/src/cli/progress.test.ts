import { expect, test } from 'vitest'
import { fakeIo } from '../../test/fake-run.ts'
import { showProgress } from './progress.ts'

const at = (wallMs: number) => ({ virtualMs: wallMs * 100, durationMs: 6_000_000, wallMs, calls: wallMs * 50 })

test('without a terminal, a plain line at most every ten seconds', () => {
  const io = fakeIo()
  using progress = showProgress('checkout, seed 1', io)
  for (let wallMs = 0; wallMs <= 25_000; wallMs += 500) progress.update(at(wallMs))
  expect(io.printed.err).toBe(
    [
      'checkout, seed 1  16:40 of 100:00 · 500k calls · 100× real time',
      'checkout, seed 1  33:20 of 100:00 · 1M calls · 100× real time',
      '',
    ].join('\n'),
  )
})

test('a short run says nothing', () => {
  const io = fakeIo()
  using progress = showProgress('x', io)
  progress.update(at(9000))
  expect(io.printed.err).toBe('')
})

test('on a terminal one line is written over, no wider than it, and taken away', () => {
  const io = fakeIo({ isErrTty: true, columns: 40 })
  {
    using progress = showProgress('checkout, seed 1', io)
    progress.update(at(50))
    progress.update(at(1000))
    progress.update(at(1050))
    progress.update(at(30_000))
  }
  const lines = io.printed.err.split('\r\u001b[2K')
  expect(lines).toEqual(['', '  ──────────────────────── checkout, se', '  ━━━━━━━━━━━━──────────── checkout, se', ''])
})
