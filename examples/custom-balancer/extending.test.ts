// docs/extending.md shows this program: what it shows is what runs.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('every piece of code in docs/extending.md is one of this example', async () => {
  const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')
  const sources = await Promise.all(['first-in-line.ts', 'doubling-limit.ts', 'main.ts'].map(read))
  const pieces = (await read('../../docs/extending.md')).matchAll(/```ts\n(.*?)```/gs)
  const found = [...pieces].map(([, code = '']) => sources.some((source) => source.includes(code)))
  expect(found).toEqual([true, true, true])
})
