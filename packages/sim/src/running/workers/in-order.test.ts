import { expect, test } from 'vitest'
import { inOrder } from './in-order.ts'

/** Things that are done when somebody says so. */
function byHand() {
  const begun: number[] = []
  const done = new Map<number, { resolve: (n: number) => void; reject: (error: unknown) => void }>()
  const begin = (i: number): Promise<number> => {
    begun.push(i)
    return new Promise((resolve, reject) => void done.set(i, { resolve, reject }))
  }
  return {
    begun,
    begin,
    finish: (i: number) => done.get(i)?.resolve(i),
    fail: (i: number, error: Error) => done.get(i)?.reject(error),
  }
}

test('whoever is done first waits for its turn, and no more are begun than there is room for', async () => {
  const { begun, begin, finish } = byHand()
  const results = inOrder(4, 2, begin)
  const first = results.next()
  expect(begun).toEqual([0, 1])
  finish(1)
  finish(0)
  expect((await first).value).toBe(0)
  expect((await results.next()).value).toBe(1)
  expect(begun).toEqual([0, 1, 2])
})

test('a reader who stops early waits for what is under way', async () => {
  const { begin, begun, finish, fail } = byHand()
  const read = (async () => {
    for await (const one of inOrder(9, 3, begin)) if (one === 0) break
    return 'over'
  })()
  finish(0)
  fail(1, new Error('nobody asks any more'))
  finish(2)
  expect(await read).toBe('over')
  expect(begun).toEqual([0, 1, 2])
})

test('what fails is told in its turn', async () => {
  const { begin, finish, fail } = byHand()
  const results = inOrder(2, 2, begin)
  fail(1, new Error('the second'))
  const first = results.next()
  fail(1, new Error('the second'))
  finish(0)
  expect((await first).value).toBe(0)
  await expect(results.next()).rejects.toThrow('the second')
})
