// The guides show programs of this folder: what they show is what runs.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

it.each(['from-cockatiel', 'from-opossum'])(
  'every piece of code in docs/guides/%s.md is run by its example',
  async (guide) => {
    const source = await read(`${guide}/main.ts`)
    const pieces = [...(await read(`../docs/guides/${guide}.md`)).matchAll(/```ts\n(.*?)```/gs)]
    expect(pieces.length).toBeGreaterThan(5)
    for (const [, code = ''] of pieces) expect(source).toContain(code)
  },
)
