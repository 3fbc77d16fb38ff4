// README.md shows a program: what it shows is what runs, in runtime.itest.ts.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('the program of the README is the one that is run', async () => {
  const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')
  const [, shown = 'no program'] = /```ts\n(.*?)```/s.exec(await read('../README.md')) ?? []
  expect((await read('readme-program.ts')).startsWith(shown)).toBe(true)
})
