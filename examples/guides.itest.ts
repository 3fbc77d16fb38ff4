// The programs of the guides run to their end, where all that they assert has held.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const RUNNER = fileURLToPath(new URL('../tools/example.ts', import.meta.url))

it.each(['from-cockatiel', 'from-opossum'])('pnpm example %s', async (guide) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-C', '@seakeep/source', RUNNER, guide])
  expect(stdout).toContain('does what it says')
})
