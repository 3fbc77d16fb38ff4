import { expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { Lifecycle } from './lifecycle.ts'

it('stops all in reverse order, whichever throws, and then tells what the first has thrown', async () => {
  const clock = new ManualClock()
  const lifecycle = new Lifecycle(clock)
  const stopped: string[] = []
  for (const name of ['one', 'two', 'three']) {
    lifecycle.add({
      stop: (_graceMs, done) => {
        stopped.push(name)
        if (name !== 'one') throw new Error(`${name} is broken`)
        done()
      },
    })
  }
  const closing = lifecycle.close(100, () => stopped.push('end'))
  await expect(closing).rejects.toThrow('three is broken')
  expect(stopped).toEqual(['three', 'two', 'one', 'end'])
  expect(clock.pending).toBe(0)
})
