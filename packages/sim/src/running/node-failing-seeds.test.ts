import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failingSeedsHere, tryFailingFirst } from './node-failing-seeds.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-seeds-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

/** Which seeds a test tries, of which some fail. */
async function tried(name: string, count: number, ...bad: readonly number[]): Promise<readonly number[]> {
  const seeds: number[] = []
  await tryFailingFirst(failingSeedsHere(cwd), name, 1, count, async (seed) => {
    seeds.push(seed)
    if (bad.includes(seed)) throw new Error(`seed ${seed}`)
  }).catch(() => undefined)
  return seeds
}

test('a seed that failed a test is tried first the next time, until it passes', async () => {
  expect(await tried('shop.test.ts > holds', 5, 4)).toEqual([1, 2, 3, 4])
  expect(await tried('shop.test.ts > holds', 5, 4)).toEqual([4])
  expect(await tried('shop.test.ts > holds', 5)).toEqual([4, 1, 2, 3, 5])
  expect(await tried('shop.test.ts > holds', 5)).toEqual([1, 2, 3, 4, 5])
})

test('tests keep theirs apart, though they write one file', async () => {
  const [one, other] = [failingSeedsHere(cwd), failingSeedsHere(cwd)]
  for (const [failing, name] of [[one, 'a'] as const, [other, 'b'] as const]) {
    failing.note(name, 7, true)
    failing.keep()
  }
  expect(failingSeedsHere(cwd).first('a', [1, 7])).toEqual([7, 1])
  expect(failingSeedsHere(cwd).first('b', [1, 7])).toEqual([7, 1])
  expect(failingSeedsHere(cwd).first('c', [1, 7])).toEqual([1, 7])
})

test('of a single seed, and of tests that pass, nothing is kept', async () => {
  await tried('once', 1, 1)
  await tried('good', 3)
  expect(existsSync(join(cwd, '.seakeep'))).toBe(false)
  await tried('bad', 3, 2)
  expect(JSON.parse(readFileSync(join(cwd, '.seakeep/failing-seeds.json'), 'utf8')).files).toEqual({ bad: [2] })
})
