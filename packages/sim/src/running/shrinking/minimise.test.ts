import fc from 'fast-check'
import { expect, test } from 'vitest'
import { minimise } from './minimise.ts'

/** Looks for a part that holds all that is needed, and counts the looks. */
async function minimised(items: readonly number[], needed: readonly number[]): Promise<[readonly number[], number]> {
  let looks = 0
  const left = await minimise(items, async (candidates) =>
    candidates.find((one) => {
      looks += 1
      return needed.every((item) => one.includes(item))
    }),
  )
  return [left, looks]
}

test('what is left is what is needed, in its order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(100), { maxLength: 24 }), fc.nat(), async (items, coin) => {
      const needed = items.filter((_, i) => (coin >> (i % 16)) & 1)
      expect((await minimised(items, needed))[0]).toEqual(needed)
    }),
  )
})

test('one of six is found in a handful of looks, one of 1,000 in a few dozen', async () => {
  const [six, few] = await minimised([0, 1, 2, 3, 4, 5], [2])
  expect([six, few <= 8]).toEqual([[2], true])
  const [one, more] = await minimised([...Array(1000).keys()], [617])
  expect([one, more <= 40]).toEqual([[617], true])
})
