// The program runs to its end, where all that it asserts has held.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const RUNNER = fileURLToPath(new URL('../../tools/example.ts', import.meta.url))

it('pnpm example custom-balancer', async () => {
  const args = ['-C', '@seakeep/source', RUNNER, 'custom-balancer']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toContain('quotes, first in line            server 1: 30   server 2: 0   server 3: 0')
  expect(stdout).toContain('4 → 8 → 12')
})
