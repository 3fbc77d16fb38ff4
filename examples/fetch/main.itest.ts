// The program runs to its end, where all that it asserts has held.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const RUNNER = fileURLToPath(new URL('../../tools/example.ts', import.meta.url))

it('pnpm example fetch', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-C', '@seakeep/source', RUNNER, 'fetch'])
  expect(stdout).toContain('200 orders, none failed')
  expect(stdout).toContain('a host that is down: 502, 502, 502, circuit-open')
})
