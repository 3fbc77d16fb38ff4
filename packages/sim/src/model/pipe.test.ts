import { expect, it } from 'vitest'
import { Pipe } from './pipe.ts'

it('lets one through after the other', () => {
  const pipe = new Pipe(1000)
  expect([pipe.pass(0, 10), pipe.pass(0, 20), pipe.pass(5000, 0)]).toEqual([10_000, 30_000, 25_000])
  // Once it is empty, nobody waits for what was.
  expect([pipe.pass(40_000, 0), pipe.pass(40_000, 1)]).toEqual([0, 1000])
})
