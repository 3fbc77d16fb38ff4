import { expect, test } from 'vitest'
import { Ramp } from './ramp.ts'

/** How many of 1,000 calls that never end, one each 10 ms, pass in each tenth of a ramp of 10 s. */
function passed(ramp: Ramp): number[] {
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let i = 0; i < 1_000; i++) if (ramp.admits(i * 10)) tenths[Math.floor(i / 100)]! += 1
  return tenths
}

test('the share that passes grows from a tenth to all', () => {
  const tenths = passed(new Ramp(0, 10_000, 0))
  const middle = tenths.map((_, i) => Math.max(10, i * 10 + 5))
  for (const [i, count] of tenths.entries()) expect(Math.abs(count - middle[i]!)).toBeLessThanOrEqual(1)
  const ramp = new Ramp(0, 10_000, 0)
  expect([ramp.admits(0), ramp.admits(10_000), ramp.admits(10_000)]).toEqual([false, true, true])
})

test('as many at once as were proven pass in any case, so that few callers never notice it', () => {
  const ramp = new Ramp(500, 10_000, 3)
  for (let i = 0; i < 1_000; i++) {
    expect([ramp.admits(500), ramp.admits(500), ramp.admits(500)]).toEqual([true, true, true])
    for (let ended = 0; ended < 3; ended++) ramp.ended()
  }
  const herd = Array.from({ length: 1_003 }, () => ramp.admits(500))
  expect(herd.filter((passes) => passes).length).toBe(3 + 100)
})
